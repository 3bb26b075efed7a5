"""Evidence in the genesis document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.genesis import Document, GenesisError, read_state, write_state
from supercloud.chain.x.evidence import types
from supercloud.codec import registry
from supercloud.pb.cosmos.evidence.v1beta1.evidence_pb2 import Equivocation
from supercloud.pb.cosmos.evidence.v1beta1.genesis_pb2 import GenesisState
from supercloud.types.errors import ChainError

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.evidence.keeper import Keeper


def init(ctx: Context, keeper: Keeper, document: Document) -> None:
    """Write everything; no piece stands twice."""
    for packed in read_state(document, GenesisState).evidence:
        try:
            evidence = registry.unpack(packed)
            if not isinstance(evidence, Equivocation):
                raise GenesisError(f"evidence: {packed.type_url} is none")
            types.check(evidence)
        except ChainError as error:
            raise GenesisError(f"evidence: {error}") from error
        digest = types.hash_of(evidence)
        if keeper.evidence(ctx, digest) is not None:
            raise GenesisError(f"evidence with hash {digest.hex().upper()} already exists")
        keeper.record(ctx, evidence)


def export(ctx: Context, keeper: Keeper) -> Document:
    """The document that keeps the same evidence."""
    return write_state(GenesisState(evidence=keeper.every(ctx)))
