"""Transactions about jail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.authority import require_authority
from supercloud.chain.baseapp.router import Router, signer_field
from supercloud.pb.cosmos.slashing.v1beta1 import tx_pb2 as pb
from supercloud.types.address import operator_account
from supercloud.types.errors import InvalidAddress

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.slashing.keeper import Keeper


def register(router: Router, keeper: Keeper) -> None:
    """Route this module's messages."""
    router.message(
        pb.MsgUnjail,
        lambda ctx, msg: unjail(ctx, keeper, msg),
        signers=lambda msg: (operator_account(msg.validator_addr),),
    )
    router.message(
        pb.MsgUpdateParams,
        lambda ctx, msg: update_params(ctx, keeper, msg),
        signers=signer_field("authority"),
    )


def unjail(ctx: Context, keeper: Keeper, msg: pb.MsgUnjail) -> pb.MsgUnjailResponse:
    """Let the signer's validator come back."""
    try:
        operator = ctx.bech32.parse_valoper(msg.validator_addr)
    except ValueError as error:
        raise InvalidAddress(f"validator input address: {error}") from error
    keeper.unjail(ctx, operator)
    return pb.MsgUnjailResponse()


def update_params(ctx: Context, keeper: Keeper, msg: pb.MsgUpdateParams) -> pb.MsgUpdateParamsResponse:
    """Replace the parameters; only the network's authority may."""
    require_authority(ctx, msg.authority)
    keeper.set_params(ctx, msg.params)
    return pb.MsgUpdateParamsResponse()
