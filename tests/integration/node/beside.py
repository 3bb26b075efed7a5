"""Somebody who runs a node's CometBFT as a unit with Restart=always does: started again whenever it ends."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator
from pathlib import Path

from chain_client import PATIENCE_S

from supercloud.node.engine.cometbft.engine import find_program
from supercloud.node.engine.cometbft.home import CometHome

REST_S = 0.1
HANGS_S = 5


class Beside:
    """CometBFT on a home, for as long as `run` does."""

    def __init__(self, home: Path) -> None:
        folder = home / "cometbft"
        # In another place where the path is too long for a socket.
        socket = CometHome(folder, *[home] * 3).abci_socket
        self._words = ["start", "--home", str(folder), "--proxy_app", f"unix://{socket}"]
        self.log = home.with_name(f"{home.name}.cometbft.log")
        self.statuses: list[int] = []
        """How each process ended, oldest first."""
        self._process: asyncio.subprocess.Process | None = None

    async def run(self) -> None:
        """Until cancelled; the process goes along."""
        while True:
            with self.log.open("ab") as log:
                self._process = await asyncio.create_subprocess_exec(
                    find_program(), *self._words, stdout=log, stderr=log
                )
            try:
                self.statuses.append(await self._process.wait())
            finally:
                self.end()
                await self._process.wait()
            await asyncio.sleep(REST_S)

    def end(self, how: signal.Signals = signal.SIGKILL) -> None:
        """End it; the next one is started soon."""
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(how)

    @property
    def runs(self) -> bool:
        """Whether there is a process."""
        return self._process is not None and self._process.returncode is None

    async def with_the_node(self, times: int) -> None:
        """Wait until so many have ended; one that hangs is ended, as PartOf= and TimeoutStopSec= do."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(HANGS_S):
                await self.ended(times)
        if len(self.statuses) < times:
            self.end()
        await self.ended(times)

    async def ended(self, times: int) -> None:
        """Wait until so many have ended."""
        async with asyncio.timeout(PATIENCE_S):
            while len(self.statuses) < times:  # noqa: ASYNC110 - other processes
                await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def running(home: Path) -> AsyncIterator[Beside]:
    """Somebody who does, while inside."""
    beside = Beside(home)
    task = asyncio.create_task(beside.run())
    try:
        yield beside
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
