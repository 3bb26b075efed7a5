"""Transactions about accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.router import Router, signer_field
from supercloud.chain.x.auth.types import validate_params
from supercloud.pb.cosmos.auth.v1beta1.tx_pb2 import MsgUpdateParams, MsgUpdateParamsResponse
from supercloud.types.errors import Undefined

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.auth.keeper import Keeper


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
        raise Undefined(
            "expected gov account as only signer for proposal message; "
            f"invalid authority; expected {authority}, got {msg.authority}"
        )
    validate_params(msg.params)
    keeper.set_params(ctx, msg.params)
    return MsgUpdateParamsResponse()
