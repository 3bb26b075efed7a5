"""The module's part of the genesis document: empty, for the parameters stand in the document's own head.

The application takes them from there before any module starts; what the head lacks is filled with defaults.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.genesis import Document, GenesisError
from supercloud.chain.x.consensus.types import default_params, validate
from supercloud.pb.tendermint.types import params_pb2
from supercloud.types.errors import ChainError

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.consensus.keeper import Keeper


def init(ctx: Context, keeper: Keeper, document: Document) -> None:
    """Complete and check the parameters that the head of the genesis document gave."""
    if document:
        raise GenesisError("consensus: parameters belong to the head of the genesis document")
    params = default_params()
    given = keeper.params(ctx)
    for field, _ in given.ListFields():
        getattr(params, field.name).CopyFrom(getattr(given, field.name))
    if not given.HasField("evidence") and 0 < params.block.max_bytes < params.evidence.max_bytes:
        params.evidence.max_bytes = params.block.max_bytes
    try:
        validate(params)
    except ChainError as error:
        raise GenesisError(f"consensus_params: {error}") from error
    keeper.set_params(ctx, params)


def export(ctx: Context, keeper: Keeper) -> Document:
    """Nothing: the node writes the parameters into the head."""
    return {}


def head(ctx: Context, keeper: Keeper) -> params_pb2.ConsensusParams:
    """The parameters for the head of an exported document."""
    return keeper.params(ctx)
