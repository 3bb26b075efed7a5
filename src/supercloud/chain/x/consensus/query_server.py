"""Queries about consensus parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.pb.cosmos.consensus.v1 import query_pb2 as pb

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.baseapp.router import Router
    from supercloud.chain.x.consensus.keeper import Keeper


def register(router: Router, keeper: Keeper) -> None:
    """Serve this module's queries."""
    router.query(pb.DESCRIPTOR.services_by_name["Query"], QueryServer(keeper))


class QueryServer:
    """cosmos.consensus.v1.Query."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper

    def params(self, ctx: Context, request: pb.QueryParamsRequest) -> pb.QueryParamsResponse:
        """The parameters."""
        return pb.QueryParamsResponse(params=self._keeper.params(ctx))
