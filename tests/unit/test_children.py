"""Programs beside the agent end with it; what an earlier one left is found by what is its alone."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from pathlib import Path

import pytest

from supercloud import children
from supercloud.children import end, end_leftovers, ends_with_parent, turn_over, wait_ended

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


def test_a_log_is_emptied_once_it_is_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "LOG_BYTES_MAX", 10)
    log = tmp_path / "caddy.log"
    turn_over(log)
    assert not log.exists()
    with log.open("ab", buffering=0) as appending:
        appending.write(b"0123456789")
        turn_over(log)
        assert log.read_bytes() == b"0123456789"
        appending.write(b"x")
        turn_over(log)
        assert (log.read_bytes(), (tmp_path / "caddy.log.1").read_bytes()) == (b"", b"0123456789x")
        appending.write(b"next")
    assert log.read_bytes() == b"next", "whoever appends goes on at the new end"


async def test_whoever_waits_keeps_the_log_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "LOG_BYTES_MAX", 10)
    monkeypatch.setattr(children, "LOG_CHECK_S", 0.01)
    log = tmp_path / "node.log"
    code = "import sys; print('x' * 100, flush=True); sys.stdin.read(); print('end'); sys.exit(3)"
    with log.open("ab") as output:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-c", code, stdin=asyncio.subprocess.PIPE, stdout=output
        )
    waiting = asyncio.create_task(wait_ended(child, log))
    async with asyncio.timeout(10):
        while not (tmp_path / "node.log.1").exists():  # noqa: ASYNC110 - a file has no event
            await asyncio.sleep(0.01)
        assert child.stdin is not None
        child.stdin.close()
        assert await waiting == 3
    assert log.read_text() == "end\n"


DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)"


async def test_one_that_does_not_end_is_ended_also_by_a_task_that_was_cancelled() -> None:
    children = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
        for code in (DEAF, "print(flush=True)\n" + WAIT)
    ]
    for child in children:
        assert child.stdout is not None
        await child.stdout.readline()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            for child in children:
                await end(child, 0.2)
                await end(child, 0.2)

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait({task})
    assert task.cancelled() and [child.returncode for child in children] == [-9, -15]
