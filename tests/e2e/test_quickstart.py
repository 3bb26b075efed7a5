"""The README's first command, as a stranger runs it: real ledger, real provider, real container, real URL."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = [pytest.mark.podman, pytest.mark.node, pytest.mark.xdist_group("machine")]


def test_quickstart_once_twice(tmp_path: Path) -> None:
    """The second run resumes the home of the first."""
    environment = {**os.environ, "SUPERCLOUD_QUICKSTART_HOME": str(tmp_path / "home"), "COLUMNS": "200"}
    for _ in range(2):
        done = subprocess.run(
            [ROOT / "scripts" / "quickstart", "--once"],
            env=environment,
            capture_output=True,
            text=True,
            timeout=240,
            stdin=subprocess.DEVNULL,
        )
        said = done.stdout + done.stderr
        assert done.returncode == 0, said
        for part in ("Chosen: akash1", "the cheapest of 1", "-> 200", "It cost", "came back"):
            assert part in said, said
