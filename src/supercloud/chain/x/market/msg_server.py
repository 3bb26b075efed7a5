"""Market's messages, one ladder each: authorise, check, then verbs that write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.authority import check_authority, require_authority
from supercloud.chain.baseapp.router import signer_field
from supercloud.chain.baseapp.timestamps import checked_duration_ns
from supercloud.chain.x.market import matching, types
from supercloud.pb.akash.market.v1beta5 import bidmsg_pb2, leasemsg_pb2, paramsmsg_pb2
from supercloud.pb.supercloud.market.v1 import msg_pb2 as expiry_pb2
from supercloud.types.dec import DecCoin
from supercloud.types.deposit import check_deposit
from supercloud.types.errors import Undefined
from supercloud.types.ids import BidID

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.baseapp.router import Router
    from supercloud.chain.x.market.expected_keepers import Keepers
    from supercloud.pb.akash.market.v1.lease_pb2 import Lease
    from supercloud.pb.akash.market.v1beta5.bidmsg_pb2 import MsgCloseBid, MsgCreateBid
    from supercloud.pb.akash.market.v1beta5.leasemsg_pb2 import (
        MsgCloseLease,
        MsgCreateLease,
        MsgLeaseStartReclaim,
        MsgWithdrawLease,
    )
    from supercloud.pb.akash.market.v1beta5.order_pb2 import Order


def register(router: Router, k: Keepers) -> None:
    """Route this module's messages."""
    provider = signer_field("id", "provider")
    router.message(
        bidmsg_pb2.MsgCreateBid,
        lambda ctx, msg: create_bid(ctx, k, msg),
        validate=check_create_bid,
        signers=provider,
    )
    router.message(
        bidmsg_pb2.MsgCloseBid,
        lambda ctx, msg: close_bid(ctx, k, msg),
        validate=check_with_reason,
        signers=provider,
    )
    router.message(
        leasemsg_pb2.MsgCreateLease,
        lambda ctx, msg: create_lease(ctx, k, msg),
        validate=check_create_lease,
        signers=signer_field("bid_id", "owner"),
    )
    router.message(
        leasemsg_pb2.MsgCloseLease,
        lambda ctx, msg: close_lease(ctx, k, msg),
        validate=check_id,
        signers=signer_field("id", "owner"),
    )
    router.message(
        leasemsg_pb2.MsgWithdrawLease,
        lambda ctx, msg: withdraw_lease(ctx, k, msg),
        validate=check_id,
        signers=provider,
    )
    router.message(
        leasemsg_pb2.MsgLeaseStartReclaim,
        lambda ctx, msg: lease_start_reclaim(ctx, k, msg),
        validate=check_with_reason,
        signers=provider,
    )
    _register_params(router, k)


def _register_params(router: Router, k: Keepers) -> None:
    authority = signer_field("authority")
    router.message(
        paramsmsg_pb2.MsgUpdateParams,
        lambda ctx, msg: update_params(ctx, k, msg),
        validate=check_update_params,
        signers=authority,
    )
    router.message(
        expiry_pb2.MsgUpdateParams,
        lambda ctx, msg: update_expiry(ctx, k, msg),
        validate=check_update_expiry,
        signers=authority,
    )


# Stateless rules.


def check_create_bid(ctx: Context, msg: MsgCreateBid) -> None:
    """Of MsgCreateBid."""
    types.check_bid_id(ctx.bech32, msg.id)
    check_deposit(msg.deposit)
    if types.price_of(msg.price).amount.is_zero():
        raise types.BidZeroPrice
    if msg.HasField("reclamation_window") and checked_duration_ns(msg.reclamation_window) < 0:
        raise types.ReclamationWindowInvalid("a window must not be negative")
    types.check_offer_size(msg.resources_offer)


def check_with_reason(ctx: Context, msg: MsgCloseBid | MsgLeaseStartReclaim) -> None:
    """Of messages by which a provider ends something."""
    types.check_bid_id(ctx.bech32, msg.id)
    types.check_provider_reason(msg.reason)


def check_create_lease(ctx: Context, msg: MsgCreateLease) -> None:
    """Of MsgCreateLease."""
    types.check_bid_id(ctx.bech32, msg.bid_id)


def check_id(ctx: Context, msg: MsgCloseLease | MsgWithdrawLease) -> None:
    """Of messages with a lease's id alone."""
    types.check_bid_id(ctx.bech32, msg.id)


def check_update_params(ctx: Context, msg: paramsmsg_pb2.MsgUpdateParams) -> None:
    """Of the network's MsgUpdateParams."""
    check_authority(ctx, msg.authority)
    types.check_params(msg.params)


def check_update_expiry(ctx: Context, msg: expiry_pb2.MsgUpdateParams) -> None:
    """Of the expiry's MsgUpdateParams."""
    check_authority(ctx, msg.authority)
    types.check_expiry(msg.params)


# Handlers.


def create_bid(ctx: Context, k: Keepers, msg: MsgCreateBid) -> bidmsg_pb2.MsgCreateBidResponse:
    """Place a provider's bid on an open order and take its deposit."""
    bid = BidID.from_pb(msg.id, ctx.bech32)
    params = k.market.params(ctx)
    denom, deposit = msg.deposit.amount.denom, int(msg.deposit.amount.amount)
    least = types.bid_min_deposit(params, denom)
    if least == 0:
        raise Undefined(f"deposit invalid: mismatched denom {denom}")
    if deposit < least:
        raise Undefined(f"deposit invalid: minimum is {least}{denom}, given {deposit}{denom}")
    # The network lets one bid too many in and counts closed ones (support#413); see README, "Differences".
    count = k.market.live_bids(ctx, bid.order)
    if count >= params.order_max_bids:
        raise Undefined(f"invalid bid: too many existing bids ({count})")
    order = _biddable_order(ctx, k, bid)
    price = types.price_of(msg.price)
    limit = types.order_price(order)
    if price.denom != limit.denom or price.amount.raw > limit.amount.raw:
        raise types.BidInvalidPrice(f"{price} is over the order's {limit}")
    matching.check_offer(order, msg.resources_offer)
    _check_provider(ctx, k, bid, order)
    funding = k.escrow.authorize_deposit(ctx, bid.provider, msg.deposit, bid)
    _check_reclamation(order, msg, types.reclamation_bounds(params))
    if k.market.bid(ctx, bid) is not None:
        raise types.BidExists
    # Nothing was written above this line.
    window = msg.reclamation_window if msg.HasField("reclamation_window") else None
    k.market.open_bid(ctx, bid, msg.price, msg.resources_offer, window)
    k.escrow.open_account(ctx, bid, bid.provider, denom, funding)
    return bidmsg_pb2.MsgCreateBidResponse()


def _biddable_order(ctx: Context, k: Keepers, bid: BidID) -> Order:
    order = k.market.order(ctx, bid.order)
    if order is None:
        raise types.OrderNotFound
    if order.state == types.ORDER_ACTIVE:
        raise types.OrderActive
    if order.state != types.ORDER_OPEN:
        raise types.OrderClosed
    return order


def _check_provider(ctx: Context, k: Keepers, bid: BidID, order: Order) -> None:
    provider = k.provider.provider(ctx, bid.provider)
    if provider is None:
        raise types.UnknownProvider
    requirements = order.spec.requirements
    audited = k.audit.audited(ctx, bid.provider) if matching.needs_audit(requirements) else ()
    if not matching.attributes_match(requirements, provider.attributes, audited):
        raise types.AttributeMismatch
    if not matching.capabilities_match(order.spec, provider.attributes):
        raise types.CapabilitiesMismatch


def _check_reclamation(order: Order, msg: MsgCreateBid, bounds: tuple[int, int]) -> None:
    given = checked_duration_ns(msg.reclamation_window) if msg.HasField("reclamation_window") else None
    if order.HasField("reclamation"):
        least = checked_duration_ns(order.reclamation.min_window)
        if given is None:
            raise types.ReclamationRequired
        if given < least:
            raise types.ReclamationWindowTooShort(f"{given} ns, the order asks for {least} ns")
    if given is not None and not bounds[0] <= given <= bounds[1]:
        raise types.ReclamationWindowInvalid(f"{given} ns is outside [{bounds[0]}, {bounds[1]}]")


def close_bid(ctx: Context, k: Keepers, msg: MsgCloseBid) -> bidmsg_pb2.MsgCloseBidResponse:
    """Withdraw a bid; when it is a lease already, end the lease and pause the group."""
    bid = BidID.from_pb(msg.id, ctx.bech32)
    stored = k.market.bid(ctx, bid)
    if stored is None:
        raise types.UnknownBid
    if k.market.order(ctx, bid.order) is None:
        raise types.UnknownOrderForBid
    if stored.state == types.BID_OPEN:
        k.market.close_bid(ctx, bid)
        k.reactions.refund_bid(ctx, bid)
        return bidmsg_pb2.MsgCloseBidResponse()
    lease = k.market.lease(ctx, bid)
    if lease is None:
        raise types.UnknownLeaseForBid
    _check_closable_by_provider(ctx, lease)
    if stored.state != types.BID_ACTIVE:
        raise types.BidNotActive
    group = k.deployment.group(ctx, bid.group)
    if group is None:
        raise types.GroupNotFound
    # Nothing was written above this line.
    k.deployment.pause_group(ctx, bid.group, group)
    k.market.end_lease(ctx, bid, msg.reason)
    k.market.close_bid(ctx, bid)
    k.market.close_order(ctx, bid.order)
    k.reactions.refund_bid(ctx, bid)
    k.escrow.close_payment(ctx, bid)
    return bidmsg_pb2.MsgCloseBidResponse()


def _check_closable_by_provider(ctx: Context, lease: Lease) -> None:
    if lease.state == types.LEASE_RECLAIMING:
        if ctx.time // types.SECOND_NS < lease.reclamation.deadline:
            raise types.ReclamationWindowNotElapsed(f"deadline is {lease.reclamation.deadline}")
    elif lease.state != types.LEASE_ACTIVE:
        raise types.LeaseNotActive
    elif lease.HasField("reclamation"):
        raise types.ReclamationNotStarted


def create_lease(ctx: Context, k: Keepers, msg: MsgCreateLease) -> leasemsg_pb2.MsgCreateLeaseResponse:
    """Choose a bid: start its payment and its lease, and send every other bidder home with its deposit."""
    lease = BidID.from_pb(msg.bid_id, ctx.bech32)
    bid = k.market.bid(ctx, lease)
    if bid is None:
        raise types.BidNotFound
    if bid.state != types.BID_OPEN:
        raise types.BidNotOpen
    order = k.market.order(ctx, lease.order)
    if order is None:
        raise types.OrderNotFound
    if order.state != types.ORDER_OPEN:
        raise types.OrderNotOpen
    group = k.deployment.group(ctx, lease.group)
    if group is None:
        raise types.GroupNotFound
    if group.state != types.GROUP_OPEN:
        raise types.GroupNotOpen
    # Opening the payment still refuses; it comes first, before this module writes.
    k.escrow.open_payment(ctx, lease, lease.provider, DecCoin.from_pb(bid.price))
    k.market.open_lease(ctx, lease, bid)
    k.market.match_order(ctx, lease.order, order)
    k.market.match_bid(ctx, lease, bid)
    for loser in k.market.bids_of(ctx, lease.order, types.BID_OPEN):
        k.market.lose_bid(ctx, loser)
        k.reactions.refund_bid(ctx, loser)
    return leasemsg_pb2.MsgCreateLeaseResponse()


def close_lease(ctx: Context, k: Keepers, msg: MsgCloseLease) -> leasemsg_pb2.MsgCloseLeaseResponse:
    """The tenant ends a lease; while the group is open it goes back to the market at once."""
    lease = BidID.from_pb(msg.id, ctx.bech32)
    order = k.market.order(ctx, lease.order)
    if order is None:
        raise types.OrderNotFound
    if order.state != types.ORDER_ACTIVE:
        raise types.OrderClosed
    bid = k.market.bid(ctx, lease)
    if bid is None:
        raise types.BidNotFound
    if bid.state != types.BID_ACTIVE:
        raise types.BidNotActive
    stored = k.market.lease(ctx, lease)
    if stored is None:
        raise types.LeaseNotFound
    if stored.state not in (types.LEASE_ACTIVE, types.LEASE_RECLAIMING):
        raise types.OrderClosed
    # Nothing was written above this line.
    k.market.end_lease(ctx, lease, types.REASON_OWNER)
    k.market.close_bid(ctx, lease)
    k.market.close_order(ctx, lease.order)
    k.reactions.refund_bid(ctx, lease)
    k.escrow.close_payment(ctx, lease)
    # When that found the account overdrawn, the deployment has ended and the group is open no more.
    group = k.deployment.group(ctx, lease.group)
    if group is not None and group.state == types.GROUP_OPEN:
        reclamation = order.reclamation if order.HasField("reclamation") else None
        k.market.open_order(ctx, lease.group, group.group_spec, reclamation)
    return leasemsg_pb2.MsgCloseLeaseResponse()


def withdraw_lease(ctx: Context, k: Keepers, msg: MsgWithdrawLease) -> leasemsg_pb2.MsgWithdrawLeaseResponse:
    """Pay the provider what it has earned."""
    lease = BidID.from_pb(msg.id, ctx.bech32)
    if k.market.lease(ctx, lease) is None:
        raise types.UnknownLease
    k.escrow.withdraw(ctx, lease)
    return leasemsg_pb2.MsgWithdrawLeaseResponse()


def lease_start_reclaim(
    ctx: Context, k: Keepers, msg: MsgLeaseStartReclaim
) -> leasemsg_pb2.MsgLeaseStartReclaimResponse:
    """The provider announces that it takes a lease back; after the window it may close its bid."""
    lease = BidID.from_pb(msg.id, ctx.bech32)
    stored = k.market.lease(ctx, lease)
    if stored is None:
        raise types.UnknownLease
    if stored.state != types.LEASE_ACTIVE:
        raise types.LeaseNotActive
    if not stored.HasField("reclamation"):
        raise types.LeaseNotReclamable
    if stored.reclamation.started_at:
        raise types.LeaseAlreadyReclaiming
    k.market.start_reclaim(ctx, lease, stored, msg.reason)
    return leasemsg_pb2.MsgLeaseStartReclaimResponse()


def update_params(
    ctx: Context, k: Keepers, msg: paramsmsg_pb2.MsgUpdateParams
) -> paramsmsg_pb2.MsgUpdateParamsResponse:
    """Replace the network's parameters."""
    require_authority(ctx, msg.authority)
    k.market.set_params(ctx, msg.params)
    return paramsmsg_pb2.MsgUpdateParamsResponse()


def update_expiry(
    ctx: Context, k: Keepers, msg: expiry_pb2.MsgUpdateParams
) -> expiry_pb2.MsgUpdateParamsResponse:
    """Replace the parameters of expiry."""
    require_authority(ctx, msg.authority)
    k.market.set_expiry(ctx, msg.params)
    return expiry_pb2.MsgUpdateParamsResponse()
