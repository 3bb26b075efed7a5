"""Queries about epochs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.pb.akash.epochs.v1beta1 import query_pb2
from supercloud.types.errors import InvalidArgument, QueryNotFound

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.baseapp.router import Router
    from supercloud.chain.x.epochs.keeper import Keeper


def register(router: Router, keeper: Keeper) -> None:
    """Serve this module's queries."""
    router.query(query_pb2.DESCRIPTOR.services_by_name["Query"], QueryServer(keeper))


class QueryServer:
    """Answers akash.epochs.v1beta1.Query."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper

    def epoch_infos(
        self, ctx: Context, request: query_pb2.QueryEpochInfosRequest
    ) -> query_pb2.QueryEpochInfosResponse:
        """All epochs."""
        return query_pb2.QueryEpochInfosResponse(epochs=self._keeper.epochs(ctx))

    def current_epoch(
        self, ctx: Context, request: query_pb2.QueryCurrentEpochRequest
    ) -> query_pb2.QueryCurrentEpochResponse:
        """The number of an epoch."""
        if not request.identifier:
            raise InvalidArgument("identifier is empty")
        info = self._keeper.epoch(ctx, request.identifier)
        if info is None:
            raise QueryNotFound("not available identifier")
        return query_pb2.QueryCurrentEpochResponse(current_epoch=info.current_epoch)
