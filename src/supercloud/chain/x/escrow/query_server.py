"""Escrow's queries: accounts and payments by state and by the beginning of their names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeVar

from supercloud.chain.baseapp import state_pages
from supercloud.chain.baseapp.state_pages import PageKey, Plan, Row
from supercloud.chain.x.escrow import keys, types
from supercloud.pb.akash.escrow.types.v1 import account_pb2, payment_pb2
from supercloud.pb.akash.escrow.v1 import query_pb2
from supercloud.types.errors import InvalidArgument

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.baseapp.router import Router
    from supercloud.pb.cosmos.base.query.v1beta1.pagination_pb2 import PageRequest, PageResponse

T = TypeVar("T")

XID_BYTES_MAX = 240


def register(router: Router) -> None:
    """Route this module's queries."""
    router.query(query_pb2.DESCRIPTOR.services_by_name["Query"], QueryServer())


class QueryServer:
    """Answers akash.escrow.v1.Query."""

    def accounts(
        self, ctx: Context, request: query_pb2.QueryAccountsRequest
    ) -> query_pb2.QueryAccountsResponse:
        """Accounts whose name begins with `xid` (scope included)."""

        def read(row: Row) -> account_pb2.Account:
            account = types.account_from_text(row.primary.decode(), ctx.bech32)
            return account_pb2.Account(
                id=types.account_to_pb(account, ctx.bech32),
                state=account_pb2.AccountState.FromString(row.value),
            )

        found, page = _page(ctx, keys.ACCOUNT, request.pagination, request.state, request.xid, read)
        return query_pb2.QueryAccountsResponse(accounts=found, pagination=page)

    def payments(
        self, ctx: Context, request: query_pb2.QueryPaymentsRequest
    ) -> query_pb2.QueryPaymentsResponse:
        """Payments whose name begins with `xid` (scope included)."""

        def read(row: Row) -> payment_pb2.Payment:
            payment = types.payment_from_text(row.primary.decode(), ctx.bech32)
            wire = payment_pb2.Payment(state=payment_pb2.PaymentState.FromString(row.value))
            wire.id.CopyFrom(types.payment_to_pb(payment, ctx.bech32))
            return wire

        found, page = _page(ctx, keys.PAYMENT, request.pagination, request.state, request.xid, read)
        return query_pb2.QueryPaymentsResponse(payments=found, pagination=page)


def _page(
    ctx: Context, table: bytes, request: PageRequest, state: str, xid: str, read: Callable[[Row], T]
) -> tuple[list[T], PageResponse]:
    if len(xid) > XID_BYTES_MAX:
        raise InvalidArgument("xid is too long")
    walk = state_pages.plan(request, state, types.STATES)
    if walk.resume is not None:
        # The search goes on as it began: what the page key says, not what this request says.
        xid = walk.prefix[3:].decode("ascii", "replace")

    def next_key(row: Row) -> PageKey:
        left = walk.states[walk.states.index(row.state) :]
        return PageKey(bytes(left), keys.search_prefix(table, row.state, xid), row.primary)

    return state_pages.collect(request, _rows(ctx, table, walk, xid), read, next_key)


def _rows(ctx: Context, table: bytes, walk: Plan, xid: str) -> Iterator[Row]:
    kv = ctx.kv(keys.STORE)
    for position, state in enumerate(walk.states):
        prefix = keys.search_prefix(table, state, xid)
        resume = walk.resume if position == 0 else None
        start, end = state_pages.bounds(prefix, keys.search_prefix(table, state, ""), resume, walk.reverse)
        for key, value in kv.range(start, end, walk.reverse):
            yield Row(state, keys.text_of(key).encode(), value)
