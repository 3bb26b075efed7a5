"""node/backup/standstill.py: a process that is held does nothing, and goes on whatever happens to who holds it."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from supercloud.node.backup import standstill
from supercloud.node.backup.standstill import StandstillError, comet_of, held, holder_of
from supercloud.node.config import Config, render

COUNTING = """
import sys, time
kept = open(sys.argv[1])
n = 0
while True:
    n += 1
    open(sys.argv[2], "w").write(str(n))
    time.sleep(0.001)
"""
HOLDING = """
import sys, time
from supercloud.node.backup.standstill import held
with held(int(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def state_of(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def until(true: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that has LOCK open and writes a number again and again."""
    (tmp_path / "LOCK").touch()
    with subprocess.Popen([sys.executable, "-c", COUNTING, tmp_path / "LOCK", tmp_path / "n"]) as process:
        until(lambda: (tmp_path / "n").exists())
        yield process
        process.kill()


def test_the_holder_of_a_file_is_found(counter: subprocess.Popen[bytes], tmp_path: Path) -> None:
    assert holder_of(tmp_path / "LOCK") == counter.pid
    assert holder_of(tmp_path / "nothing") is None
    (tmp_path / "other").touch()
    # This process does not count.
    with (tmp_path / "other").open():
        assert holder_of(tmp_path / "other") is None


def test_nothing_moves_while_it_is_held(counter: subprocess.Popen[bytes], tmp_path: Path) -> None:
    with held(counter.pid):
        assert state_of(counter.pid) == "T"
        seen = (tmp_path / "n").read_text()
        time.sleep(0.05)
        assert (tmp_path / "n").read_text() == seen
    until(lambda: (tmp_path / "n").read_text() not in ("", seen))


def test_it_goes_on_after_a_failure(counter: subprocess.Popen[bytes]) -> None:
    with pytest.raises(KeyboardInterrupt), held(counter.pid):
        raise KeyboardInterrupt
    until(lambda: state_of(counter.pid) != "T")


def test_it_goes_on_when_the_holder_is_killed(counter: subprocess.Popen[bytes]) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDING, str(counter.pid)], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        assert state_of(counter.pid) == "T"
        os.kill(holder.pid, signal.SIGKILL)
    until(lambda: state_of(counter.pid) != "T")


def test_it_is_not_held_for_long(counter: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StandstillError, match="held for longer"), held(counter.pid):
        # Only the way out: to come to a standstill takes as long as the machine is busy.
        monkeypatch.setattr(standstill, "STILL_S_MAX", 0.0)
    until(lambda: state_of(counter.pid) != "T")


def test_a_process_that_is_gone_is_named(counter: subprocess.Popen[bytes]) -> None:
    counter.kill()
    counter.wait()
    with (
        pytest.raises(StandstillError, match=f"process {counter.pid} can not be held still"),
        held(counter.pid),
    ):
        pass


def test_a_thread_that_ends_on_the_way_is_no_hindrance(
    counter: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    named, ended = Path.iterdir, f"/proc/{counter.pid}/task/0"
    monkeypatch.setattr(Path, "iterdir", lambda folder: iter([Path(ended), *named(folder)]))
    with held(counter.pid):
        assert state_of(counter.pid) == "T"


def test_only_a_child_of_the_node_is_its_cometbft(counter: subprocess.Popen[bytes], tmp_path: Path) -> None:
    assert comet_of(tmp_path) is None
    store = tmp_path / "cometbft" / "data" / "blockstore.db"
    store.mkdir(parents=True)
    (store / "LOCK").hardlink_to(tmp_path / "LOCK")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "LOCK").touch()
    with pytest.raises(StandstillError, match="not the node's CometBFT"):
        comet_of(tmp_path)
    with (
        (tmp_path / "data" / "LOCK").open(),
        # Somebody else has the home; this process is the counter's forebear, but does not count.
        pytest.raises(StandstillError, match="not the node's CometBFT"),
    ):
        comet_of(tmp_path)
    # Unless it is meant to be somebody else's.
    config = Config()
    config.engine.kind, config.engine.start_cometbft = "cometbft", False
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "config.toml").write_text(render(config))
    assert comet_of(tmp_path) == counter.pid


def test_one_that_can_not_be_seen_is_not_taken_for_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = tmp_path / "cometbft" / "data" / "blockstore.db" / "LOCK"
    lock.parent.mkdir(parents=True)
    monkeypatch.setattr(standstill, "holder_of", lambda path: None)
    with lock.open("w") as holder:
        assert comet_of(tmp_path) is None
        fcntl.flock(holder, fcntl.LOCK_EX)
        with pytest.raises(StandstillError, match="can not be seen from here"):
            comet_of(tmp_path)
