"""Holding CometBFT still for the moment in which its files are looked at, and letting it go on whatever happens.

A process that stands still has on disk exactly what a `kill -9` at that moment would leave, and all of its files at once.
Nobody may forget to wake it: a second process does so as soon as this one ends, however it ends, and in any case after
HELD_S_MAX. Needs Linux's /proc, which also says which process to hold: the one that has the block store open and,
unless the settings leave CometBFT to somebody else, descends from the node that holds the home.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from supercloud.node.config import load
from supercloud.node.files import is_locked

HELD_S_MAX: Final = 15.0
STILL_S_MAX: Final = HELD_S_MAX / 3
"""For the way to a standstill and what is done in it."""
POLL_S: Final = 0.0005
_PROC: Final = Path("/proc")
_WAKE: Final = (
    "import os, select, signal, sys; select.select([0], [], [], float(sys.argv[2])); "
    "os.kill(int(sys.argv[1]), signal.SIGCONT)"
)


class StandstillError(Exception):
    """The process can not be found, or does not stand still."""


def holder_of(path: Path) -> int | None:
    """The process that has a file open; None when there is none that this account can see into."""
    try:
        wanted = path.stat()
    except FileNotFoundError:
        return None
    own = str(os.getpid())
    for process in _PROC.glob("[0-9]*"):
        if process.name == own:
            continue
        # Processes of others can not be looked into, and any may end meanwhile.
        with contextlib.suppress(OSError):
            for name in os.listdir(process / "fd"):
                with contextlib.suppress(OSError):
                    found = os.stat(process / "fd" / name)
                    if (found.st_dev, found.st_ino) == (wanted.st_dev, wanted.st_ino):
                        return int(process.name)
    return None


def comet_of(home: Path) -> int | None:
    """The CometBFT that works on a home; None while there is none. Raises StandstillError, ConfigError."""
    lock = home / "cometbft" / "data" / "blockstore.db" / "LOCK"
    comet = holder_of(lock)
    if comet is None:
        if is_locked(lock):
            raise StandstillError(
                f"a process that can not be seen from here works on {home / 'cometbft'}; back up where it runs, or stop it"
            )
        return None
    settings = home / "config" / "config.toml"
    if settings.exists() and not load(settings, os.environ).engine.start_cometbft:
        return comet
    node = holder_of(home / "data" / "LOCK")
    if node is None or node not in _forebears(comet):
        raise StandstillError(f"process {comet} works on {home / 'cometbft'}, but is not the node's CometBFT")
    return comet


def _forebears(pid: int) -> Iterator[int]:
    while pid > 1:
        try:
            pid = int(_after_name(_PROC / str(pid) / "stat")[1])
        except OSError:
            return
        yield pid


def _after_name(stat: Path) -> list[str]:
    """What /proc says of a process or thread after its name: its state first, then its parent."""
    return stat.read_text(errors="replace").rpartition(")")[2].split()


@contextlib.contextmanager
def held(pid: int) -> Iterator[float]:
    """While inside, no thread of the process runs. Gives since when, by time.monotonic. Raises StandstillError."""
    # A session of its own: what ends this process by the terminal leaves that one alone.
    with subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", _WAKE, str(pid), str(HELD_S_MAX)],
        stdin=subprocess.PIPE,
        start_new_session=True,
    ) as waker:
        try:
            since = time.monotonic()
            _stop(pid)
            yield since
            if time.monotonic() - since > STILL_S_MAX:
                raise StandstillError(f"process {pid} was held for longer than {STILL_S_MAX:g} seconds")
        finally:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGCONT)
            assert waker.stdin is not None
            waker.stdin.close()


def _stop(pid: int) -> None:
    """Signals stop threads one by one; those that wait for the disk stop when it has answered."""
    until = time.monotonic() + STILL_S_MAX / 2
    try:
        os.kill(pid, signal.SIGSTOP)
        while not all(_stands(task) for task in (_PROC / str(pid) / "task").iterdir()):
            if time.monotonic() > until:
                raise StandstillError(f"process {pid} does not stand still")
            time.sleep(POLL_S)
    except OSError as error:
        raise StandstillError(f"process {pid} can not be held still: {error.strerror}") from error


def _stands(thread: Path) -> bool:
    """Whether a thread does not run; one that has ended since it was named does not either."""
    try:
        return _after_name(thread / "stat")[0] == "T"
    except (FileNotFoundError, ProcessLookupError):
        return True
