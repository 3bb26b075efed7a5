"""A node: load, replay, serve, stop. One process, one event loop.

init_home(home, chain_id)      a new network with this node as its validator
run(home)                      the node in the foreground, until a signal
Node(home, config)             the same as an object: start(), stop(), wait()
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import uvicorn

from supercloud.chain.ante.fees import GasPrice
from supercloud.chain.app import Founder, Options, SupercloudApp, build_app, default_genesis
from supercloud.chain.baseapp.context import Profile
from supercloud.chain.store.snapshot import chunks
from supercloud.node import genesis as genesis_document
from supercloud.node import upgrade_info
from supercloud.node.config import Config, ConfigError, load, render, split_address
from supercloud.node.engine import signer as keys
from supercloud.node.engine.choice import Engine, EngineFiles, make_engine
from supercloud.node.engine.cometbft.snapshots import Snapshots
from supercloud.node.engine.embedded import EngineError
from supercloud.node.engine.history import History
from supercloud.node.engine.ports import Committed
from supercloud.node.engine.waiting import Waiting
from supercloud.node.genesis import Genesis, GenesisValidator
from supercloud.node.grpc.asgi import CrossOrigin
from supercloud.node.grpc.server import GrpcServer
from supercloud.node.grpc.services import make_dispatch
from supercloud.node.grpc.view import Identity, View
from supercloud.node.indexer.index import Index
from supercloud.node.metrics import Metrics, MetricsServer
from supercloud.node.rest.server import Limits as RestLimits
from supercloud.node.rest.server import RestServer
from supercloud.node.rpc.server import Limits as RpcLimits
from supercloud.node.rpc.server import RpcServer
from supercloud.node.rpc.subscriptions import Hub
from supercloud.node.storage.blockstore import BlockStore
from supercloud.node.storage.environment import take_lock
from supercloud.node.storage.lmdb import LmdbBackend
from supercloud.node.storage.snapshots import SnapshotFiles
from supercloud.types.coin import Coin
from supercloud.types.dec import Dec

log = logging.getLogger(__name__)

VERSION = "v2.1.0+supercloud.0.1.0"
"""The network's version whose rules are kept, and ours as its local part: clients parse the whole as a version."""
"""What clients see; the first part names the network's node whose interfaces are spoken."""

CHAIN_ID = "supercloud-local"
VALIDATOR_POWER = 1_000_000
POWER_REDUCTION = 1_000_000
"""Units of the native token that make one unit of voting power."""
STOP_SECONDS = 3
PRUNE_EVERY_BLOCKS = 100
METRICS_CONNECTIONS = 16

GC_THRESHOLDS = (50_000, 20, 50)
"""A block makes many objects that live until its commit and hardly any cycles: with Python's own thresholds the
collector takes a fifth of the time of a busy node."""


class NodeFailed(Exception):
    """The node ended by itself; the cause says why."""


@dataclass(frozen=True)
class Home:
    """Where the files of a node lie."""

    folder: Path

    @property
    def config(self) -> Path:
        """Settings."""
        return self.folder / "config" / "config.toml"

    @property
    def genesis(self) -> Path:
        """The genesis document."""
        return self.folder / "config" / "genesis.json"

    @property
    def validator_key(self) -> Path:
        """The key that signs blocks."""
        return self.folder / "config" / "priv_validator_key.json"

    @property
    def node_key(self) -> Path:
        """The key that the node's id comes from."""
        return self.folder / "config" / "node_key.json"

    @property
    def data(self) -> Path:
        """Everything that changes."""
        return self.folder / "data"

    @property
    def signing_record(self) -> Path:
        """What the validator signed last."""
        return self.data / "priv_validator_state.json"

    @property
    def engine_files(self) -> EngineFiles:
        """What the engines share, and the folder that only CometBFT needs."""
        return EngineFiles(
            validator_key=self.validator_key,
            signing_record=self.signing_record,
            node_key=self.node_key,
            data=self.data,
            comet=self.folder / "cometbft",
        )


def init_home(
    folder: Path,
    chain_id: str = CHAIN_ID,
    *,
    funds: Mapping[bytes, Sequence[Coin]] | None = None,
    patch: Any = None,
    config: Config | None = None,
    time_ns: int | None = None,
    price_source: bytes | None = None,
    operator: bytes | None = None,
) -> Genesis:
    """Make a home: keys, settings and a genesis document whose one validator is this node.

    `funds` are the coins that exist from the start, `patch` a JSON merge patch of the whole genesis document,
    applied before them. With a `price_source`, whose account reports prices, credit can be minted at once
    (genesis.seed_credit). With an `operator`, whose account stakes for the validator, proposals can pass and are
    decided quickly (genesis.seed_governance). Refuses a home that has keys already. Raises GenesisError, KeyFileError.
    """
    home = Home(folder)
    settings = config or Config()
    settings.check()
    public_key = make_keys(home)
    profile = profile_of(settings)
    founders = []
    if operator is not None:
        founders.append(
            Founder(operator, public_key, VALIDATOR_POWER * POWER_REDUCTION, settings.node.moniker)
        )
    document = genesis_document.build(
        chain_id,
        time.time_ns() if time_ns is None else time_ns,
        [GenesisValidator(public_key, VALIDATOR_POWER, settings.node.moniker)],
        default_genesis(profile, {}, founders),
    )
    if operator is not None:
        genesis_document.seed_governance(document)
    if price_source is not None:
        genesis_document.seed_credit(document, price_source, funds or {}, profile)
    if patch is not None:
        document = genesis_document.merge_patch(document, patch)
    for address, coins in (funds or {}).items():
        genesis_document.fund(document["app_state"], address, coins, profile.bech32)
    genesis = genesis_document.parse(document)
    home.genesis.write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2))
    home.config.write_text(render(settings))
    return genesis


def make_keys(home: Home) -> bytes:
    """Make the folders and keys of a new home; returns the validator's public key. Raises KeyFileError."""
    home.config.parent.mkdir(parents=True, exist_ok=True)
    home.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = keys.create_key_file(home.validator_key)
    keys.create_node_key_file(home.node_key)
    if not home.signing_record.exists():
        keys.create_record_file(home.signing_record)
    return key.public_key


def profile_of(config: Config) -> Profile:
    """The network profile that the settings name."""
    network = config.network
    return Profile(network.bech32_prefix, network.native_denom, network.coin_type)


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
        self.view: View
        self.rpc_url = self.rest_url = self.grpc_address = self.metrics_url = ""
        """Where the doors are, once started; a port of 0 in the settings takes a free one."""
        self._metrics = Metrics()
        self._sizes: dict[str, Callable[[], int]] = {}
        self._closers: list[Callable[[], None]] = []
        self._doors: list[tuple[_Uvicorn, asyncio.Task[None]]] = []
        self._rpc: RpcServer | None = None
        self._grpc: GrpcServer | None = None
        self._making_blocks: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Load, replay what is missing, open the doors, make blocks. Raises on anything that prevents it."""
        try:
            self._load()
            hub = Hub()
            self.engine.listeners.append(hub)
            await self._open_doors(hub)
        except BaseException as error:
            await self.stop()
            upgrade_info.note(self.home.data, error)
            raise
        # What is loaded stays; the collector need not walk it again and again.
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLDS)
        self._making_blocks = asyncio.create_task(self.engine.run(), name="engine")
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
        except Exception as error:
            upgrade_info.note(self.home.data, error)
            raise NodeFailed(f"{type(error).__name__}: {error}") from error

    async def stop(self) -> None:
        """End: no more blocks, doors closed, files released. Everything committed is already on disk."""
        if self._making_blocks is not None:
            self._making_blocks.cancel()
            await asyncio.gather(self._making_blocks, return_exceptions=True)
        if self._rpc is not None:
            self._rpc.close()
        for server, _ in self._doors:
            server.should_exit = True
        if self._grpc is not None:
            await self._grpc.stop()
            self._grpc = None
        for _, task in self._doors:
            await asyncio.gather(task, return_exceptions=True)
        self._doors.clear()
        for close in reversed(self._closers):
            close()
        self._closers.clear()
        log.info("node stopped")

    # --- Loading

    def _load(self) -> None:
        config, home = self.config, self.home
        lock = take_lock(home.data)
        self._closers.append(lambda: os.close(lock))
        genesis = genesis_document.load(home.genesis)
        backend = LmdbBackend(home.data / "state")
        self._closers.append(backend.close)
        blocks = BlockStore(home.data / "blocks")
        self._closers.append(blocks.close)
        index = Index(home.data / "index.sqlite")
        self._closers.append(index.close)
        self.app = build_app(
            backend,
            profile_of(config),
            Options(
                version=VERSION,
                gas_prices=gas_prices_of(config.state.gas_prices),
                keep_heights=config.state.heights_kept,
                on_defect=_log_defect,
                skip_upgrades=(config.engine.skip_upgrade_height,),
            ),
        )
        names = self.app.store.names
        snapshots = Snapshots(
            self.app,
            SnapshotFiles(home.data / "snapshots", config.state.snapshots_kept),
            lambda height: chunks(backend.reader(height), names),
            config.state.snapshot_interval,
            config.statesync.servers,
        )
        self._closers.append(snapshots.close)
        chosen = make_engine(self.app, blocks, genesis, home.engine_files, config, snapshots)
        self.engine = chosen.engine
        history = History(blocks, lambda: self.engine.state)
        _fill(index, history)
        waiting = Waiting()
        self.engine.listeners += [_Indexing(index, config.engine.blocks_kept), waiting, self._metrics]
        self._sizes = {"state": backend.size_bytes, "blocks": blocks.size_bytes}
        self.view = View(
            app=self.app,
            history=history,
            mempool=chosen.pool,
            index=index,
            waiting=waiting,
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

    # --- Doors

    async def _open_doors(self, hub: Hub) -> None:
        config = self.config
        dispatch = make_dispatch(self.view)
        if config.rpc.listen:
            limits = RpcLimits(
                body_bytes=config.rpc.body_bytes,
                body_s=config.rpc.body_s,
                batch=config.rpc.batch,
                sockets=max(config.rpc.connections // 2, 1),
                sockets_per_client=config.rpc.sockets_per_client,
                subscriptions_per_socket=config.rpc.subscriptions_per_socket,
                commit_s=config.rpc.commit_s,
            )
            origins = CrossOrigin(config.rpc.cors_origins)
            self._rpc = RpcServer(self.view, dispatch, hub, limits, origins)
            counted = self._metrics.counted("rpc", self._rpc)
            rpc = config.rpc
            self.rpc_url = await self._serve(counted, rpc.listen, rpc.connections, rpc.keep_alive_s)
        if config.rest.listen:
            rest = config.rest
            bounds = RestLimits(rest.body_bytes, rest.body_s)
            door = RestServer(dispatch, bounds, CrossOrigin(rest.cors_origins), VERSION)
            counted = self._metrics.counted("rest", door)
            self.rest_url = await self._serve(counted, rest.listen, rest.connections, rest.keep_alive_s)
        if config.grpc.listen:
            host, _ = split_address(config.grpc.listen)
            self._grpc = GrpcServer(dispatch, config.grpc.message_bytes, config.grpc.calls)
            self.grpc_address = f"{host}:{self._grpc.bind(config.grpc.listen)}"
            await self._grpc.start()
        if config.metrics.listen:
            metrics = MetricsServer(self._metrics, self.view, self._sizes)
            self.metrics_url = await self._serve(metrics, config.metrics.listen, METRICS_CONNECTIONS)

    async def _serve(self, app: Any, listen: str, connections: int, keep_alive_s: int = 60) -> str:
        """Serve an ASGI application; returns its URL."""
        bound = _bind(listen)
        server = _Uvicorn(
            uvicorn.Config(
                app,
                http="httptools",
                ws="websockets-sansio",
                ws_max_size=self.config.rpc.body_bytes,
                ws_per_message_deflate=False,
                lifespan="off",
                log_config=None,
                log_level="warning",
                access_log=False,
                server_header=False,
                date_header=False,
                proxy_headers=False,
                limit_concurrency=connections,
                timeout_keep_alive=keep_alive_s,
                timeout_graceful_shutdown=STOP_SECONDS,
            )
        )
        task = asyncio.create_task(server.serve(sockets=[bound]), name=f"serve {listen}")
        self._doors.append((server, task))
        while not server.started:
            if task.done():
                await task
                raise EngineError(f"nothing serves {listen}")
            await asyncio.sleep(0.005)
        host, port = bound.getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class _Uvicorn(uvicorn.Server):
    """uvicorn without its own signal handling: one process holds several servers."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _Indexing:
    """Keeps the index up with the blocks. A Listener of the engine."""

    def __init__(self, index: Index, kept: int) -> None:
        self._index = index
        self._kept = kept

    def block_committed(self, committed: Committed) -> None:
        height = committed.block.header.height
        self._index.add(height, committed.block.data.txs, committed.response)
        if self._kept and height % PRUNE_EVERY_BLOCKS == 0:
            self._index.prune(height - self._kept)


def _fill(index: Index, history: History) -> None:
    """Bring the index to the height of the blocks."""
    index.drop_above(history.height)
    for height in range(max(index.height + 1, history.base, 1), history.height + 1):
        entry, response = history.entry(height), history.response(height)
        if entry is not None and response is not None:
            index.add(height, entry.block.data.txs, response)


def _bind(listen: str) -> socket.socket:
    host, port = split_address(listen)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        bound = socket.create_server((host, port), family=family, backlog=1024)
    except OSError as error:
        raise ConfigError(f"cannot listen on {listen}: {error.strerror}") from error
    # Accepted connections inherit it. Without it an answer's body waits 40 ms for the client to acknowledge its head.
    bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return bound


def _log_defect(error: BaseException) -> None:
    log.error("a transaction met a defect of this node's software", exc_info=error)


def export_genesis(folder: Path, height: int = 0) -> dict[str, Any]:
    """A genesis document that starts a chain with this home's state of a height (0: the last one).

    The validator and the consensus parameters stay; the chain begins at the height after. The node must be stopped.
    """
    node = Node(folder)
    try:
        node._load()
        document = dict(genesis_document.load(node.home.genesis).document)
        at = height or node.app.store.height
        document["initial_height"] = str(at + 1)
        document["genesis_time"] = genesis_document.format_time(node.app.block_at(at).time)
        document["app_state"] = node.app.export_state(height)
        return document
    finally:
        for close in reversed(node._closers):
            close()


# --- In the foreground


class _Lines(logging.Formatter):
    """One JSON object a line."""

    _usual = frozenset(vars(logging.LogRecord("", 0, "", 0, "", (), None))) | {
        "message",
        "asctime",
        "taskName",
    }

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": genesis_document.format_time(int(record.created * 1000) * 1_000_000),
            "level": record.levelname.lower(),
            "from": record.name.removeprefix("supercloud."),
            "text": record.getMessage(),
        }
        line |= {name: value for name, value in vars(record).items() if name not in self._usual}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode()


def log_to_stderr(level: str) -> None:
    """Send this process's log to standard error as JSON lines."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Lines())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)


def run(folder: Path, config: Config | None = None) -> int:
    """Run a node until SIGINT or SIGTERM; returns the exit status."""
    node = Node(folder, config)
    log_to_stderr(node.config.node.log_level)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(_run(node))


async def _run(node: Node) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        await node.start()
    except Exception as error:
        log.critical(
            "the node can not start: %s", error, exc_info=not isinstance(error, ValueError | EngineError)
        )
        return 1
    ended = asyncio.ensure_future(node.wait())
    stopped = asyncio.ensure_future(stop.wait())
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


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory
