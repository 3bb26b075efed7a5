"""Queries about the vault and its ledger."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from supercloud.chain.baseapp import state_pages
from supercloud.chain.baseapp.state_pages import PageKey, Plan, Row
from supercloud.chain.x.bme import keys, types
from supercloud.chain.x.bme.keeper import record_id
from supercloud.pb.akash.bme.v1 import query_pb2, types_pb2
from supercloud.pb.akash.bme.v1.types_pb2 import LedgerCanceledRecord, LedgerPendingRecord, LedgerRecord
from supercloud.types.dec import Dec
from supercloud.types.errors import ChainError, InvalidArgument

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.baseapp.router import Router
    from supercloud.chain.x.bme.keeper import Keeper

STATES: Final[Mapping[str, int]] = {
    "ledger_record_status_pending": types_pb2.ledger_record_status_pending,
    "ledger_record_status_executed": types_pb2.ledger_record_status_executed,
    "ledger_record_status_canceled": types_pb2.ledger_record_status_canceled,
}
TABLES: Final[Mapping[int, bytes]] = {
    types_pb2.ledger_record_status_pending: keys.PENDING,
    types_pb2.ledger_record_status_executed: keys.EXECUTED,
    types_pb2.ledger_record_status_canceled: keys.CANCELED,
}
BACKWARDS: Final = 1
"""What the path of a page key says when the walk goes backwards; the key decides, not the next request."""


def register(router: Router, keeper: Keeper) -> None:
    """Serve this module's queries."""
    router.query(query_pb2.DESCRIPTOR.services_by_name["Query"], QueryServer(keeper))


class QueryServer:
    """Answers akash.bme.v1.Query."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper

    def params(self, ctx: Context, request: query_pb2.QueryParamsRequest) -> query_pb2.QueryParamsResponse:
        """The parameters."""
        return query_pb2.QueryParamsResponse(params=self._keeper.params(ctx))

    def vault_state(
        self, ctx: Context, request: query_pb2.QueryVaultStateRequest
    ) -> query_pb2.QueryVaultStateResponse:
        """What the vault holds and what went through it."""
        return query_pb2.QueryVaultStateResponse(vault_state=self._keeper.state(ctx))

    def status(self, ctx: Context, request: query_pb2.QueryStatusRequest) -> query_pb2.QueryStatusResponse:
        """The circuit breaker, and how well credit is covered now; zero while there is no price."""
        params, status = self._keeper.params(ctx), self._keeper.status(ctx).status
        try:
            ratio = self._keeper.collateral_ratio(ctx)
        except ChainError:
            ratio = Dec(0)
        response = query_pb2.QueryStatusResponse(
            collateral_ratio=ratio.to_wire(),
            warn_threshold=_share(params.circuit_breaker_warn_threshold),
            halt_threshold=_share(params.circuit_breaker_halt_threshold),
            mints_allowed=status <= types.WARNING,
            refunds_allowed=status <= types.HALT_CR,
        )
        response.status = status
        return response

    def ledger_records(
        self, ctx: Context, request: query_pb2.QueryLedgerRecordsRequest
    ) -> query_pb2.QueryLedgerRecordsResponse:
        """Conversions: those that wait first, then executed ones, then those given back."""
        filters, page = request.filters, request.pagination
        if page.offset and not filters.status:
            raise InvalidArgument(
                "invalid request parameters. if offset is set, filter.status must be provided"
            )
        if filters.status and filters.status not in STATES:
            raise InvalidArgument("invalid status filter value")
        source = _source(ctx, filters.source) if filters.source else None
        walk = _checked(state_pages.plan(page, filters.status, STATES))
        path = BACKWARDS if walk.reverse else None

        def accept(row: Row) -> query_pb2.QueryLedgerRecordEntry | None:
            place = keys.parse_record(row.primary)
            if (
                source in (None, place.source)
                and filters.denom in ("", place.denom)
                and filters.to_denom in ("", place.to_denom)
            ):
                return _entry(ctx, place, row)
            return None

        def next_key(row: Row) -> PageKey:
            return state_pages.key_at(walk, row, mixed=False, path=path)

        found, answer = state_pages.collect(page, _rows(ctx, walk), accept, next_key)
        return query_pb2.QueryLedgerRecordsResponse(records=found, pagination=answer)


def _share(bps: int) -> str:
    return Dec.of(bps).quo_int(types.BPS).to_wire()


def _source(ctx: Context, text: str) -> bytes:
    try:
        return ctx.bech32.parse(text)
    except ValueError as error:
        raise InvalidArgument("invalid source address") from error


def _checked(walk: Plan) -> Plan:
    """A walk that goes on as it began."""
    if walk.resume is None:
        return walk
    try:
        keys.parse_record(walk.resume)
    except (ValueError, IndexError) as error:
        raise InvalidArgument("pagination: invalid key: it belongs to another search") from error
    return walk._replace(reverse=walk.path == BACKWARDS)


def _rows(ctx: Context, walk: Plan) -> Iterator[Row]:
    kv = ctx.kv(keys.STORE)
    for position, state in enumerate(walk.states):
        table = TABLES[state]
        start, end = state_pages.bounds(table, table, walk.resume if position == 0 else None, walk.reverse)
        for key, value in kv.range(start, end, walk.reverse):
            yield Row(state, key[len(table) :], value)


def _entry(ctx: Context, place: keys.Record, row: Row) -> query_pb2.QueryLedgerRecordEntry:
    entry = query_pb2.QueryLedgerRecordEntry(id=record_id(ctx, place))
    entry.status = row.state  # type: ignore[assignment]
    if row.state == types_pb2.ledger_record_status_pending:
        entry.pending_record.CopyFrom(LedgerPendingRecord.FromString(row.value))
    elif row.state == types_pb2.ledger_record_status_executed:
        entry.executed_record.CopyFrom(LedgerRecord.FromString(row.value))
    else:
        entry.canceled_record.CopyFrom(LedgerCanceledRecord.FromString(row.value))
    return entry
