"""Cert's query: certificates by owner, serial number and state."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from supercloud.chain.baseapp import state_pages
from supercloud.chain.baseapp.state_pages import PageKey, Plan, Row
from supercloud.chain.x.cert import keys, types
from supercloud.pb.akash.cert.v1 import query_pb2
from supercloud.pb.akash.cert.v1.cert_pb2 import Certificate
from supercloud.types.errors import InvalidArgument

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.baseapp.router import Router
    from supercloud.pb.akash.cert.v1.filters_pb2 import CertificateFilter


def register(router: Router) -> None:
    """Route this module's queries."""
    router.query(query_pb2.DESCRIPTOR.services_by_name["Query"], QueryServer())


class QueryServer:
    """Answers akash.cert.v1.Query."""

    def certificates(
        self, ctx: Context, request: query_pb2.QueryCertificatesRequest
    ) -> query_pb2.QueryCertificatesResponse:
        """Certificates, the valid ones first."""
        owner, serial = _filter(ctx, request.filter)
        walk = state_pages.plan(request.pagination, request.filter.state, types.STATES)
        scope = b"" if owner is None else keys.owner_part(owner)
        if walk.resume is not None:
            # The search goes on as it began: what the page key says, not what this request says.
            scope = walk.prefix[2:]
        elif owner is not None and serial is not None:
            scope = keys.primary(owner, serial)

        def accept(row: Row) -> query_pb2.CertificateResponse | None:
            _, number = keys.parse_primary(row.primary)
            if serial not in (None, number):
                return None
            stored = Certificate.FromString(row.value)
            return query_pb2.CertificateResponse(certificate=stored, serial=str(number))

        def next_key(row: Row) -> PageKey:
            left = walk.states[walk.states.index(row.state) :]
            return PageKey(bytes(left), keys.state_prefix(row.state) + scope, row.primary)

        rows = _rows(ctx, walk, scope)
        found, page = state_pages.collect(request.pagination, rows, accept, next_key)
        return query_pb2.QueryCertificatesResponse(certificates=found, pagination=page)


def _filter(ctx: Context, wanted: CertificateFilter) -> tuple[bytes | None, int | None]:
    owner: bytes | None = None
    serial: int | None = None
    if wanted.owner:
        try:
            owner = ctx.bech32.parse(wanted.owner)
        except ValueError as error:
            raise InvalidArgument("invalid owner address") from error
    if wanted.serial:
        serial = types.parse_serial(wanted.serial)
        if not 0 <= serial < 1 << 8 * types.SERIAL_BYTES_MAX:
            raise types.InvalidSerialNumber
    return owner, serial


def _rows(ctx: Context, walk: Plan, scope: bytes) -> Iterator[Row]:
    kv = ctx.kv(keys.STORE)
    for position, state in enumerate(walk.states):
        top = keys.state_prefix(state)
        resume = walk.resume if position == 0 else None
        start, end = state_pages.bounds(top + scope, top, resume, walk.reverse)
        for key, value in kv.range(start, end, walk.reverse):
            yield Row(state, key[len(top) :], value)
