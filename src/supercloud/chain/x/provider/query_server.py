"""Provider's queries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.pagination import paginate
from supercloud.chain.x.provider import keys, types
from supercloud.pb.akash.provider.v1beta4 import query_pb2
from supercloud.pb.akash.provider.v1beta4.provider_pb2 import Provider
from supercloud.types.errors import InvalidArgument

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.baseapp.router import Router
    from supercloud.chain.x.provider.keeper import Keeper


def register(router: Router, keeper: Keeper) -> None:
    """Route this module's queries."""
    router.query(query_pb2.DESCRIPTOR.services_by_name["Query"], QueryServer(keeper))


class QueryServer:
    """Answers akash.provider.v1beta4.Query."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper

    def providers(
        self, ctx: Context, request: query_pb2.QueryProvidersRequest
    ) -> query_pb2.QueryProvidersResponse:
        """All providers, a page at a time."""
        found, page = paginate(
            ctx.kv(keys.STORE),
            keys.PROVIDER,
            request.pagination,
            lambda key, value: Provider.FromString(value),
        )
        return query_pb2.QueryProvidersResponse(providers=found, pagination=page)

    def provider(
        self, ctx: Context, request: query_pb2.QueryProviderRequest
    ) -> query_pb2.QueryProviderResponse:
        """One provider."""
        try:
            owner = ctx.bech32.parse(request.owner)
        except ValueError as error:
            raise InvalidArgument("invalid address") from error
        record = self._keeper.provider(ctx, owner)
        if record is None:
            raise types.ProviderNotFound
        return query_pb2.QueryProviderResponse(provider=record)
