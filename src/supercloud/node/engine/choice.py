"""The engine that the settings name, with what the rest of the node needs of it."""

from __future__ import annotations

import logging
import time
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from supercloud.node.config import Config
from supercloud.node.engine import signer as keys
from supercloud.node.engine.cometbft.engine import CometEngine
from supercloud.node.engine.cometbft.home import CometHome, Peering, StateSync, continued
from supercloud.node.engine.cometbft.rpc import RemoteMempool
from supercloud.node.engine.cometbft.snapshots import Snapshots
from supercloud.node.engine.embedded import Embedded, Settings
from supercloud.node.engine.peers import Alone, Peers
from supercloud.node.engine.ports import BlockStore, FullApplication, Listener
from supercloud.node.engine.state import EngineState
from supercloud.node.genesis import Genesis
from supercloud.node.mempool import Limits, Mempool, Pool
from supercloud.pb.tendermint.abci import types_pb2 as abci

log = logging.getLogger(__name__)


class Engine(Protocol):
    """Makes blocks, or follows whoever makes them."""

    state: EngineState
    listeners: list[Listener]

    def load(self) -> None:
        """Bring storage and state machine to the same height."""

    def run(self) -> Coroutine[Any, Any, None]:
        """Go on until cancelled."""


@dataclass(frozen=True)
class EngineFiles:
    """Where the files lie that engines share, whichever runs."""

    validator_key: Path
    signing_record: Path
    node_key: Path
    data: Path
    comet: Path


@dataclass(frozen=True)
class Chosen:
    """An engine, where transactions wait, and who the other nodes are."""

    engine: Engine
    pool: Pool
    peers: Peers
    validator_key: bytes
    """Of the key file; empty when a remote signer signs."""


def make_engine(
    app: FullApplication,
    store: BlockStore,
    genesis: Genesis,
    files: EngineFiles,
    config: Config,
    snapshots: Snapshots | None = None,
) -> Chosen:
    """Make the engine of the settings and load it. Raises EngineError, CometError, HomeError, KeyFileError."""
    make = _cometbft if config.engine.kind == "cometbft" else _embedded
    chosen = make(app, store, genesis, files, config)
    if isinstance(chosen.engine, CometEngine) and snapshots is not None:
        chosen.engine.snapshots = snapshots
        chosen.engine.listeners.append(snapshots)
    return chosen


def _embedded(
    app: FullApplication, store: BlockStore, genesis: Genesis, files: EngineFiles, config: Config
) -> Chosen:
    wanted = config.mempool
    limits = Limits(
        count=wanted.count,
        bytes=wanted.bytes,
        tx_bytes=wanted.tx_bytes,
        ttl_blocks=wanted.ttl_blocks,
        ttl_s=wanted.ttl_s,
    )
    mempool = Mempool(app, limits, time.monotonic)
    signer = keys.Signer(keys.read_key_file(files.validator_key), files.signing_record)
    settings = Settings(
        interval_s=config.engine.block_interval_s,
        blocks_kept=config.engine.blocks_kept,
        halt_height=config.engine.halt_height,
    )
    engine = Embedded(
        app, store, signer, genesis, mempool, folder=files.data, settings=settings, clock=time.time_ns
    )
    engine.load()
    mempool.height = engine.state.height
    return Chosen(engine, mempool, Alone(), signer.public_key)


def _cometbft(
    app: FullApplication, store: BlockStore, genesis: Genesis, files: EngineFiles, config: Config
) -> Chosen:
    home = CometHome(files.comet, files.validator_key, files.signing_record, files.node_key)
    at = app.info(abci.RequestInfo()).last_block_height
    document = genesis.head
    if at and not home.genesis.exists():
        document = continued(document, EngineState.from_bytes(store.state(at) or b""))
    peering = Peering(**vars(config.p2p))
    state_sync = StateSync(
        tuple(config.statesync.servers), config.statesync.trust_height, config.statesync.trust_hash
    )

    def write_settings() -> bool:
        return home.write_settings(
            moniker=config.node.moniker,
            interval_s=config.engine.block_interval_s,
            mempool_count=config.mempool.count,
            mempool_bytes=config.mempool.bytes,
            tx_bytes=config.mempool.tx_bytes,
            peering=peering,
            state_sync=state_sync,
        )

    # Without a genesis a CometBFT that somebody else starts ends; with one it has to find these.
    stale = not home.genesis.exists() and write_settings()
    home.prepare(document)
    engine = CometEngine(
        app, store, genesis, home, blocks_kept=config.engine.blocks_kept, write_settings=write_settings
    )
    engine.halt_height = config.engine.halt_height
    engine.signer_listen = config.p2p.signer_listen
    engine.starts_cometbft = config.engine.start_cometbft
    engine.stale = stale
    engine.interval_s = config.engine.block_interval_s
    engine.load()
    if peering.signer_listen:
        if files.validator_key.exists():
            log.warning("a remote signer signs; the key in %s is not used", files.validator_key)
        public_key = b""
    else:
        public_key = keys.read_key_file(files.validator_key).public_key
    return Chosen(engine, RemoteMempool(engine.rpc), engine.peers, public_key)
