"""Take's messages: changing the rates, and where the take flows to, by vote."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.authority import check_authority, require_authority
from supercloud.chain.baseapp.router import signer_field
from supercloud.chain.x.take import types
from supercloud.pb.akash.take.v1.paramsmsg_pb2 import MsgUpdateParams, MsgUpdateParamsResponse
from supercloud.pb.supercloud.take.v1.msg_pb2 import MsgUpdateOutflow, MsgUpdateOutflowResponse

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.baseapp.router import Router
    from supercloud.chain.x.take.keeper import Keeper


def register(router: Router, keeper: Keeper) -> None:
    """Route this module's messages."""
    router.message(
        MsgUpdateParams,
        lambda ctx, msg: update_params(ctx, keeper, msg),
        validate=check_update_params,
        signers=signer_field("authority"),
    )
    router.message(
        MsgUpdateOutflow,
        lambda ctx, msg: update_outflow(ctx, keeper, msg),
        validate=check_update_outflow,
        signers=signer_field("authority"),
    )


def check_update_params(ctx: Context, msg: MsgUpdateParams) -> None:
    """Stateless rules."""
    check_authority(ctx, msg.authority)
    types.check_params(msg.params)


def update_params(ctx: Context, keeper: Keeper, msg: MsgUpdateParams) -> MsgUpdateParamsResponse:
    """Replace the rates."""
    require_authority(ctx, msg.authority)
    keeper.set_params(ctx, msg.params)
    return MsgUpdateParamsResponse()


def check_update_outflow(ctx: Context, msg: MsgUpdateOutflow) -> None:
    """Stateless rules."""
    check_authority(ctx, msg.authority)
    types.check_outflow(msg.params)


def update_outflow(ctx: Context, keeper: Keeper, msg: MsgUpdateOutflow) -> MsgUpdateOutflowResponse:
    """Let the take flow elsewhere."""
    require_authority(ctx, msg.authority)
    keeper.set_outflow(ctx, msg.params)
    return MsgUpdateOutflowResponse()
