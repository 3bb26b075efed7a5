"""Audit's queries.

All answer records; the network's node decoded two of them wrongly for a time (its commit 151b989a).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.pagination import paginate
from supercloud.chain.x.audit import keys, types
from supercloud.chain.x.audit.keeper import audited_provider
from supercloud.pb.akash.audit.v1 import query_pb2
from supercloud.types.errors import InvalidArgument

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.baseapp.router import Router
    from supercloud.chain.x.audit.keeper import Keeper
    from supercloud.pb.akash.audit.v1.audit_pb2 import AuditedProvider
    from supercloud.pb.cosmos.base.query.v1beta1.pagination_pb2 import PageRequest


def register(router: Router, keeper: Keeper) -> None:
    """Route this module's queries."""
    router.query(query_pb2.DESCRIPTOR.services_by_name["Query"], QueryServer(keeper))


class QueryServer:
    """Answers akash.audit.v1.Query."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper

    def all_providers_attributes(
        self, ctx: Context, request: query_pb2.QueryAllProvidersAttributesRequest
    ) -> query_pb2.QueryProvidersResponse:
        """Every record."""
        return _page(ctx, request.pagination, keys.RECORD, None)

    def provider_attributes(
        self, ctx: Context, request: query_pb2.QueryProviderAttributesRequest
    ) -> query_pb2.QueryProvidersResponse:
        """Every auditor's record about a provider."""
        owner = _address(ctx, "owner", request.owner)
        answer = _page(ctx, request.pagination, keys.owner_prefix(owner), None)
        if not answer.providers and not request.pagination.key:
            raise types.ProviderNotFound
        return answer

    def provider_auditor_attributes(
        self, ctx: Context, request: query_pb2.QueryProviderAuditorRequest
    ) -> query_pb2.QueryProvidersResponse:
        """One auditor's record about a provider."""
        owner = _address(ctx, "owner", request.owner)
        record = self._keeper.record(ctx, owner, _address(ctx, "auditor", request.auditor))
        if record is None:
            raise types.ProviderNotFound
        return query_pb2.QueryProvidersResponse(providers=[record])

    def auditor_attributes(
        self, ctx: Context, request: query_pb2.QueryAuditorAttributesRequest
    ) -> query_pb2.QueryProvidersResponse:
        """All records of an auditor."""
        return _page(ctx, request.pagination, keys.RECORD, _address(ctx, "auditor", request.auditor))


def _address(ctx: Context, role: str, text: str) -> bytes:
    try:
        return ctx.bech32.parse(text)
    except ValueError as error:
        raise InvalidArgument(f"invalid {role} address") from error


def _page(
    ctx: Context, request: PageRequest, prefix: bytes, auditor: bytes | None
) -> query_pb2.QueryProvidersResponse:
    def accept(rest: bytes, value: bytes) -> AuditedProvider | None:
        owner, by = keys.parse_record((prefix + rest)[1:])
        return audited_provider(ctx, owner, by, value) if auditor in (None, by) else None

    found, page = paginate(ctx.kv(keys.STORE), prefix, request, accept)
    return query_pb2.QueryProvidersResponse(providers=found, pagination=page)
