"""The process of the doors: reads what a node has committed from disk and asks it for the rest.

    python -m supercloud.node.doors.process DESCRIPTOR

Started by `beside.py`, which hands over one end of a link; everything else comes over it. It ends when the link does.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import orjson

from supercloud.chain.app import Options, build_app
from supercloud.node import genesis_file
from supercloud.node.config import from_document
from supercloud.node.doors.indexing import fill
from supercloud.node.doors.link import Link
from supercloud.node.doors.open import Doors, Ports
from supercloud.node.doors.relay import (
    Kind,
    Progress,
    RelayedLive,
    RelayedPeers,
    RelayedPool,
    pack_error,
    unpack_error,
)
from supercloud.node.engine.history import History
from supercloud.node.engine.ports import Committed
from supercloud.node.engine.state import EngineState
from supercloud.node.engine.waiting import Waiting
from supercloud.node.grpc.view import Core, Identity, View
from supercloud.node.home import Home, profile_of
from supercloud.node.indexer.choice import open_index
from supercloud.node.log import log_to_stderr
from supercloud.node.metrics import Metrics
from supercloud.node.runtime import loop_factory, settle
from supercloud.node.storage.blockstore import BlockStore
from supercloud.node.storage.lmdb import LmdbBackend

log = logging.getLogger(__name__)

COUNT_SECONDS: Final = 1.0


class Process:
    """Doors over files that another process writes."""

    def __init__(self) -> None:
        self.ended = asyncio.Event()
        self._link = Link(_answer_nothing, self._heard, self.ended.set, (pack_error, unpack_error))
        self._setup: dict[str, Any] = {}
        self._peers = RelayedPeers(self._link)
        self._metrics = Metrics()
        self._told: asyncio.Queue[bytes] = asyncio.Queue()
        self._state: EngineState
        self._blocks: BlockStore
        self._view: View
        self._doors: Doors | None = None
        self._serving: asyncio.Task[None] | None = None
        self._counting: asyncio.Task[None] | None = None
        # Calls are answered while a block's events go into the index.
        self._indexer = ThreadPoolExecutor(1, "index")

    async def run(self, descriptor: int) -> None:
        """Serve until the link is lost."""
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: self._link, sock=socket.socket(fileno=descriptor))
        await self.ended.wait()
        for task in (self._serving, self._counting):
            if task is not None:
                task.cancel()
        if self._doors is not None:
            await self._doors.close()
            await asyncio.to_thread(self._indexer.shutdown)
            self._view.index.close()

    # --- What the node tells

    def _heard(self, kind: int, body: bytes) -> None:
        if kind == Kind.SETUP:
            self._setup = orjson.loads(body)
        elif kind == Kind.ENGINE:
            self._peers.heard(body)
        elif kind == Kind.BLOCK:
            if self._serving is None:
                self._serving = asyncio.create_task(self._serve(Progress.from_bytes(body)))
            else:
                self._told.put_nowait(body)

    async def _serve(self, progress: Progress) -> None:
        """Open the doors, then follow the node."""
        if not await self._open(progress):
            return
        try:
            while True:
                await self._follow(Progress.from_bytes(await self._told.get()))
        except Exception as error:
            log.critical("the doors can not follow the node: %s", error, exc_info=error)
            self._link.close()

    async def _open(self, progress: Progress) -> bool:
        try:
            ports = Ports(**{name: socket.socket(fileno=fd) for name, fd in self._setup["ports"].items()})
            doors = self._make_doors(progress)
            addresses = await doors.open(ports)
        except Exception as error:
            log.critical("the doors can not be opened: %s", error, exc_info=error)
            self._link.tell(Kind.FAILED, str(error).encode())
            return False
        self._doors = doors
        settle()
        self._link.tell(Kind.OPEN, orjson.dumps(list(addresses)))
        self._counting = asyncio.create_task(self._count())
        return True

    def _make_doors(self, progress: Progress) -> Doors:
        setup = self._setup
        config = from_document(setup["config"])
        log_to_stderr(config.node.log_level)
        home = Home(Path(setup["home"]))
        backend = LmdbBackend(home.data / "state", readonly=True)
        options = Options(
            version=setup["identity"]["version"],
            keep_heights=config.state.heights_kept,
            readonly=True,
        )
        self._state = EngineState.from_bytes(progress.state)
        self._blocks = BlockStore(home.data / "blocks", readonly=True)
        history = History(self._blocks, lambda: self._state)
        genesis = genesis_file.load(home.genesis, home.data)
        index = open_index(config.index.database, home.data / "index.sqlite", genesis.chain_id)
        core = Core(
            app=build_app(backend, profile_of(config), options),
            history=history,
            mempool=RelayedPool(self._link),
            genesis=genesis,
            identity=Identity(**setup["identity"] | {"validator_key": bytes.fromhex(setup["validator_key"])}),
            gas_price=config.state.gas_prices,
            keep_heights=config.state.heights_kept,
            halt_height=config.engine.halt_height,
            tx_bytes_max=config.mempool.tx_bytes,
            peers=self._peers,
        )
        self._view = View(**vars(core), index=index, waiting=Waiting(), live=RelayedLive(self._link))
        core.app.store.follow(self._state.height, progress.app_hash)
        fill(index, history)
        return Doors(self._view, config, self._metrics)

    async def _follow(self, progress: Progress) -> None:
        """Let state, blocks, index and whoever waits come to a height together: the index first, which takes a while."""
        assert self._doors is not None
        state = EngineState.from_bytes(progress.state)
        ahead, history = History(self._blocks, lambda: state), self._view.history
        followed = []
        for height in range(self._state.height + 1, state.height + 1):
            entry, response = ahead.entry(height), ahead.response(height)
            if entry is None or response is None:
                continue
            history.keep(height, entry)
            followed.append(Committed(entry.block, entry.id, response))
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(self._indexer, self._doors.indexing.block_committed, followed[-1])
        self._state = state
        self._view.app.store.follow(state.height, progress.app_hash)
        for committed in followed:
            for listener in self._doors.hearing:
                listener.block_committed(committed)

    async def _count(self) -> None:
        """Tell the node, which shows them, what the doors have counted."""
        told = b""
        while True:
            requests = [[door, status, count] for (door, status), count in self._metrics.requests.items()]
            counts = orjson.dumps([requests, self._metrics.sockets])
            if counts != told:
                self._link.tell(Kind.COUNTS, counts)
                told = counts
            await asyncio.sleep(COUNT_SECONDS)


def _answer_nothing(kind: int, body: bytes) -> bytes:
    raise ValueError(f"the doors answer no call, but one of kind {kind} came")


def main(descriptor: int) -> None:
    """Run the process."""
    # Whoever started the node ends it, and the link with it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    log_to_stderr("info")

    async def run() -> None:
        await Process().run(descriptor)

    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(run())


if __name__ == "__main__":
    main(int(sys.argv[1]))
