"""Queries about authorizations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.pagination import paginate
from supercloud.chain.x.authz import keys
from supercloud.chain.x.authz.types import NoAuthorization
from supercloud.pb.cosmos.authz.v1beta1 import query_pb2 as pb
from supercloud.pb.cosmos.authz.v1beta1.authz_pb2 import Grant, GrantAuthorization
from supercloud.types.errors import Undefined

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.baseapp.router import Router
    from supercloud.chain.x.authz.keeper import Keeper


def register(router: Router, keeper: Keeper) -> None:
    """Serve this module's queries."""
    router.query(pb.DESCRIPTOR.services_by_name["Query"], QueryServer(keeper))


class QueryServer:
    """cosmos.authz.v1beta1.Query."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper

    def grants(self, ctx: Context, request: pb.QueryGrantsRequest) -> pb.QueryGrantsResponse:
        """The grants between two accounts, or the one for a message type."""
        granter, grantee = _address(ctx, request.granter), _address(ctx, request.grantee)
        if request.msg_type_url:
            grant = self._keeper.grant(ctx, granter, grantee, request.msg_type_url)
            if grant is None:
                raise NoAuthorization(f"authorization not found for {request.msg_type_url} type")
            return pb.QueryGrantsResponse(grants=[grant])
        grants, page = paginate(
            ctx.kv(keys.STORE),
            keys.pair_prefix(granter, grantee),
            request.pagination,
            lambda key, value: Grant.FromString(value),
        )
        return pb.QueryGrantsResponse(grants=grants, pagination=page)

    def granter_grants(
        self, ctx: Context, request: pb.QueryGranterGrantsRequest
    ) -> pb.QueryGranterGrantsResponse:
        """The grants that an account gave."""
        granter = _address(ctx, request.granter)

        def read(key: bytes, value: bytes) -> GrantAuthorization:
            return grant_of(ctx, granter, keys.parse_second(key)[0], Grant.FromString(value))

        grants, page = paginate(ctx.kv(keys.STORE), keys.granter_prefix(granter), request.pagination, read)
        return pb.QueryGranterGrantsResponse(grants=grants, pagination=page)

    def grantee_grants(
        self, ctx: Context, request: pb.QueryGranteeGrantsRequest
    ) -> pb.QueryGranteeGrantsResponse:
        """The grants that an account received."""
        grantee = _address(ctx, request.grantee)

        def read(key: bytes, value: bytes) -> GrantAuthorization | None:
            granter, url = keys.parse_second(key)
            grant = self._keeper.grant(ctx, granter, grantee, url)
            return None if grant is None else grant_of(ctx, granter, grantee, grant)

        grants, page = paginate(ctx.kv(keys.STORE), keys.grantee_prefix(grantee), request.pagination, read)
        return pb.QueryGranteeGrantsResponse(grants=grants, pagination=page)


def grant_of(ctx: Context, granter: bytes, grantee: bytes, grant: Grant) -> GrantAuthorization:
    """A grant together with its parties."""
    return GrantAuthorization(
        granter=ctx.bech32.text(granter),
        grantee=ctx.bech32.text(grantee),
        authorization=grant.authorization,
        expiration=grant.expiration if grant.HasField("expiration") else None,
    )


def _address(ctx: Context, text: str) -> bytes:
    try:
        return ctx.bech32.parse(text)
    except ValueError as error:
        raise Undefined(str(error)) from error
