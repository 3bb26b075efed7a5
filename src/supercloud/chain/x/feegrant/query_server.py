"""Queries about allowances."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.pagination import paginate
from supercloud.chain.x.feegrant import keys
from supercloud.pb.cosmos.feegrant.v1beta1 import query_pb2 as pb
from supercloud.pb.cosmos.feegrant.v1beta1.feegrant_pb2 import Grant
from supercloud.types.errors import InternalError, Undefined

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.baseapp.router import Router
    from supercloud.chain.x.feegrant.keeper import Keeper


def register(router: Router, keeper: Keeper) -> None:
    """Serve this module's queries."""
    router.query(pb.DESCRIPTOR.services_by_name["Query"], QueryServer(keeper))


class QueryServer:
    """cosmos.feegrant.v1beta1.Query."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper

    def allowance(self, ctx: Context, request: pb.QueryAllowanceRequest) -> pb.QueryAllowanceResponse:
        """The grant between two accounts."""
        granter, grantee = _address(ctx, request.granter), _address(ctx, request.grantee)
        grant = self._keeper.grant(ctx, granter, grantee)
        if grant is None:
            # Clients know the missing grant by status Internal and this text.
            raise InternalError("fee-grant not found: not found")
        return pb.QueryAllowanceResponse(allowance=grant)

    def allowances(self, ctx: Context, request: pb.QueryAllowancesRequest) -> pb.QueryAllowancesResponse:
        """The grants to an account."""
        grants, page = paginate(
            ctx.kv(keys.STORE),
            keys.grantee_prefix(_address(ctx, request.grantee)),
            request.pagination,
            lambda key, value: Grant.FromString(value),
        )
        return pb.QueryAllowancesResponse(allowances=grants, pagination=page)

    def allowances_by_granter(
        self, ctx: Context, request: pb.QueryAllowancesByGranterRequest
    ) -> pb.QueryAllowancesByGranterResponse:
        """The grants of an account."""
        granter = _address(ctx, request.granter)
        grants, page = paginate(
            ctx.kv(keys.STORE),
            keys.GRANT_PREFIX,
            request.pagination,
            lambda key, value: Grant.FromString(value) if keys.parse_pair(key)[0] == granter else None,
        )
        return pb.QueryAllowancesByGranterResponse(allowances=grants, pagination=page)


def _address(ctx: Context, text: str) -> bytes:
    try:
        return ctx.bech32.parse(text)
    except ValueError as error:
        raise Undefined(str(error)) from error
