"""Mint's message: changing the parameters by vote."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.authority import require_authority
from supercloud.chain.baseapp.router import Router, signer_field
from supercloud.pb.cosmos.mint.v1beta1.tx_pb2 import MsgUpdateParams, MsgUpdateParamsResponse

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.mint.keeper import Keeper


def register(router: Router, keeper: Keeper) -> None:
    """Route this module's message."""
    router.message(
        MsgUpdateParams,
        lambda ctx, msg: update_params(ctx, keeper, msg),
        signers=signer_field("authority"),
    )


def update_params(ctx: Context, keeper: Keeper, msg: MsgUpdateParams) -> MsgUpdateParamsResponse:
    """Replace the parameters; only the network's authority may."""
    require_authority(ctx, msg.authority)
    keeper.set_params(ctx, msg.params)
    return MsgUpdateParamsResponse()
