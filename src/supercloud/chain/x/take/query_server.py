"""Take's queries: the rates in force, and where the take flows to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.pb.akash.take.v1 import query_pb2
from supercloud.pb.supercloud.take.v1 import query_pb2 as outflow_pb2

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.baseapp.router import Router
    from supercloud.chain.x.take.keeper import Keeper


def register(router: Router, keeper: Keeper) -> None:
    """Route this module's queries."""
    router.query(query_pb2.DESCRIPTOR.services_by_name["Query"], QueryServer(keeper))
    router.query(outflow_pb2.DESCRIPTOR.services_by_name["Query"], OutflowQueryServer(keeper))


class QueryServer:
    """Answers akash.take.v1.Query."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper

    def params(self, ctx: Context, request: query_pb2.QueryParamsRequest) -> query_pb2.QueryParamsResponse:
        """The rates in force."""
        return query_pb2.QueryParamsResponse(params=self._keeper.params(ctx))


class OutflowQueryServer:
    """Answers supercloud.take.v1.Query."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper

    def outflow(
        self, ctx: Context, request: outflow_pb2.QueryOutflowRequest
    ) -> outflow_pb2.QueryOutflowResponse:
        """Where the take flows to, and what has not flowed yet."""
        held = [coin.to_pb() for coin in self._keeper.held(ctx)]
        return outflow_pb2.QueryOutflowResponse(params=self._keeper.outflow(ctx), held=held)
