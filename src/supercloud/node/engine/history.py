"""Reading what the engine has committed. Heights that are not there are refused with CometBFT's words."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

from supercloud.node.engine.block import BlockID
from supercloud.node.engine.ports import BlockStore
from supercloud.node.engine.state import EngineState
from supercloud.node.engine.validators import ValidatorSet
from supercloud.pb.tendermint.abci import types_pb2 as abci
from supercloud.pb.tendermint.types import block_pb2, params_pb2, types_pb2

CACHED_BLOCKS = 64
RESPONSE_BYTES_MAX = 16 * 2**20
"""Of results that are kept at hand, as they lie on disk: a block of thousands of transactions has some megabytes of them,
and whoever reads a page of transactions asks for them again and again."""


class HeightError(Exception):
    """A height that is not there."""


class Entry(NamedTuple):
    """A committed block with its id and its size in bytes."""

    block: block_pb2.Block
    id: BlockID
    size: int


class History:
    """Committed blocks, votes, results, validators and parameters. Shared messages: not to be changed."""

    def __init__(self, store: BlockStore, state: Callable[[], EngineState]) -> None:
        self._store = store
        self._state = state
        self._entries: OrderedDict[int, Entry] = OrderedDict()
        self._responses: OrderedDict[int, tuple[abci.ResponseFinalizeBlock, int]] = OrderedDict()
        self._response_bytes = 0

    def again(self) -> History:
        """The same for another thread."""
        return History(self._store, self._state)

    @property
    def height(self) -> int:
        """Last committed height; 0 before the first block."""
        return self._state().height

    @property
    def base(self) -> int:
        """Lowest height kept; 0 before the first block."""
        return self._store.base if self.height else 0

    @property
    def state(self) -> EngineState:
        """Consensus after the last block."""
        return self._state()

    def resolve(self, height: int | None, *, ahead: int = 0) -> int:
        """A height that is there; None means the last. `ahead` allows for what is known in advance."""
        latest = self.height + ahead
        if height is None:
            return latest
        if height <= 0:
            raise HeightError(f"height must be greater than 0, but got {height}")
        if height > latest:
            raise HeightError(
                f"height {height} must be less than or equal to the current blockchain height {latest}"
            )
        base = self.base
        if height < base:
            raise HeightError(f"height {height} is not available, lowest height is {base}")
        return height

    def entry(self, height: int) -> Entry | None:
        """The block of a height."""
        if height > self.height:
            return None
        known = self._entries.get(height)
        if known is not None:
            return known
        serialised, commit = self._store.block(height), self._store.commit(height)
        if serialised is None or commit is None:
            return None
        named = BlockID.from_pb(types_pb2.Commit.FromString(commit).block_id)
        entry = Entry(block_pb2.Block.FromString(serialised), named, len(serialised))
        self.keep(height, entry)
        return entry

    def keep(self, height: int, entry: Entry) -> None:
        """Have a block at hand that will be asked for soon; it is not given out before its height is there."""
        self._entries[height] = entry
        if len(self._entries) > CACHED_BLOCKS:
            self._entries.popitem(last=False)

    def by_hash(self, hash: bytes) -> Entry | None:
        """The block with that hash."""
        height = self._store.height_of(hash)
        return self.entry(height) if height else None

    def commit(self, height: int) -> tuple[types_pb2.Commit, bool] | None:
        """The votes for a block, and whether the next block has settled which of them count."""
        following = self.entry(height + 1)
        if following is not None:
            return following.block.last_commit, True
        if height > self.height:
            return None
        stored = self._store.commit(height)
        return (types_pb2.Commit.FromString(stored), False) if stored is not None else None

    def response(self, height: int) -> abci.ResponseFinalizeBlock | None:
        """What executing a block gave."""
        if height > self.height:
            return None
        known = self._responses.get(height)
        if known is not None:
            return known[0]
        stored = self._store.response(height)
        if stored is None:
            return None
        response = abci.ResponseFinalizeBlock.FromString(stored)
        self._responses[height] = response, len(stored)
        self._response_bytes += len(stored)
        while self._response_bytes > RESPONSE_BYTES_MAX and len(self._responses) > 1:
            self._response_bytes -= self._responses.popitem(last=False)[1][1]
        return response

    def validators(self, height: int) -> ValidatorSet:
        """Who decides a block; also of the block to come. Raises HeightError."""
        state = self._state()
        if height == state.next_height:
            return state.validators
        return self._after(height).last_validators

    def params(self, height: int) -> params_pb2.ConsensusParams:
        """What a block is bound by; also the block to come. Raises HeightError."""
        state = self._state()
        if height == state.next_height:
            return state.params
        return self._after(height).last_params

    def _after(self, height: int) -> EngineState:
        stored = self._store.state(height) if height <= self.height else None
        if stored is None:
            raise HeightError(f"height {height} is not available, lowest height is {self.base}")
        return EngineState.from_bytes(stored)
