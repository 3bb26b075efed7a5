"""Queries about grants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.coins import coins_to_pb
from supercloud.chain.baseapp.pagination import paginate
from supercloud.chain.x.grants import keys, types
from supercloud.pb.supercloud.grants.v1 import grant_pb2
from supercloud.pb.supercloud.grants.v1 import query_pb2 as pb
from supercloud.types.errors import InvalidArgument

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.baseapp.router import Router
    from supercloud.chain.x.grants.keeper import Keeper


def register(router: Router, keeper: Keeper) -> None:
    """Serve this module's queries."""
    router.query(pb.DESCRIPTOR.services_by_name["Query"], QueryServer(keeper))


class QueryServer:
    """supercloud.grants.v1.Query."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper

    def params(self, ctx: Context, request: pb.QueryParamsRequest) -> pb.QueryParamsResponse:
        """The parameters."""
        return pb.QueryParamsResponse(params=self._keeper.params(ctx))

    def grant(self, ctx: Context, request: pb.QueryGrantRequest) -> pb.QueryGrantResponse:
        """One grant, what it has earned, and what can be claimed."""
        grant = self._keeper.require_grant(ctx, request.id)
        return pb.QueryGrantResponse(
            grant=grant,
            earned=coins_to_pb(types.earned(grant, ctx.time)),
            claimable=coins_to_pb(types.claimable(grant, ctx.time)),
        )

    def grants(self, ctx: Context, request: pb.QueryGrantsRequest) -> pb.QueryGrantsResponse:
        """Grants by id; only those of a recipient, or of a status, where these are named."""
        prefix = keys.GRANT_PREFIX
        if request.recipient:
            try:
                prefix = keys.recipient_prefix(ctx.bech32.parse(request.recipient))
            except ValueError as error:
                raise InvalidArgument(f"invalid recipient address: {error}") from error

        def accept(key: bytes, value: bytes) -> grant_pb2.Grant | None:
            if request.recipient:
                grant = self._keeper.require_grant(ctx, int.from_bytes(key, "big"))
            else:
                grant = grant_pb2.Grant.FromString(value)
            return grant if request.status in (0, grant.status) else None

        found, page = paginate(ctx.kv(keys.STORE), prefix, request.pagination, accept)
        return pb.QueryGrantsResponse(grants=found, pagination=page)
