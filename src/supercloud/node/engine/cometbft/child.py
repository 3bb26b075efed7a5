"""CometBFT as a child of this node: started, listened to, ended.

What it writes passes through here on its way to where our own log goes. Two of its lines say that it has given up: its
process stays, answers, and decides nothing any more. Nothing else tells that from a network that waits for its quorum.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from pathlib import Path
from typing import Final

import orjson

from supercloud.children import ends_with_parent

STOP_TIMEOUT_S: Final = 10.0
LAST_LINES_S: Final = 1.0
"""For what it wrote to arrive once it has ended."""
READ_BYTES: Final = 65536
LINE_BYTES_MAX: Final = 1_048_576
REASON_CHARACTERS_MAX: Final = 600
STDERR: Final = 2

GIVEN_UP: Final = (b"CONSENSUS FAILURE!!!", b"State sync failed")
"""Messages after which CometBFT 0.38 stays up and does nothing (consensus/state.go, node/setup.go)."""


class Ear:
    """Hears in what CometBFT writes, cut anywhere, that it has given up. Pure: bytes in, a reason out."""

    def __init__(self) -> None:
        self._begun = b""

    def hear(self, data: bytes) -> str:
        """The reason, when one of the lines that end in these bytes says so; otherwise empty."""
        *lines, rest = (self._begun + data).split(b"\n")
        # A line longer than any that matters is not kept.
        self._begun = rest if len(rest) <= LINE_BYTES_MAX else b""
        for line in lines:
            if any(message in line for message in GIVEN_UP) and (reason := _reason(line)):
                return reason
        return ""


def _reason(line: bytes) -> str:
    """Message and error of a line of the log; empty when it is not that message but speaks of it."""
    try:
        entry = orjson.loads(line)
        message, error = str(entry["_msg"]), str(entry.get("err") or "no error is told")
    except (ValueError, KeyError, TypeError):
        return ""
    if message.encode() not in GIVEN_UP:
        return ""
    return " ".join(f"{message.rstrip('!')}: {error}".split())[:REASON_CHARACTERS_MAX]


class Child:
    """A CometBFT that dies with this process, however that dies."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.gave_up: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        """Set to the reason when it says that it has given up."""
        self._passing_on = asyncio.create_task(self._pass_on())
        self.ended: asyncio.Task[int] = asyncio.create_task(self._wait())
        """Its status, once all that it wrote is passed on."""

    @classmethod
    async def start(cls, program: str, home: Path) -> Child:
        """Start the program on CometBFT's home. Raises OSError."""
        process = await asyncio.create_subprocess_exec(
            *ends_with_parent("KILL"),
            program,
            "start",
            "--home",
            str(home),
            stdin=asyncio.subprocess.DEVNULL,
            # Its log goes where ours goes; standard output is for whoever started this node.
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        return cls(process)

    async def _pass_on(self) -> None:
        output, ear = self._process.stdout, Ear()
        assert output is not None
        while data := await output.read(READ_BYTES):
            _write(data)
            reason = ear.hear(data)
            if reason and not self.gave_up.done():
                self.gave_up.set_result(reason)

    async def _wait(self) -> int:
        status = await self._process.wait()
        await asyncio.wait({self._passing_on}, timeout=LAST_LINES_S)
        return status

    def kill(self) -> None:
        """End it at once."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    async def end(self) -> None:
        """Ask it to end, and end it when it does not."""
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGTERM)
        done, _ = await asyncio.wait({self.ended}, timeout=STOP_TIMEOUT_S)
        if not done:
            self.kill()
        await self.ended
        self._passing_on.cancel()


def _write(data: bytes) -> None:
    with contextlib.suppress(OSError):
        while data:
            data = data[os.write(STDERR, data) :]
