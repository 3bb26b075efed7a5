"""Market's queries: the network's own and those about expiry."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from supercloud.chain.baseapp import state_pages
from supercloud.chain.baseapp.state_pages import BY_STATE, PageKey, Plan, Row
from supercloud.chain.x.market import keys, types
from supercloud.pb.akash.market.v1.lease_pb2 import Lease
from supercloud.pb.akash.market.v1beta5 import query_pb2
from supercloud.pb.akash.market.v1beta5.bid_pb2 import Bid
from supercloud.pb.akash.market.v1beta5.order_pb2 import Order
from supercloud.pb.supercloud.market.v1 import query_pb2 as expiry_pb2
from supercloud.types.errors import InvalidArgument
from supercloud.types.ids import BidID, OrderID

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.baseapp.router import Router
    from supercloud.chain.x.market.expected_keepers import EscrowKeeper
    from supercloud.chain.x.market.keeper import Keeper
    from supercloud.pb.akash.market.v1.bid_pb2 import BidID as WireBidID
    from supercloud.pb.akash.market.v1.filters_pb2 import LeaseFilters
    from supercloud.pb.akash.market.v1.lease_pb2 import LeaseID as WireLeaseID
    from supercloud.pb.akash.market.v1beta5.filters_pb2 import BidFilters, OrderFilters

ORDERS_BY_OWNER = 1
BY_PROVIDER = 1
BY_OWNER = 2
"""Paths that page keys name: 1 is the owner's range for orders and the provider's index for bids and
leases."""


def register(router: Router, keeper: Keeper, escrow: EscrowKeeper) -> None:
    """Route this module's queries."""
    router.query(query_pb2.DESCRIPTOR.services_by_name["Query"], QueryServer(keeper, escrow))
    router.query(expiry_pb2.DESCRIPTOR.services_by_name["Query"], ExpiryQueryServer(keeper))


class Scope(NamedTuple):
    """Which records a list wants; None and 0 want any."""

    owner: bytes | None
    dseq: int
    gseq: int
    oseq: int
    provider: bytes | None = None

    def holds(self, order: OrderID | BidID) -> bool:
        """Whether a record is wanted."""
        return (
            self.owner in (None, order.owner)
            and self.dseq in (0, order.dseq)
            and self.gseq in (0, order.gseq)
            and self.oseq in (0, order.oseq)
            and (self.provider is None or (isinstance(order, BidID) and self.provider == order.provider))
        )

    def prefix(self) -> bytes:
        """What all wanted keys of an owner begin with, as far as the filters go without a gap."""
        part = keys.address_part(self.owner or b"")
        for number, size in ((self.dseq, 8), (self.gseq, 4), (self.oseq, 4)):
            if not number:
                break
            part += number.to_bytes(size, "big")
        return part


class QueryServer:
    """Answers akash.market.v1beta5.Query."""

    def __init__(self, keeper: Keeper, escrow: EscrowKeeper) -> None:
        self._keeper = keeper
        self._escrow = escrow

    def orders(self, ctx: Context, request: query_pb2.QueryOrdersRequest) -> query_pb2.QueryOrdersResponse:
        """Orders by id and state."""
        scope = _scope(ctx, request.filters)
        path = ORDERS_BY_OWNER if scope.owner is not None else BY_STATE
        walk = state_pages.plan(request.pagination, request.filters.state, types.ORDER_STATES, path)

        def accept(row: Row) -> Order | None:
            return Order.FromString(row.value) if scope.holds(keys.parse_order(row.primary)) else None

        mixed = walk.path == ORDERS_BY_OWNER

        def next_key(row: Row) -> PageKey:
            return state_pages.key_at(walk, row, mixed=mixed, path=ORDERS_BY_OWNER if mixed else None)

        if mixed:
            rows = _owner_rows(ctx, keys.ORDER, walk, scope, keys.parse_order)
        else:
            rows = _all_rows(ctx, keys.ORDER, walk)
        found, page = state_pages.collect(request.pagination, rows, accept, next_key)
        return query_pb2.QueryOrdersResponse(orders=found, pagination=page)

    def bids(self, ctx: Context, request: query_pb2.QueryBidsRequest) -> query_pb2.QueryBidsResponse:
        """Bids by id, provider and state, each with its account."""
        scope = _scope(ctx, request.filters, provider=True)
        walk = state_pages.plan(request.pagination, request.filters.state, types.BID_STATES, _bid_path(scope))

        def accept(row: Row) -> query_pb2.QueryBidResponse | None:
            bid = keys.parse_bid(row.primary)
            return self._bid(ctx, bid, Bid.FromString(row.value)) if scope.holds(bid) else None

        rows = _bid_rows(ctx, keys.BID, walk, scope)
        found, page = state_pages.collect(request.pagination, rows, accept, _bid_key(walk))
        return query_pb2.QueryBidsResponse(bids=found, pagination=page)

    def leases(self, ctx: Context, request: query_pb2.QueryLeasesRequest) -> query_pb2.QueryLeasesResponse:
        """Leases by id, provider and state, each with its payment."""
        scope = _scope(ctx, request.filters, provider=True)
        walk = state_pages.plan(
            request.pagination, request.filters.state, types.LEASE_STATES, _bid_path(scope)
        )

        def accept(row: Row) -> query_pb2.QueryLeaseResponse | None:
            lease = keys.parse_bid(row.primary)
            return self._lease(ctx, lease, Lease.FromString(row.value)) if scope.holds(lease) else None

        rows = _bid_rows(ctx, keys.LEASE, walk, scope)
        found, page = state_pages.collect(request.pagination, rows, accept, _bid_key(walk))
        return query_pb2.QueryLeasesResponse(leases=found, pagination=page)

    def order(self, ctx: Context, request: query_pb2.QueryOrderRequest) -> query_pb2.QueryOrderResponse:
        """One order."""
        wire = request.id
        order = OrderID(_address(ctx, "owner", wire.owner), wire.dseq, wire.gseq, wire.oseq)
        stored = self._keeper.order(ctx, order)
        if stored is None:
            raise types.OrderNotFound
        return query_pb2.QueryOrderResponse(order=stored)

    def bid(self, ctx: Context, request: query_pb2.QueryBidRequest) -> query_pb2.QueryBidResponse:
        """One bid with its account."""
        bid = _bid_id(ctx, request.id)
        stored = self._keeper.bid(ctx, bid)
        if stored is None:
            raise types.BidNotFound
        return self._bid(ctx, bid, stored)

    def lease(self, ctx: Context, request: query_pb2.QueryLeaseRequest) -> query_pb2.QueryLeaseResponse:
        """One lease with its payment."""
        lease = _bid_id(ctx, request.id)
        stored = self._keeper.lease(ctx, lease)
        if stored is None:
            raise types.LeaseNotFound
        return self._lease(ctx, lease, stored)

    def params(self, ctx: Context, request: query_pb2.QueryParamsRequest) -> query_pb2.QueryParamsResponse:
        """The network's parameters in force."""
        return query_pb2.QueryParamsResponse(params=self._keeper.params(ctx))

    def _bid(self, ctx: Context, bid: BidID, stored: Bid) -> query_pb2.QueryBidResponse:
        account = self._escrow.account_pb(ctx, bid)
        return query_pb2.QueryBidResponse(bid=stored, escrow_account=account)

    def _lease(self, ctx: Context, lease: BidID, stored: Lease) -> query_pb2.QueryLeaseResponse:
        payment = self._escrow.payment_pb(ctx, lease)
        return query_pb2.QueryLeaseResponse(lease=stored, escrow_payment=payment)


class ExpiryQueryServer:
    """Answers supercloud.market.v1.Query."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper

    def params(self, ctx: Context, request: expiry_pb2.QueryParamsRequest) -> expiry_pb2.QueryParamsResponse:
        """The parameters of expiry in force."""
        return expiry_pb2.QueryParamsResponse(params=self._keeper.expiry(ctx))


def _address(ctx: Context, role: str, text: str) -> bytes:
    try:
        return ctx.bech32.parse(text)
    except ValueError as error:
        raise InvalidArgument(f"invalid {role} address") from error


def _bid_id(ctx: Context, wire: WireBidID | WireLeaseID) -> BidID:
    owner = _address(ctx, "owner", wire.owner)
    return BidID(owner, wire.dseq, wire.gseq, wire.oseq, _address(ctx, "provider", wire.provider))


def _scope(
    ctx: Context, filters: OrderFilters | BidFilters | LeaseFilters, *, provider: bool = False
) -> Scope:
    owner = _address(ctx, "owner", filters.owner) if filters.owner else None
    named: str = getattr(filters, "provider", "") if provider else ""
    of = _address(ctx, "provider", named) if named else None
    return Scope(owner, filters.dseq, filters.gseq, filters.oseq, of)


def _bid_path(scope: Scope) -> int:
    """The shortest way: an owner's range, else a provider's index, else everything."""
    if scope.owner is not None:
        return BY_OWNER
    return BY_STATE if scope.provider is None else BY_PROVIDER


def _bid_key(walk: Plan) -> Callable[[Row], PageKey]:
    return lambda row: state_pages.key_at(walk, row, mixed=walk.path == BY_OWNER, path=walk.path)


def _bid_rows(ctx: Context, table: bytes, walk: Plan, scope: Scope) -> Iterator[Row]:
    if walk.path == BY_OWNER:
        return _owner_rows(ctx, table, walk, scope, keys.parse_bid)
    if walk.path == BY_PROVIDER:
        return _provider_rows(ctx, table, walk, scope)
    return _all_rows(ctx, table, walk)


def _all_rows(ctx: Context, table: bytes, walk: Plan) -> Iterator[Row]:
    for position, state in enumerate(walk.states):
        yield from _state_rows(ctx, table, walk, state, b"", walk.resume if position == 0 else None)


def _owner_rows(
    ctx: Context, table: bytes, walk: Plan, scope: Scope, parse: Callable[[bytes], OrderID | BidID]
) -> Iterator[Row]:
    """One owner's records, all states together in key order."""
    prefix = scope.prefix()
    if walk.resume is not None:
        prefix = keys.address_part(_parsed(parse, walk.resume).owner)
    parts = [_state_rows(ctx, table, walk, state, prefix, walk.resume) for state in walk.states]
    return heapq.merge(*parts, key=lambda row: row.primary, reverse=walk.reverse)


def _state_rows(
    ctx: Context, table: bytes, walk: Plan, state: int, scope: bytes, resume: bytes | None
) -> Iterator[Row]:
    top = keys.record_key(table, state, b"")
    start, end = state_pages.bounds(top + scope, top, resume, walk.reverse)
    for key, value in ctx.kv(keys.STORE).range(start, end, walk.reverse):
        yield Row(state, key[len(top) :], value)


def _provider_rows(ctx: Context, table: bytes, walk: Plan, scope: Scope) -> Iterator[Row]:
    """One provider's records, state by state, through its index."""
    kv = ctx.kv(keys.STORE)
    provider = scope.provider
    resume: bytes | None = None
    if walk.resume is not None:
        first = _parsed(keys.parse_bid, walk.resume)
        provider, resume = first.provider, keys.order_part(first.order)
    for position, state in enumerate(walk.states):
        top = keys.index_prefix(table, state, provider or b"")
        cut = resume if position == 0 else None
        start, end = state_pages.bounds(top, top, cut, walk.reverse)
        for key, _ in kv.range(start, end, walk.reverse):
            part = key[len(top) :] + keys.address_part(provider or b"")
            value = kv.get(keys.record_key(table, state, part))
            if value is not None:
                yield Row(state, part, value)


def _parsed(parse: Callable[[bytes], OrderID | BidID], primary: bytes) -> BidID:
    try:
        found = parse(primary)
    except (ValueError, IndexError) as error:
        raise InvalidArgument("pagination: invalid key: wrong primary key") from error
    if not isinstance(found, BidID):
        return BidID(*found, b"")
    return found
