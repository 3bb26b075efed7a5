"""Fee auctions' messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.authority import check_authority, require_authority
from supercloud.chain.baseapp.coins import coins_or_none
from supercloud.chain.baseapp.router import Router, signer_field
from supercloud.chain.x.feeauction import types
from supercloud.pb.supercloud.feeauction.v1 import msg_pb2
from supercloud.types.errors import InvalidAddress, InvalidCoins

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.feeauction.keeper import Keeper


def register(router: Router, keeper: Keeper) -> None:
    """Route this module's messages."""
    router.message(
        msg_pb2.MsgBid,
        lambda ctx, msg: bid(ctx, keeper, msg),
        validate=check_bid,
        signers=signer_field("bidder"),
    )
    router.message(
        msg_pb2.MsgUpdateParams,
        lambda ctx, msg: update_params(ctx, keeper, msg),
        validate=check_update_params,
        signers=signer_field("authority"),
    )


def check_bid(ctx: Context, msg: msg_pb2.MsgBid) -> None:
    """Stateless rules: an address, native tokens, some."""
    try:
        ctx.bech32.parse(msg.bidder)
    except ValueError as error:
        raise InvalidAddress(f"invalid bidder address: {error}") from error
    if coins_or_none([msg.amount]) is None:
        raise InvalidCoins(f"{msg.amount.amount[:100]}{msg.amount.denom[:128]}")
    if msg.amount.denom != ctx.profile.native_denom:
        raise types.InvalidBid(f"bids are in {ctx.profile.native_denom}, not in {msg.amount.denom}")


def bid(ctx: Context, keeper: Keeper, msg: msg_pb2.MsgBid) -> msg_pb2.MsgBidResponse:
    """Bid for the lot of the round that runs."""
    keeper.bid(ctx, ctx.bech32.parse(msg.bidder), msg.round, int(msg.amount.amount))
    return msg_pb2.MsgBidResponse()


def check_update_params(ctx: Context, msg: msg_pb2.MsgUpdateParams) -> None:
    """Stateless rules."""
    check_authority(ctx, msg.authority)
    types.check_params(msg.params)


def update_params(
    ctx: Context, keeper: Keeper, msg: msg_pb2.MsgUpdateParams
) -> msg_pb2.MsgUpdateParamsResponse:
    """Replace the parameters."""
    require_authority(ctx, msg.authority)
    keeper.set_params(ctx, msg.params)
    return msg_pb2.MsgUpdateParamsResponse()
