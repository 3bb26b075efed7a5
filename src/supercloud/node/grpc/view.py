"""What the doors of a node look through: one read-only view of its parts, made once at start."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from supercloud.chain.app import SupercloudApp
from supercloud.node.engine.history import History
from supercloud.node.engine.peers import Alone, Peers
from supercloud.node.engine.waiting import Waiting
from supercloud.node.genesis import Genesis
from supercloud.node.indexer.port import Page, Position, SearchIndex
from supercloud.node.indexer.query import Query
from supercloud.node.live import Live
from supercloud.node.mempool import Pool

COMET_VERSION = "0.38.21"
"""The CometBFT whose interfaces are spoken here; clients choose their decoding by it."""

SDK_VERSION = "v0.53.4"
"""The Cosmos SDK whose interfaces are spoken here; clients parse it as a version."""


@dataclass(frozen=True)
class Identity:
    """Who the node says it is."""

    node_id: str
    moniker: str
    version: str
    rpc_address: str
    validator_key: bytes
    """Of the key file; empty when a remote signer signs."""


@dataclass(frozen=True, kw_only=True)
class Core:
    """The parts of a running node that its doors look at, wherever they are."""

    app: SupercloudApp
    history: History
    mempool: Pool
    genesis: Genesis
    identity: Identity
    gas_price: str = ""
    """Lowest gas prices accepted, as text."""
    keep_heights: int = 0
    halt_height: int = 0
    tx_bytes_max: int = 1024 * 1024
    peers: Peers = field(default_factory=Alone)

    @property
    def validator_key(self) -> bytes:
        """Public key that signs for this node; empty while its remote signer has not been heard of."""
        return self.identity.validator_key or self.peers.signing_key


@dataclass(frozen=True, kw_only=True)
class View(Core):
    """The same with what belongs to the doors."""

    index: SearchIndex
    waiting: Waiting
    live: Live

    async def position(self, key: bytes) -> Position | None:
        """Where the transaction with that hash stands. Raises IndexAway."""
        found = await asyncio.to_thread(self.index.find, key) if self.index.far else self.index.find(key)
        return found if found is None or found.height <= self.history.height else None

    async def search(
        self, search: Callable[..., Page], query: Query, *, ascending: bool, offset: int, limit: int
    ) -> Page:
        """What the index finds, as far as blocks are there: it may be a moment ahead. Raises SearchTooWide, IndexAway."""
        # Searches may take seconds, so they leave the loop.
        page = await asyncio.to_thread(search, query, ascending=ascending, offset=offset, limit=limit)
        there = [position for position in page.found if position.height <= self.history.height]
        return Page(page.total - (len(page.found) - len(there)), there)
