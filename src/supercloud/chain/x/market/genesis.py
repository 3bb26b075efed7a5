"""Market in the genesis document.

Expiry, its parameters and its queue, has a document of its own (`supercloud.market.v1`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.genesis import Document, GenesisError, read_state, write_state
from supercloud.chain.x.market import keys
from supercloud.chain.x.market.types import default_expiry
from supercloud.pb.akash.market.v1beta5.genesis_pb2 import GenesisState
from supercloud.pb.supercloud.market.v1.genesis_pb2 import GenesisState as ExpiryGenesisState
from supercloud.types.ids import BidID, OrderID

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.market.keeper import Keeper


def init_expiry(ctx: Context, keeper: Keeper, document: Document) -> None:
    """Put the document's parameters of expiry in force and take its queue over.

    Deadlines are those of the document, not of the ages in force now: an order keeps the one it was given when
    it opened, or none.
    """
    state = read_state(document, ExpiryGenesisState)
    keeper.set_expiry(ctx, state.params)
    for deadline in state.deadlines:
        if deadline.height < 1 or deadline.HasField("order") == deadline.HasField("bid"):
            raise GenesisError("market_expiry: a deadline has a height and either an order or a bid")
        kind, part = keys.EXPIRING_ORDER, b""
        if deadline.HasField("order"):
            part = keys.order_part(OrderID.from_pb(deadline.order, ctx.bech32))
        else:
            kind, part = keys.EXPIRING_BID, keys.bid_part(BidID.from_pb(deadline.bid, ctx.bech32))
        keeper.import_deadline(ctx, keys.expiry_key(deadline.height, kind, part))


def export_expiry(ctx: Context, keeper: Keeper) -> Document:
    """The parameters of expiry, and its queue in the order in which it is worked off."""
    state = ExpiryGenesisState(params=keeper.expiry(ctx))
    for key in keeper.deadlines(ctx):
        kind, part = keys.parse_expiry(key)
        deadline = state.deadlines.add(height=keys.expiry_height(key))
        if kind == keys.EXPIRING_ORDER:
            deadline.order.CopyFrom(keys.parse_order(part).to_pb(ctx.bech32))
        else:
            deadline.bid.CopyFrom(keys.parse_bid(part).to_pb(ctx.bech32))
    return write_state(state)


def init(ctx: Context, keeper: Keeper, document: Document) -> None:
    """Load parameters, orders, leases and bids; refuses anything that is there twice."""
    state = read_state(document, GenesisState)
    keeper.set_params(ctx, state.params)
    # A network's own document knows nothing of expiry.
    if not keeper.has_expiry(ctx):
        keeper.set_expiry(ctx, default_expiry())
    for order in state.orders:
        keeper.import_order(ctx, order)
    for lease in state.leases:
        keeper.import_lease(ctx, lease)
    for bid in state.bids:
        keeper.import_bid(ctx, bid)


def export(ctx: Context, keeper: Keeper) -> Document:
    """Everything, by id."""
    orders = list(keeper.orders(ctx))
    orders.sort(key=lambda each: keys.order_part(OrderID.from_pb(each.id, ctx.bech32)))
    leases = list(keeper.leases(ctx))
    leases.sort(key=lambda each: keys.bid_part(BidID.from_pb(each.id, ctx.bech32)))
    bids = list(keeper.bids(ctx))
    bids.sort(key=lambda each: keys.bid_part(BidID.from_pb(each.id, ctx.bech32)))
    return write_state(GenesisState(params=keeper.params(ctx), orders=orders, leases=leases, bids=bids))
