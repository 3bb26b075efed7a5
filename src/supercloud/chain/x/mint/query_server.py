"""Queries about inflation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.pb.cosmos.mint.v1beta1 import query_pb2 as pb

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.baseapp.router import Router
    from supercloud.chain.x.mint.keeper import Keeper


def register(router: Router, keeper: Keeper) -> None:
    """Serve this module's queries."""
    router.query(pb.DESCRIPTOR.services_by_name["Query"], QueryServer(keeper))


class QueryServer:
    """cosmos.mint.v1beta1.Query."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper

    def params(self, ctx: Context, request: pb.QueryParamsRequest) -> pb.QueryParamsResponse:
        """The parameters."""
        return pb.QueryParamsResponse(params=self._keeper.params(ctx))

    def inflation(self, ctx: Context, request: pb.QueryInflationRequest) -> pb.QueryInflationResponse:
        """The rate of this moment, a year."""
        return pb.QueryInflationResponse(inflation=self._keeper.minter(ctx).inflation.encode())

    def annual_provisions(
        self, ctx: Context, request: pb.QueryAnnualProvisionsRequest
    ) -> pb.QueryAnnualProvisionsResponse:
        """What a year at this rate would make."""
        provisions = self._keeper.minter(ctx).annual_provisions
        return pb.QueryAnnualProvisionsResponse(annual_provisions=provisions.encode())
