"""Programs beside the agent end with it; what an earlier one left is found by what is its alone."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from supercloud.provider.children import end_leftovers, ends_with_parent

WAIT = "import time; time.sleep(60)"


def test_leftovers_are_ended_and_others_are_not(tmp_path: Path) -> None:
    ours, other = str(tmp_path / "caddy.json"), str(tmp_path / "caddy.json.old")
    left = [subprocess.Popen([sys.executable, "-c", WAIT, ours]) for _ in range(2)]
    stranger = subprocess.Popen([sys.executable, "-c", WAIT, other])
    try:
        assert end_leftovers(ours) == 2
        assert [child.wait(5) for child in left] == [-15, -15]
        assert stranger.poll() is None
        assert end_leftovers(ours) == 0
    finally:
        stranger.kill()
        stranger.wait()


def test_the_kernel_ends_it_with_its_parent(tmp_path: Path) -> None:
    words = [*ends_with_parent(), sys.executable, "-c", WAIT, str(tmp_path)]
    code = f"import subprocess, os; print(subprocess.Popen({words!r}).pid, flush=True); import time; time.sleep(60)"
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = Path("/proc") / parent.stdout.readline().strip()
    time.sleep(0.5)
    parent.kill()
    parent.wait()
    end = time.monotonic() + 5
    while child.exists() and "Z" not in (child / "stat").read_text().rpartition(")")[2][:3]:
        assert time.monotonic() < end, "it outlived its parent"
        time.sleep(0.05)
