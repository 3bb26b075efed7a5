"""Market in the genesis document.

The parameters of expiry have a document of their own (`supercloud.market.v1`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.genesis import Document, read_state, write_state
from supercloud.chain.x.market import keys
from supercloud.chain.x.market.types import default_expiry
from supercloud.pb.akash.market.v1beta5.genesis_pb2 import GenesisState
from supercloud.pb.supercloud.market.v1.genesis_pb2 import GenesisState as ExpiryGenesisState
from supercloud.types.ids import BidID, OrderID

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.market.keeper import Keeper


def init_expiry(ctx: Context, keeper: Keeper, document: Document) -> None:
    """Put the document's parameters of expiry in force.

    Comes before `init`, whose open orders queue up by them.
    """
    keeper.set_expiry(ctx, read_state(document, ExpiryGenesisState).params)


def export_expiry(ctx: Context, keeper: Keeper) -> Document:
    """The parameters of expiry."""
    return write_state(ExpiryGenesisState(params=keeper.expiry(ctx)))


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
