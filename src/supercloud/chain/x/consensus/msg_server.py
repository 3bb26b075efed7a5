"""Transactions about consensus parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.router import Router, signer_field
from supercloud.chain.x.consensus.types import validate
from supercloud.pb.cosmos.consensus.v1.tx_pb2 import MsgUpdateParams, MsgUpdateParamsResponse
from supercloud.pb.tendermint.types import params_pb2
from supercloud.types.errors import Undefined

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.consensus.keeper import Keeper


def register(router: Router, keeper: Keeper) -> None:
    """Route this module's messages."""
    router.message(
        MsgUpdateParams,
        lambda ctx, msg: update_params(ctx, keeper, msg),
        signers=signer_field("authority"),
    )


def update_params(ctx: Context, keeper: Keeper, msg: MsgUpdateParams) -> MsgUpdateParamsResponse:
    """Replace the parameters; only the network's authority may."""
    authority = ctx.bech32.text(ctx.authority)
    if msg.authority != authority:
        raise Undefined(f"invalid authority; expected {authority}, got {msg.authority}")
    if not (msg.HasField("block") and msg.HasField("evidence") and msg.HasField("validator")):
        raise Undefined("all parameters must be present")
    current = keeper.params(ctx)
    params = params_pb2.ConsensusParams(
        block=msg.block,
        evidence=msg.evidence,
        validator=msg.validator,
        version=current.version,
        abci=msg.abci,
    )
    validate(params)
    keeper.set_params(ctx, params)
    return MsgUpdateParamsResponse()
