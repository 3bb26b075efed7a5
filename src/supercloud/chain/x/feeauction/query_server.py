"""Queries about fee auctions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.pb.supercloud.feeauction.v1 import query_pb2

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.baseapp.router import Router
    from supercloud.chain.x.feeauction.keeper import Keeper


def register(router: Router, keeper: Keeper) -> None:
    """Serve this module's queries."""
    router.query(query_pb2.DESCRIPTOR.services_by_name["Query"], QueryServer(keeper))


class QueryServer:
    """Answers supercloud.feeauction.v1.Query."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper

    def params(self, ctx: Context, request: query_pb2.QueryParamsRequest) -> query_pb2.QueryParamsResponse:
        """The parameters."""
        return query_pb2.QueryParamsResponse(params=self._keeper.params(ctx))

    def round(self, ctx: Context, request: query_pb2.QueryRoundRequest) -> query_pb2.QueryRoundResponse:
        """The round that runs."""
        return query_pb2.QueryRoundResponse(round=self._keeper.round(ctx))

    def last_result(
        self, ctx: Context, request: query_pb2.QueryLastResultRequest
    ) -> query_pb2.QueryLastResultResponse:
        """What became of the last lot sold."""
        return query_pb2.QueryLastResultResponse(result=self._keeper.last_result(ctx))
