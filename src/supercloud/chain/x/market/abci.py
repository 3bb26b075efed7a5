"""Market's work in a block: orders and bids past their age leave the market, a bounded number a block."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.x.market import keys, types
from supercloud.pb.supercloud.market.v1 import event_pb2
from supercloud.types.errors import ChainError

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.market.expected_keepers import Keepers
    from supercloud.types.ids import BidID, OrderID


def end_block(ctx: Context, k: Keepers) -> None:
    """Work off the due part of the expiry queue.

    The budget counts entries and bids that end with an order, so that a block's work is bounded whatever
    the queue holds. What does not fit waits for the next block.
    """
    budget = k.market.expiry(ctx).max_expiries_per_block
    for key in k.market.expiring(ctx, budget):
        if budget <= 0:
            return
        kind, part = keys.parse_expiry(key)
        try:
            with ctx.attempt():
                if kind == keys.EXPIRING_BID:
                    expire_bid(ctx, k, keys.parse_bid(part))
                    budget -= 1
                else:
                    left = expire_order(ctx, k, keys.parse_order(part), budget)
                    if left < 0:
                        return
                    budget = left
        except ChainError:
            # Nothing here may stop the chain. The object stays as it is and is not tried again.
            budget -= 1
        k.market.forget_expiry(ctx, key)


def expire_bid(ctx: Context, k: Keepers, bid: BidID) -> None:
    """Close a bid that was not chosen in time and give its deposit back."""
    stored = k.market.bid(ctx, bid)
    if stored is None or stored.state != types.BID_OPEN:
        return
    ctx.emit_typed(event_pb2.EventBidExpired(id=stored.id))
    k.market.close_bid(ctx, bid)
    k.reactions.refund_bid(ctx, bid)


def expire_order(ctx: Context, k: Keepers, order: OrderID, budget: int) -> int:
    """Close an order that found no bid in time; returns the budget left, -1 when it did not suffice.

    Its open bids end with it, and its group pauses: the tenant starts it again when it still wants it. A
    large order first loses its bids over several blocks, then ends.
    """
    stored = k.market.order(ctx, order)
    if stored is None or stored.state != types.ORDER_OPEN:
        return budget - 1
    for bid in k.market.bids_of(ctx, order, types.BID_OPEN):
        if budget <= 0:
            return -1
        k.market.close_bid(ctx, bid)
        k.reactions.refund_bid(ctx, bid)
        budget -= 1
    if budget <= 0:
        return -1
    ctx.emit_typed(event_pb2.EventOrderExpired(id=stored.id))
    k.reactions.order_expired(ctx, order)
    return budget - 1
