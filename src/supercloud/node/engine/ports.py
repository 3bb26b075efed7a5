"""What the engine asks of its surroundings: the state machine, the store of blocks, whoever wants to hear of
blocks.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from supercloud.node.engine.block import BlockID
from supercloud.pb.tendermint.abci import types_pb2 as abci
from supercloud.pb.tendermint.types import block_pb2


class Application(Protocol):
    """The verbs of a state machine that the engine drives."""

    def info(self, request: abci.RequestInfo) -> abci.ResponseInfo:
        """Last committed height and app hash."""

    def init_chain(self, request: abci.RequestInitChain) -> abci.ResponseInitChain:
        """State before the first block."""

    def check_tx(self, request: abci.RequestCheckTx) -> abci.ResponseCheckTx:
        """Admission check."""

    def prepare_proposal(self, request: abci.RequestPrepareProposal) -> abci.ResponsePrepareProposal:
        """Choice of transactions for a block."""

    def finalize_block(self, request: abci.RequestFinalizeBlock) -> abci.ResponseFinalizeBlock:
        """Execution; nothing durable yet."""

    def commit(self, request: abci.RequestCommit) -> abci.ResponseCommit:
        """Durability of what was executed."""


class FullApplication(Application, Protocol):
    """All verbs, as an engine in another process asks for them."""

    def forget(self) -> None:
        """Go back to what was committed: the engine that asked for more is gone."""

    def query(self, request: abci.RequestQuery) -> abci.ResponseQuery:
        """A question about the state."""

    def process_proposal(self, request: abci.RequestProcessProposal) -> abci.ResponseProcessProposal:
        """Verdict on somebody else's block."""

    def extend_vote(self, request: abci.RequestExtendVote) -> abci.ResponseExtendVote:
        """What a vote carries beside."""

    def verify_vote_extension(
        self, request: abci.RequestVerifyVoteExtension
    ) -> abci.ResponseVerifyVoteExtension:
        """Verdict on what somebody else's vote carries."""

    def list_snapshots(self, request: abci.RequestListSnapshots) -> abci.ResponseListSnapshots:
        """Snapshots to offer to new nodes."""

    def offer_snapshot(self, request: abci.RequestOfferSnapshot) -> abci.ResponseOfferSnapshot:
        """Whether to take a snapshot that somebody offers."""

    def load_snapshot_chunk(self, request: abci.RequestLoadSnapshotChunk) -> abci.ResponseLoadSnapshotChunk:
        """A part of a snapshot."""

    def apply_snapshot_chunk(
        self, request: abci.RequestApplySnapshotChunk
    ) -> abci.ResponseApplySnapshotChunk:
        """Take in a part of a snapshot."""


class StoredBlock(NamedTuple):
    """Everything about one height, serialised."""

    block: bytes
    commit: bytes
    """The votes that decided it, as this node saw them."""
    response: bytes
    """FinalizeBlock's answer."""
    state: bytes
    """The engine's state after it."""


class BlockStore(Protocol):
    """Blocks from `base` to `height`, both 0 when there are none."""

    @property
    def base(self) -> int:
        """Lowest height kept."""

    @property
    def height(self) -> int:
        """Highest height kept."""

    def save(self, height: int, hash: bytes, stored: StoredBlock) -> None:
        """Add the next height; on return it survives a loss of power."""

    def block(self, height: int) -> bytes | None:
        """Block at a height."""

    def commit(self, height: int) -> bytes | None:
        """Votes seen for it."""

    def response(self, height: int) -> bytes | None:
        """Its results."""

    def state(self, height: int) -> bytes | None:
        """Engine state after it."""

    def height_of(self, hash: bytes) -> int | None:
        """Height of the block with that hash."""

    def prune(self, before: int, blocks_max: int) -> int:
        """Forget up to `blocks_max` of the heights below `before`; returns how many."""


class Committed(NamedTuple):
    """A block that has just become final."""

    block: block_pb2.Block
    id: BlockID
    response: abci.ResponseFinalizeBlock


class Listener(Protocol):
    """Someone to be told of every block, in order, after the state machine has committed it."""

    def block_committed(self, committed: Committed) -> None:
        """Must be quick and must not raise."""
