"""Programs that run beside this one: they end with it, however it ends, and what they print does not fill the disk."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import time
from pathlib import Path
from typing import Final

END_S: Final = 3.0
PROC: Final = Path("/proc")
LOG_BYTES_MAX: Final = 10 * 2**20
LOG_CHECK_S: Final = 60.0


def ends_with_parent(signal_name: str = "TERM") -> list[str]:
    """Words before a command that make the kernel send it a signal when this process ends, however that ends."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", signal_name, "--"] if setpriv else []


async def end(child: asyncio.subprocess.Process, within_s: float) -> None:
    """Ask a program to end, and end it when it has not within so many seconds.

    Also in a task that was cancelled before: there asyncio.timeout of Python 3.11.2 raises no TimeoutError.
    """
    if child.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        child.terminate()
    ended = asyncio.ensure_future(child.wait())
    done, _ = await asyncio.wait({ended}, timeout=within_s)
    if not done:
        with contextlib.suppress(ProcessLookupError):
            child.kill()
    await ended


def turn_over(log: Path) -> None:
    """Empty a file to which another program appends once it is large; what was in it stays beside it as `.1`.

    A line that is written in this very moment may be lost.
    """
    with contextlib.suppress(FileNotFoundError):
        if log.stat().st_size > LOG_BYTES_MAX:
            shutil.copyfile(log, log.with_name(log.name + ".1"))
            os.truncate(log, 0)


async def wait_ended(child: asyncio.subprocess.Process, log: Path) -> int:
    """Wait for a program that appends to `log`, which is kept small meanwhile; returns its status."""
    while True:
        try:
            async with asyncio.timeout(LOG_CHECK_S):
                return await child.wait()
        except TimeoutError:
            turn_over(log)


def end_leftovers(argument: str) -> int:
    """End programs that an earlier agent left behind, known by an argument that is theirs alone; how many there were."""
    found = [
        int(folder.name) for folder in PROC.iterdir() if folder.name.isdigit() and _has(folder, argument)
    ]
    for pid in found:
        _signal(pid, signal.SIGTERM)
    end = time.monotonic() + END_S
    while any(_has(PROC / str(pid), argument) for pid in found) and time.monotonic() < end:
        time.sleep(0.02)
    for pid in found:
        if _has(PROC / str(pid), argument):
            _signal(pid, signal.SIGKILL)
    return len(found)


def _has(process: Path, argument: str) -> bool:
    try:
        words = (process / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return argument.encode() in words and process.name != str(os.getpid())


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)
