"""What an index of transactions and events does, whichever database keeps it.

    index.py      one SQLite file in the node's home: the default
    postgres.py   a PostgreSQL database, by the setting `index.database`

Both pass the same contract tests. The doors and the node see no more than this.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from supercloud.node.indexer.query import Query
from supercloud.pb.tendermint.abci import types_pb2 as abci
from supercloud.types.errors import Undefined

SEARCH_SECONDS_MAX = 2.0
VALUE_LENGTH_MAX = 1024
"""Longer attribute values are indexed by their beginning."""
BLOCK_POSITION = -1
EVENTS_MAX = 1 << 20
"""More events than a transaction of the largest size can have."""


class SearchTooWide(Exception):
    """A search that reads too much."""


class IndexNotWritten(Exception):
    """The disk does not take what is written. Nothing is lost: the index is filled from the blocks later."""


class IndexAway(Undefined):
    """The index's database does not answer now. Blocks go on; the index is filled from them when it is back."""

    grpc = 14


class Position(NamedTuple):
    """Where a transaction stands."""

    height: int
    number: int


class Page(NamedTuple):
    """A part of what a search found, and how much it found in all."""

    total: int
    found: Sequence[Position]


class SearchIndex(Protocol):
    """An index. Writes belong to one thread; searches may come from others."""

    height: int
    """The last height that is in; 0 when none is."""
    base: int
    """The first height that is in."""
    far: bool
    """Whether its database is not in this process, so that it may keep one waiting for seconds."""

    def close(self) -> None:
        """Release what is held."""

    def ready(self) -> None:
        """Make sure that it can be written, and know its height anew. Raises IndexAway."""

    def add(self, height: int, txs: Sequence[bytes], response: abci.ResponseFinalizeBlock) -> None:
        """Take in the next block. A height that is in already is ignored. Raises IndexNotWritten, IndexAway."""

    def prune(self, before: int) -> None:
        """Forget heights below `before`. Raises as `add` does."""

    def drop_above(self, height: int) -> None:
        """Forget heights above `height`. Raises as `add` does."""

    def find(self, key: bytes) -> Position | None:
        """Where the transaction with that hash stands. Raises IndexAway."""

    def search_txs(self, query: Query, *, ascending: bool, offset: int, limit: int) -> Page:
        """Transactions whose events satisfy the query. Raises SearchTooWide, IndexAway."""

    def search_blocks(self, query: Query, *, ascending: bool, offset: int, limit: int) -> Page:
        """Blocks whose own events satisfy the query. Raises SearchTooWide, IndexAway."""
