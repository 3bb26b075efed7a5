"""Market's keeper: the only reader and writer of orders, bids, leases, their indexes and the expiry queue.

Verbs change one object and its events. What follows in other objects and modules is said in chain/hooks.py
and in the message handlers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from supercloud.chain.baseapp.record import Record
from supercloud.chain.baseapp.timestamps import checked_duration_ns
from supercloud.chain.x.market import keys, types
from supercloud.pb.akash.market.v1 import event_pb2
from supercloud.pb.akash.market.v1.lease_pb2 import Lease
from supercloud.pb.akash.market.v1beta5.bid_pb2 import Bid
from supercloud.pb.akash.market.v1beta5.order_pb2 import Order
from supercloud.pb.akash.market.v1beta5.params_pb2 import Params
from supercloud.pb.supercloud.market.v1.params_pb2 import Params as ExpiryParams
from supercloud.types.errors import Undefined, invariant
from supercloud.types.ids import BidID, GroupID, LeaseID, OrderID

if TYPE_CHECKING:
    from google.protobuf.duration_pb2 import Duration

    from supercloud.chain.baseapp.context import Context
    from supercloud.pb.akash.deployment.v1.deployment_pb2 import DeploymentReclamation
    from supercloud.pb.akash.deployment.v1beta4.groupspec_pb2 import GroupSpec
    from supercloud.pb.akash.market.v1beta5.resourcesoffer_pb2 import ResourceOffer
    from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import DecCoin

UNCLOSED_ORDERS = (types.ORDER_OPEN, types.ORDER_ACTIVE)
ORDER_STATES = tuple(types.ORDER_STATES.values())
BID_STATES = tuple(types.BID_STATES.values())
LEASE_STATES = tuple(types.LEASE_STATES.values())


class Keeper:
    """Orders, bids, leases and the parameters."""

    def __init__(self) -> None:
        self._params = Record(keys.STORE, keys.PARAMS, Params)
        self._expiry = Record(keys.STORE, keys.EXPIRY_PARAMS, ExpiryParams)

    # Parameters.

    def params(self, ctx: Context) -> Params:
        """The network's parameters in force."""
        return self._params.read(ctx)

    def set_params(self, ctx: Context, params: Params) -> None:
        """Put checked parameters in force."""
        types.check_params(params)
        self._params.write(ctx, params)

    def expiry(self, ctx: Context) -> ExpiryParams:
        """The parameters of expiry in force."""
        return self._expiry.read(ctx)

    def has_expiry(self, ctx: Context) -> bool:
        """Whether the parameters of expiry have been set."""
        return ctx.kv(keys.STORE).has(keys.EXPIRY_PARAMS)

    def set_expiry(self, ctx: Context, params: ExpiryParams) -> None:
        """Put checked parameters of expiry in force, for orders and bids that open from now on."""
        types.check_expiry(params)
        self._expiry.write(ctx, params)

    def reclamation_bounds(self, ctx: Context) -> tuple[int, int]:
        """Shortest and longest reclamation window, in nanoseconds."""
        return types.reclamation_bounds(self.params(ctx))

    # Orders.

    def order(self, ctx: Context, order: OrderID) -> Order | None:
        """An order, in whatever state."""
        value = _find(ctx, keys.ORDER, ORDER_STATES, keys.order_part(order))
        return None if value is None else Order.FromString(value)

    def unclosed_order(self, ctx: Context, group: GroupID) -> OrderID | None:
        """The group's open or active order; there is never more than one."""
        part = keys.group_part(group)
        for state in UNCLOSED_ORDERS:
            for key, _ in ctx.kv(keys.STORE).prefix(keys.record_key(keys.ORDER, state, part)):
                return keys.parse_order(key[2:])
        return None

    def open_order(
        self, ctx: Context, group: GroupID, spec: GroupSpec, reclamation: DeploymentReclamation | None
    ) -> OrderID:
        """Put a group on the market. Its orders are numbered from 1, and all but the last are closed."""
        order = OrderID(group.owner, group.dseq, group.gseq, self._next_oseq(ctx, group))
        opened = Order(state=types.ORDER_OPEN, spec=spec, created_at=ctx.height)
        opened.id.CopyFrom(order.to_pb(ctx.bech32))
        if reclamation is not None:
            opened.reclamation.CopyFrom(reclamation)
            opened.reclamation.min_window.SetInParent()
        part = keys.order_part(order)
        _put(ctx, keys.ORDER, types.ORDER_OPEN, part, opened)
        self._queue_expiry(ctx, keys.EXPIRING_ORDER, part, self.expiry(ctx).order_max_age_blocks)
        ctx.emit_typed(event_pb2.EventOrderCreated(id=opened.id))
        return order

    def _next_oseq(self, ctx: Context, group: GroupID) -> int:
        kv = ctx.kv(keys.STORE)
        part = keys.group_part(group)
        last = 0
        for state in ORDER_STATES:
            for key, _ in kv.prefix(keys.record_key(keys.ORDER, state, part), reverse=True):
                if state != types.ORDER_CLOSED:
                    raise Undefined("order active: a group has one order at a time")
                last = keys.parse_order(key[2:]).oseq
                break
        return last + 1

    def match_order(self, ctx: Context, order: OrderID, stored: Order) -> None:
        """An open order has found its bid."""
        self._move_order(ctx, order, stored, types.ORDER_ACTIVE)

    def close_order(self, ctx: Context, order: OrderID) -> bool:
        """Close an order; False, and no event, when it is closed already."""
        stored = self.order(ctx, order)
        if stored is None or stored.state == types.ORDER_CLOSED:
            return False
        self._move_order(ctx, order, stored, types.ORDER_CLOSED)
        ctx.emit_typed(event_pb2.EventOrderClosed(id=stored.id))
        return True

    def _move_order(self, ctx: Context, order: OrderID, stored: Order, state: Order.State) -> None:
        allowed = types.ORDER_TRANSITIONS[stored.state]
        invariant(state in allowed, f"an order goes from {stored.state} to one of {allowed}, not {state}")
        part = keys.order_part(order)
        ctx.kv(keys.STORE).delete(keys.record_key(keys.ORDER, stored.state, part))
        stored.state = state
        _put(ctx, keys.ORDER, state, part, stored)

    # Bids.

    def bid(self, ctx: Context, bid: BidID) -> Bid | None:
        """A bid, in whatever state."""
        value = _find(ctx, keys.BID, BID_STATES, keys.bid_part(bid))
        return None if value is None else Bid.FromString(value)

    def bids_of(self, ctx: Context, order: OrderID, state: int) -> list[BidID]:
        """An order's bids in a state, by provider."""
        prefix = keys.record_key(keys.BID, state, keys.order_part(order))
        return [keys.parse_bid(key[2:]) for key, _ in ctx.kv(keys.STORE).prefix(prefix)]

    def live_bids(self, ctx: Context, order: OrderID) -> int:
        """How many bids on an order still count against its limit: open ones and the active one."""
        return sum(len(self.bids_of(ctx, order, state)) for state in (types.BID_OPEN, types.BID_ACTIVE))

    def open_bid(
        self,
        ctx: Context,
        bid: BidID,
        price: DecCoin,
        offer: Sequence[ResourceOffer],
        reclamation_window: Duration | None,
    ) -> None:
        """Store a new bid."""
        opened = Bid(state=types.BID_OPEN, price=price, created_at=ctx.height, resources_offer=offer)
        opened.id.CopyFrom(bid.to_pb(ctx.bech32))
        if reclamation_window is not None:
            opened.reclamation_window.CopyFrom(reclamation_window)
            opened.reclamation_window.SetInParent()
        part = keys.bid_part(bid)
        _put(ctx, keys.BID, types.BID_OPEN, part, opened)
        ctx.kv(keys.STORE).set(keys.index_key(keys.BID, types.BID_OPEN, bid), b"")
        self._queue_expiry(ctx, keys.EXPIRING_BID, part, self.expiry(ctx).bid_max_age_blocks)
        ctx.emit_typed(event_pb2.EventBidCreated(id=opened.id, price=price))

    def match_bid(self, ctx: Context, bid: BidID, stored: Bid) -> None:
        """An open bid was chosen."""
        self._move_bid(ctx, bid, stored, types.BID_ACTIVE)

    def lose_bid(self, ctx: Context, bid: BidID) -> None:
        """Another bid was chosen. The network has no event for it."""
        stored = self.bid(ctx, bid)
        if stored is not None and stored.state == types.BID_OPEN:
            self._move_bid(ctx, bid, stored, types.BID_LOST)

    def close_bid(self, ctx: Context, bid: BidID) -> bool:
        """Close a bid; False, and no event, when it is closed or lost already."""
        stored = self.bid(ctx, bid)
        if stored is None or stored.state in (types.BID_CLOSED, types.BID_LOST):
            return False
        self._move_bid(ctx, bid, stored, types.BID_CLOSED)
        ctx.emit_typed(event_pb2.EventBidClosed(id=stored.id))
        return True

    def _move_bid(self, ctx: Context, bid: BidID, stored: Bid, state: Bid.State) -> None:
        allowed = types.BID_TRANSITIONS[stored.state]
        invariant(state in allowed, f"a bid goes from {stored.state} to one of {allowed}, not {state}")
        _unfile(ctx, keys.BID, stored.state, bid)
        stored.state = state
        _file(ctx, keys.BID, state, bid, stored)

    # Leases.

    def lease(self, ctx: Context, lease: LeaseID) -> Lease | None:
        """A lease, in whatever state."""
        value = _find(ctx, keys.LEASE, LEASE_STATES, keys.bid_part(lease))
        return None if value is None else Lease.FromString(value)

    def open_lease(self, ctx: Context, lease: LeaseID, bid: Bid) -> None:
        """A chosen bid becomes a lease at its price, with the reclamation window it offered."""
        opened = Lease(state=types.LEASE_ACTIVE, price=bid.price, created_at=ctx.height)
        opened.id.CopyFrom(lease.to_lease_pb(ctx.bech32))
        if bid.HasField("reclamation_window"):
            opened.reclamation.window.CopyFrom(bid.reclamation_window)
            opened.reclamation.window.SetInParent()
        _file(ctx, keys.LEASE, types.LEASE_ACTIVE, lease, opened)
        ctx.emit_typed(event_pb2.EventLeaseCreated(id=opened.id, price=opened.price))

    def start_reclaim(self, ctx: Context, lease: LeaseID, stored: Lease, reason: int) -> None:
        """A provider announces that it takes a lease back; from now on the window runs."""
        window = checked_duration_ns(stored.reclamation.window)
        _unfile(ctx, keys.LEASE, stored.state, lease)
        stored.state = types.LEASE_RECLAIMING
        stored.reclamation.started_at = ctx.height
        stored.reclamation.deadline = (ctx.time + window) // types.SECOND_NS
        stored.reclamation.reason = reason  # type: ignore[assignment]
        _file(ctx, keys.LEASE, types.LEASE_RECLAIMING, lease, stored)
        ctx.emit_typed(
            event_pb2.EventLeaseReclaimStarted(
                id=stored.id, reason=stored.reclamation.reason, deadline=stored.reclamation.deadline
            )
        )

    def end_lease(self, ctx: Context, lease: LeaseID, reason: int) -> bool:
        """End a lease for a reason; False, and no event, when it has ended already."""
        stored = self.lease(ctx, lease)
        if stored is None:
            return False
        unfunded = reason == types.REASON_INSUFFICIENT_FUNDS
        state = types.LEASE_INSUFFICIENT_FUNDS if unfunded else types.LEASE_CLOSED
        if state not in types.LEASE_TRANSITIONS[stored.state]:
            return False
        _unfile(ctx, keys.LEASE, stored.state, lease)
        stored.state = state
        stored.closed_on = ctx.height
        stored.reason = reason  # type: ignore[assignment]
        _file(ctx, keys.LEASE, state, lease, stored)
        ctx.emit_typed(event_pb2.EventLeaseClosed(id=stored.id, reason=stored.reason))
        return True

    def has_live_leases(self, ctx: Context, provider: bytes) -> bool:
        """Whether a provider serves anybody now."""
        return self._has_any(ctx, keys.LEASE, (types.LEASE_ACTIVE, types.LEASE_RECLAIMING), provider)

    def has_open_bids(self, ctx: Context, provider: bytes) -> bool:
        """Whether a provider has offers out."""
        return self._has_any(ctx, keys.BID, (types.BID_OPEN,), provider)

    @staticmethod
    def _has_any(ctx: Context, table: bytes, states: tuple[int, ...], provider: bytes) -> bool:
        kv = ctx.kv(keys.STORE)
        return any(True for state in states for _ in kv.prefix(keys.index_prefix(table, state, provider)))

    # Expiry.

    def _queue_expiry(self, ctx: Context, kind: bytes, part: bytes, age: int) -> None:
        # The deadline is fixed when the object opens; later changes of the parameter leave it alone.
        if age:
            ctx.kv(keys.STORE).set(keys.expiry_key(ctx.height + age, kind, part), b"")

    def expiring(self, ctx: Context, limit: int) -> list[bytes]:
        """Up to `limit` keys of the queue that are due, the oldest first."""
        due: list[bytes] = []
        if limit:
            for key, _ in ctx.kv(keys.STORE).range(keys.EXPIRY, keys.expiry_end(ctx.height)):
                due.append(key)
                if len(due) == limit:
                    break
        return due

    def deadlines(self, ctx: Context) -> Iterator[bytes]:
        """Every key of the queue, the next one first."""
        for key, _ in ctx.kv(keys.STORE).prefix(keys.EXPIRY):
            yield key

    def import_deadline(self, ctx: Context, key: bytes) -> None:
        """Take an entry of the queue over from a genesis document."""
        kv = ctx.kv(keys.STORE)
        if kv.has(key):
            raise types.InvalidParam("an expiry is there twice")
        kv.set(key, b"")

    def forget_expiry(self, ctx: Context, key: bytes) -> None:
        """Take an entry off the queue."""
        ctx.kv(keys.STORE).delete(key)

    # Genesis and queries.

    def orders(self, ctx: Context) -> Iterator[Order]:
        """Every order, by state."""
        for _, value in ctx.kv(keys.STORE).prefix(keys.ORDER):
            yield Order.FromString(value)

    def bids(self, ctx: Context) -> Iterator[Bid]:
        """Every bid, by state."""
        for _, value in ctx.kv(keys.STORE).prefix(keys.BID):
            yield Bid.FromString(value)

    def leases(self, ctx: Context) -> Iterator[Lease]:
        """Every lease, by state."""
        for _, value in ctx.kv(keys.STORE).prefix(keys.LEASE):
            yield Lease.FromString(value)

    def import_order(self, ctx: Context, stored: Order) -> None:
        """Take an order over from a genesis document."""
        order = OrderID.from_pb(stored.id, ctx.bech32)
        if stored.state not in types.ORDER_TRANSITIONS or self.order(ctx, order) is not None:
            raise types.OrderExists(f"{order.text(ctx.bech32)}: twice, or in no known state")
        _put(ctx, keys.ORDER, stored.state, keys.order_part(order), stored)

    def import_bid(self, ctx: Context, stored: Bid) -> None:
        """Take a bid over from a genesis document."""
        bid = BidID.from_pb(stored.id, ctx.bech32)
        if stored.state not in types.BID_TRANSITIONS or self.bid(ctx, bid) is not None:
            raise types.BidExists(f"{bid.text(ctx.bech32)}: twice, or in no known state")
        _file(ctx, keys.BID, stored.state, bid, stored)

    def import_lease(self, ctx: Context, stored: Lease) -> None:
        """Take a lease over from a genesis document."""
        lease = BidID.from_pb(stored.id, ctx.bech32)
        if stored.state not in types.LEASE_TRANSITIONS or self.lease(ctx, lease) is not None:
            raise types.Internal(f"lease {lease.text(ctx.bech32)}: twice, or in no known state")
        _file(ctx, keys.LEASE, stored.state, lease, stored)

    # Truths that hold after every transaction.

    def invariants(self, ctx: Context) -> list[str]:
        """Violations of I5 and I7 (README): one unclosed order a group, one active bid an order, right
        keys."""
        return [*self._broken_orders(ctx), *_broken_bids(ctx, keys.BID), *_broken_bids(ctx, keys.LEASE)]

    def _broken_orders(self, ctx: Context) -> Iterator[str]:
        unclosed: dict[GroupID, OrderID] = {}
        for key, value in ctx.kv(keys.STORE).prefix(keys.ORDER):
            stored = Order.FromString(value)
            order = OrderID.from_pb(stored.id, ctx.bech32)
            name = order.text(ctx.bech32)
            if key != keys.record_key(keys.ORDER, stored.state, keys.order_part(order)):
                yield f"order {name} lies under another state or id"
            if stored.state != types.ORDER_CLOSED:
                if order.group in unclosed:
                    yield f"order {name}: its group has another one"
                unclosed[order.group] = order
            chosen = len(self.bids_of(ctx, order, types.BID_ACTIVE))
            if chosen != (stored.state == types.ORDER_ACTIVE):
                yield f"order {name} is in state {stored.state} and has {chosen} active bids"
            if stored.state == types.ORDER_CLOSED and self.bids_of(ctx, order, types.BID_OPEN):
                yield f"order {name} is closed and has open bids"


def _broken_bids(ctx: Context, table: bytes) -> Iterator[str]:
    """Bids or leases under wrong keys, and entries of the provider's index that lead nowhere or are
    missing."""
    kind = Bid if table == keys.BID else Lease
    kv = ctx.kv(keys.STORE)
    records = 0
    for key, value in kv.prefix(table):
        stored = kind.FromString(value)
        bid = BidID.from_pb(stored.id, ctx.bech32)
        records += 1
        if key != keys.record_key(table, stored.state, keys.bid_part(bid)):
            yield f"{kind.__name__} {bid.text(ctx.bech32)} lies under another state or id"
        if not kv.has(keys.index_key(table, stored.state, bid)):
            yield f"{kind.__name__} {bid.text(ctx.bech32)} is missing from its provider's index"
    entries = sum(1 for _ in kv.prefix(keys.PROVIDER_INDEX[table]))
    if entries != records:
        yield f"the index by provider has {entries} entries for {records} records ({kind.__name__})"


# Storage.


def _find(ctx: Context, table: bytes, states: tuple[int, ...], part: bytes) -> bytes | None:
    kv = ctx.kv(keys.STORE)
    for state in states:
        value = kv.get(keys.record_key(table, state, part))
        if value is not None:
            return value
    return None


def _put(ctx: Context, table: bytes, state: int, part: bytes, stored: Order | Bid | Lease) -> None:
    value = stored.SerializeToString(deterministic=True)
    ctx.kv(keys.STORE).set(keys.record_key(table, state, part), value)


def _file(ctx: Context, table: bytes, state: int, bid: BidID, stored: Bid | Lease) -> None:
    """Store a bid or lease under its state, in its index too."""
    _put(ctx, table, state, keys.bid_part(bid), stored)
    ctx.kv(keys.STORE).set(keys.index_key(table, state, bid), b"")


def _unfile(ctx: Context, table: bytes, state: int, bid: BidID) -> None:
    """Take a bid or lease from under its state, out of its index too."""
    kv = ctx.kv(keys.STORE)
    kv.delete(keys.record_key(table, state, keys.bid_part(bid)))
    kv.delete(keys.index_key(table, state, bid))
