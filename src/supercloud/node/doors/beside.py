"""The node's end of doors that live in a process of their own."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
import socket
import sys
from pathlib import Path
from typing import Final

import orjson

from supercloud.node.config import Config, ConfigError
from supercloud.node.doors.link import Link
from supercloud.node.doors.open import Addresses, Ports
from supercloud.node.doors.relay import Answers, Kind, Progress, pack_error, pack_standing, unpack_error
from supercloud.node.engine.ports import Committed
from supercloud.node.grpc.view import Core
from supercloud.node.live import Here
from supercloud.node.metrics import Metrics

log = logging.getLogger(__name__)

READY_SECONDS: Final = 120.0
"""The index may have to be filled from many blocks first."""
STOP_SECONDS: Final = 8.0
AGAIN_SECONDS: Final = 1.0
LOOK_SECONDS: Final = 1.0


class DoorsFailed(Exception):
    """The doors' process did not open them; its log says why."""


class Beside:
    """Starts the doors' process, keeps it running, tells it of blocks and answers its calls. A Listener."""

    def __init__(self, core: Core, config: Config, home: Path, metrics: Metrics) -> None:
        self._core = core
        self._config = config
        self._home = home
        self._metrics = metrics
        self._answers = Answers(core.mempool, Here(core.app), core.peers)
        self._ports = Ports()
        self._link: Link | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._opened: asyncio.Future[Addresses] | None = None
        self._lost = asyncio.Event()
        self._keeping: asyncio.Task[None] | None = None
        self._standing = b""
        self.listeners = [self]

    async def open(self, ports: Ports) -> Addresses:
        """Start the process and wait until its doors are open. Raises DoorsFailed, ConfigError."""
        self._ports = ports
        addresses = await self._start(self._config)
        # Whatever port gRPC took it takes again after a restart.
        grpc = dataclasses.replace(self._config.grpc, listen=addresses.grpc_address)
        self._keeping = asyncio.create_task(
            self._keep(dataclasses.replace(self._config, grpc=grpc)), name="doors"
        )
        return addresses

    async def close(self) -> None:
        """End the process."""
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)
            self._keeping = None
        await self._end()
        self._ports.close()

    def block_committed(self, committed: Committed) -> None:
        """Tell of a block."""
        if self._link is not None:
            self._link.tell(Kind.BLOCK, self._progress())

    def _progress(self) -> bytes:
        return Progress(self._core.app.store.app_hash, self._core.history.state.to_bytes()).to_bytes()

    # --- The process

    async def _start(self, config: Config) -> Addresses:
        loop = asyncio.get_running_loop()
        self._opened = opened = loop.create_future()
        self._lost = lost = asyncio.Event()
        ours, theirs = socket.socketpair()
        with theirs:
            passed = {name: bound for name, bound in self._ports._asdict().items() if bound is not None}
            descriptors = [theirs.fileno(), *(bound.fileno() for bound in passed.values())]
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "supercloud.node.doors.process",
                str(theirs.fileno()),
                stdin=asyncio.subprocess.DEVNULL,
                pass_fds=descriptors,
                # Ctrl-C goes to whoever started the node; this process ends with the link.
                start_new_session=True,
            )
        _, link = await loop.create_connection(
            lambda: Link(self._answers, self._heard, lost.set, (pack_error, unpack_error)), sock=ours
        )
        setup = {
            "home": str(self._home),
            "config": dataclasses.asdict(config),
            "identity": dataclasses.asdict(self._core.identity) | {"validator_key": ""},
            "validator_key": self._core.identity.validator_key.hex(),
            "ports": {name: bound.fileno() for name, bound in passed.items()},
        }
        link.tell(Kind.SETUP, orjson.dumps(setup))
        self._standing = pack_standing(self._core.peers)
        link.tell(Kind.ENGINE, self._standing)
        link.tell(Kind.BLOCK, self._progress())
        self._link = link
        gone = asyncio.ensure_future(lost.wait())
        await asyncio.wait({opened, gone}, timeout=READY_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        gone.cancel()
        if not opened.done():
            await self._end()
            raise DoorsFailed("the process of the doors ended before they were open; its log says why")
        addresses: Addresses = opened.result()
        return addresses

    async def _keep(self, config: Config) -> None:
        """Start the process again whenever it dies; tell it when the engine's view of the others changes."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._lost.wait(), LOOK_SECONDS)
            if not self._lost.is_set():
                self._tell_standing()
                continue
            await self._end()
            log.error("the process of the doors died; it is started again")
            await asyncio.sleep(AGAIN_SECONDS)
            try:
                await self._start(config)
            except (DoorsFailed, ConfigError, OSError) as error:
                log.error("the doors can not be opened: %s", error)
                self._lost.set()

    def _tell_standing(self) -> None:
        standing = pack_standing(self._core.peers)
        if self._link is not None and self._standing != standing:
            self._standing = standing
            self._link.tell(Kind.ENGINE, standing)

    async def _end(self) -> None:
        if self._link is not None:
            self._link.close()
            self._link = None
        process = self._process
        self._process = None
        if process is None:
            return
        try:
            await asyncio.wait_for(process.wait(), STOP_SECONDS)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    def _heard(self, kind: int, body: bytes) -> None:
        opened = self._opened
        if kind == Kind.COUNTS:
            requests, sockets = orjson.loads(body)
            self._metrics.requests = {(door, status): count for door, status, count in requests}
            self._metrics.sockets = sockets
        elif opened is None or opened.done():
            return
        elif kind == Kind.OPEN:
            opened.set_result(Addresses(*orjson.loads(body)))
        elif kind == Kind.FAILED:
            opened.set_exception(DoorsFailed(body.decode()))
