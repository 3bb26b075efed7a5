"""The oracle's messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.authority import check_authority, require_authority
from supercloud.chain.baseapp.router import Router, signer_field
from supercloud.chain.baseapp.timestamps import checked_ns
from supercloud.chain.x.oracle import types
from supercloud.chain.x.oracle.aggregation import Point
from supercloud.chain.x.oracle.keys import Pair
from supercloud.pb.akash.oracle.v2 import msgs_pb2
from supercloud.types.errors import InvalidAddress

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.oracle.keeper import Keeper


def register(router: Router, keeper: Keeper) -> None:
    """Route this module's messages."""
    router.message(
        msgs_pb2.MsgAddPriceEntry,
        lambda ctx, msg: add_price_entry(ctx, keeper, msg),
        validate=check_add_price_entry,
        signers=signer_field("signer"),
    )
    router.message(
        msgs_pb2.MsgUpdateParams,
        lambda ctx, msg: update_params(ctx, keeper, msg),
        validate=check_update_params,
        signers=signer_field("authority"),
    )


def check_add_price_entry(ctx: Context, msg: msgs_pb2.MsgAddPriceEntry) -> None:
    """Stateless rules: an address, a pair that is priced here, a positive price, a time."""
    try:
        ctx.bech32.parse(msg.signer)
    except ValueError as error:
        raise InvalidAddress(f"invalid signer address: {error}") from error
    types.check_pair(ctx.profile.native_denom, Pair(msg.id.denom, msg.id.base_denom))
    types.checked_price(msg.price)
    checked_ns(msg.timestamp)


def add_price_entry(
    ctx: Context, keeper: Keeper, msg: msgs_pb2.MsgAddPriceEntry
) -> msgs_pb2.MsgAddPriceEntryResponse:
    """Report a price; only sources may."""
    pair = Pair(msg.id.denom, msg.id.base_denom)
    point = Point(checked_ns(msg.timestamp), types.checked_price(msg.price))
    keeper.report(ctx, ctx.bech32.parse(msg.signer), pair, point)
    return msgs_pb2.MsgAddPriceEntryResponse()


def check_update_params(ctx: Context, msg: msgs_pb2.MsgUpdateParams) -> None:
    """Stateless rules."""
    check_authority(ctx, msg.authority)
    types.check_params(ctx.bech32, msg.params)


def update_params(
    ctx: Context, keeper: Keeper, msg: msgs_pb2.MsgUpdateParams
) -> msgs_pb2.MsgUpdateParamsResponse:
    """Replace the parameters, sources included; only the network's authority may."""
    require_authority(ctx, msg.authority)
    keeper.set_params(ctx, msg.params)
    return msgs_pb2.MsgUpdateParamsResponse()
