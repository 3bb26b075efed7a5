"""A node: load, replay, serve, stop. One event loop; its doors share it or have a process of their own (`doors`).

run(home)                      the node in the foreground, until a signal
Node(home, config)             the same as an object: start(), stop(), wait()
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from supercloud.chain.ante.fees import GasPrice
from supercloud.chain.app import Options, SupercloudApp, build_app
from supercloud.chain.store.backend import HeightUnavailable
from supercloud.chain.store.multistore import Made, StateCorrupt
from supercloud.chain.store.snapshot import chunks
from supercloud.descriptors import raise_limit
from supercloud.node import genesis as genesis_document
from supercloud.node import genesis_file, upgrade_info
from supercloud.node.config import Config, ConfigError, load
from supercloud.node.doors.beside import Beside
from supercloud.node.doors.indexing import fill
from supercloud.node.doors.open import Addresses, Doors, HttpServers, Ports, bind
from supercloud.node.engine import signer as keys
from supercloud.node.engine.choice import Engine, make_engine
from supercloud.node.engine.cometbft.snapshots import Snapshots
from supercloud.node.engine.embedded import EngineError
from supercloud.node.engine.history import History
from supercloud.node.engine.waiting import Waiting
from supercloud.node.grpc.readiness import Readiness
from supercloud.node.grpc.view import Core, Identity, View
from supercloud.node.home import Home, profile_of
from supercloud.node.indexer.choice import open_index
from supercloud.node.live import Here
from supercloud.node.log import log_to_stderr
from supercloud.node.metrics import Metrics, MetricsServer
from supercloud.node.runtime import Founded, give_back, loading, loop_factory, settle
from supercloud.node.storage import trees
from supercloud.node.storage.blockstore import BlockStore
from supercloud.node.storage.damage import StorageDamaged, damaged
from supercloud.node.storage.environment import DAMAGE, take_lock
from supercloud.node.storage.lmdb import LmdbBackend
from supercloud.node.storage.snapshots import SnapshotFiles
from supercloud.node.tree_keeper import TreeKeeper
from supercloud.types.dec import Dec

log = logging.getLogger(__name__)

VERSION = "v2.1.0+supercloud.0.1.0"
"""The network's version whose rules are kept, and ours as its local part: clients parse the whole as a version."""

METRICS_CONNECTIONS = 16
CHECK_REST_S = 0.02
"""Between two steps of the check of the state: it takes a tenth of a core, some minutes for a million accounts."""


class NodeFailed(Exception):
    """The node ended by itself; the cause says why."""


def gas_prices_of(text: str) -> list[GasPrice]:
    """`0.0025uakt,0.1uact` as prices. Raises ConfigError."""
    prices = []
    for entry in filter(None, (part.strip() for part in text.split(","))):
        digits = len(entry) - len(entry.lstrip("0123456789."))
        try:
            prices.append(GasPrice(entry[digits:], Dec.from_text(entry[:digits])))
        except ValueError as error:
            raise ConfigError(f"state.gas_prices: {entry!r} is no price") from error
        if not entry[digits:]:
            raise ConfigError(f"state.gas_prices: {entry!r} names no denom")
    return prices


class Node:
    """A node over a home folder. `config` is read from the home when it is not given."""

    def __init__(self, folder: Path, config: Config | None = None) -> None:
        self.home = Home(folder)
        self.config = config or load(self.home.config, os.environ)
        self.engine: Engine
        self.app: SupercloudApp
        self.core: Core
        self.rpc_url = self.rest_url = self.grpc_address = self.metrics_url = ""
        """Where the doors are, once started; a port of 0 in the settings takes a free one."""
        self._metrics = Metrics()
        self._sizes: dict[str, Callable[[], int]] = {}
        self._held = ExitStack()
        """What is let go in the end, the latest first, whatever goes wrong with any of it."""
        self._doors: Doors | Beside | None = None
        self._figures = HttpServers(0)
        self._making_blocks: asyncio.Task[None] | None = None
        self._checking: asyncio.Task[None] | None = None
        self._keeping: asyncio.Task[None] | None = None
        self._have_trees = False
        self._all_read: Callable[[], None]
        self._corrupt: Exception | None = None

    async def start(self) -> None:
        """Load, replay what is missing, open the doors, make blocks. Raises on anything that prevents it."""
        try:
            with loading():
                self._load()
                await self._open_doors()
                await self._load_trees()
        except BaseException as error:
            try:
                await self.stop()
            finally:
                upgrade_info.note(self.home.data, error)
            raise
        settle()
        self._making_blocks = asyncio.create_task(self.engine.run(), name="engine")
        self._checking = asyncio.create_task(self._check(), name="check")
        wanted = self.config.state
        path = self.home.data / "trees"
        keeper = TreeKeeper(self.app.store, path, wanted.trees_kept_writes, wanted.heights_kept)
        self.engine.listeners.append(keeper)
        self._keeping = asyncio.create_task(keeper.run(), name="trees")
        log.info(
            "node started",
            extra={
                "chain_id": self.engine.state.chain_id,
                "height": self.engine.state.height,
                "rpc": self.rpc_url,
                "grpc": self.grpc_address,
                "rest": self.rest_url,
            },
        )

    async def wait(self) -> None:
        """Until the engine ends: at the halt height, or, raising NodeFailed, because it can not go on."""
        assert self._making_blocks is not None
        try:
            await asyncio.shield(self._making_blocks)
        except asyncio.CancelledError:
            if not self._making_blocks.cancelled():
                raise
            if self._corrupt is not None:
                raise NodeFailed(str(damaged(self.home.data / "state", self._corrupt))) from self._corrupt
        except Exception as error:
            upgrade_info.note(self.home.data, error)
            raise NodeFailed(f"{type(error).__name__}: {error}") from error

    async def _check(self) -> None:
        """Read on the side what the start has taken on trust. What is found damaged ends the blocks."""
        try:
            for _ in self.app.store.check():
                await asyncio.sleep(CHECK_REST_S)
            self._all_read()
        except HeightUnavailable:
            log.info("the state was pruned before all of it was checked")
        except (StateCorrupt, StorageDamaged, *DAMAGE) as error:
            self._corrupt = error
            assert self._making_blocks is not None
            self._making_blocks.cancel()

    async def stop(self) -> None:
        """End: no more blocks, doors closed, files released. Everything committed is already on disk."""
        for task in (self._checking, self._keeping, self._making_blocks):
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        self._figures.stop()
        if self._doors is not None:
            await self._doors.close()
            self._doors = None
        await self._figures.stopped()
        self._held.close()
        log.info("node stopped")

    # --- Loading

    def _load(self) -> None:
        config, home = self.config, self.home
        lock = take_lock(home.data)
        self._held.callback(os.close, lock)
        genesis = genesis_file.load(home.genesis, home.data)
        backend = LmdbBackend(home.data / "state", read_later=True)
        self._held.callback(backend.close)
        blocks = BlockStore(home.data / "blocks")
        self._held.callback(blocks.close)
        options = Options(
            version=VERSION,
            gas_prices=gas_prices_of(config.state.gas_prices),
            keep_heights=config.state.heights_kept,
            on_defect=_log_defect,
            skip_upgrades=(config.engine.skip_upgrade_height,),
            trees_later=True,
        )
        try:
            self.app = build_app(backend, profile_of(config), options)
        except DAMAGE as error:
            raise damaged(home.data / "state", error) from error
        if config.engine.kind == "embedded" and self.app.store.height != blocks.height:
            # It executes the blocks that the state lacks before anything else.
            self._take_trees(self._make_trees())
        self._held.callback(self._keep_trees)
        names = self.app.store.names
        snapshots = Snapshots(
            self.app,
            SnapshotFiles(home.data / "snapshots", config.state.snapshots_kept),
            lambda height: chunks(backend.reader(height), names),
            config.state.snapshot_interval,
            config.statesync.servers,
        )
        self._held.callback(snapshots.close)
        chosen = make_engine(self.app, blocks, genesis, home.engine_files, config, snapshots)
        self.engine = chosen.engine
        history = History(blocks, lambda: self.engine.state)
        self.engine.listeners.append(self._metrics)
        if not self.app.store.height:
            self.engine.listeners.append(Founded(self._forget_founding))
        self._all_read = backend.all_read
        self._sizes = {"state": backend.size_bytes, "blocks": blocks.size_bytes}
        self.core = Core(
            app=self.app,
            history=history,
            mempool=chosen.pool,
            genesis=genesis,
            identity=Identity(
                node_id=keys.read_key_file(home.node_key).address.hex(),
                moniker=config.node.moniker,
                version=VERSION,
                rpc_address=f"tcp://{config.rpc.listen}",
                validator_key=chosen.validator_key,
            ),
            gas_price=config.state.gas_prices,
            keep_heights=config.state.heights_kept,
            halt_height=config.engine.halt_height,
            tx_bytes_max=config.mempool.tx_bytes,
            peers=chosen.peers,
        )
        self._metrics.watch(self.core)

    def _forget_founding(self) -> None:
        self.app.profile.bech32.forget()
        self.app.store.gather()
        give_back()

    async def _load_trees(self) -> None:
        """Have the trees of the state: what was loaded before them answers queries meanwhile."""
        if not self._have_trees:
            self._take_trees(await asyncio.to_thread(self._make_trees))

    def _make_trees(self) -> Made:
        try:
            return self.app.store.make_trees(trees.read(self.home.data / "trees"))
        except (StateCorrupt, *DAMAGE) as error:
            raise damaged(self.home.data / "state", error) from error

    def _take_trees(self, made: Made) -> None:
        store = self.app.store
        store.take(made)
        self._have_trees = True
        if made.taken_up is not None:
            extra = {"height": store.height, "writes_since": made.taken_up}
            log.info("trees taken from those kept", extra=extra)
        elif store.height:
            log.info("trees built of all values", extra={"height": store.height})

    def _keep_trees(self) -> None:
        kept, path = self.app.store.kept_trees(), self.home.data / "trees"
        if self._corrupt is not None:
            # The next start trusts nothing.
            path.unlink(missing_ok=True)
            return
        if kept is None:
            return
        try:
            trees.save(path, kept)
        except OSError as error:
            log.warning("the next start builds the trees of the state anew: %s", error)

    async def _open_doors(self) -> None:
        config, core = self.config, self.core
        if config.doors.apart:
            self._doors = Beside(core, config, self.home.folder, self._metrics)
        else:
            path = self.home.data / "index.sqlite"
            index = open_index(config.index.database, path, core.genesis.chain_id)
            self._held.callback(index.close)
            fill(index, core.history)
            view = View(**vars(core), index=index, waiting=Waiting(), live=Here(self.app))
            self._doors = Doors(view, config, self._metrics)
        # The index first: who hears of a block may look it up.
        self.engine.listeners += self._doors.listeners
        addresses: Addresses = await self._doors.open(Ports.of(config))
        self.rpc_url, self.rest_url, self.grpc_address = addresses
        if config.metrics.listen:
            readiness = Readiness(core, age_s=config.node.ready_age_s)
            door = MetricsServer(self._metrics, core, self._sizes, readiness)
            self.metrics_url = await self._figures.serve(
                door, bind(config.metrics.listen), METRICS_CONNECTIONS
            )


def _log_defect(error: BaseException) -> None:
    log.error("a transaction met a defect of this node's software", exc_info=error)


def export_genesis(folder: Path, height: int = 0) -> dict[str, Any]:
    """A genesis document that starts a chain with this home's state of a height (0: the last one).

    The validator and the consensus parameters stay; the chain begins at the height after. The node must be stopped.
    """
    node = Node(folder)
    try:
        node._load()
        document = dict(genesis_document.load(node.home.genesis).head)
        at = height or node.app.store.height
        document["initial_height"] = str(at + 1)
        document["genesis_time"] = genesis_document.format_time(node.app.block_at(at).time)
        document["app_state"] = node.app.export_state(height)
        return document
    finally:
        node._held.close()


# --- In the foreground


def run(folder: Path, config: Config | None = None) -> int:
    """Run a node until SIGINT or SIGTERM; returns the exit status."""
    raise_limit()
    node = Node(folder, config)
    log_to_stderr(node.config.node.log_level)
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        return runner.run(_run(node))


async def _run(node: Node) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    stopped = asyncio.ensure_future(stop.wait())
    starting = asyncio.ensure_future(node.start())
    # Trees of a large state take long to make, and whoever ends the node meanwhile need not wait for them.
    await asyncio.wait({starting, stopped}, return_when=asyncio.FIRST_COMPLETED)
    if not starting.done():
        starting.cancel()
    try:
        await starting
    except asyncio.CancelledError:
        return 0
    except Exception as error:
        told = isinstance(error, ValueError | EngineError | StorageDamaged)
        log.critical("the node can not start: %s", error, exc_info=not told)
        return 1
    ended = asyncio.ensure_future(node.wait())
    await asyncio.wait({ended, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    status = 0
    if ended.done():
        try:
            await ended
            # Halted on purpose: keep answering until told to go.
            await stop.wait()
        except NodeFailed as error:
            log.critical("the node stops: %s", error, exc_info=error)
            status = 1
    else:
        ended.cancel()
    await node.stop()
    return status
