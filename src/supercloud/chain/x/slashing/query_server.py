"""Queries about signing records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.pagination import paginate
from supercloud.chain.x.slashing import keys
from supercloud.pb.cosmos.slashing.v1beta1 import query_pb2 as pb
from supercloud.pb.cosmos.slashing.v1beta1.slashing_pb2 import ValidatorSigningInfo
from supercloud.types.errors import InvalidArgument, QueryNotFound, Undefined

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.baseapp.router import Router
    from supercloud.chain.x.slashing.keeper import Keeper


def register(router: Router, keeper: Keeper) -> None:
    """Serve this module's queries."""
    router.query(pb.DESCRIPTOR.services_by_name["Query"], QueryServer(keeper))


class QueryServer:
    """cosmos.slashing.v1beta1.Query."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper

    def params(self, ctx: Context, request: pb.QueryParamsRequest) -> pb.QueryParamsResponse:
        """The parameters."""
        return pb.QueryParamsResponse(params=self._keeper.params(ctx))

    def signing_info(self, ctx: Context, request: pb.QuerySigningInfoRequest) -> pb.QuerySigningInfoResponse:
        """One validator's signing record."""
        if not request.cons_address:
            raise InvalidArgument("invalid request")
        try:
            consensus = ctx.bech32.parse_valcons(request.cons_address)
        except ValueError as error:
            raise Undefined(str(error)) from error
        info = self._keeper.signing_info(ctx, consensus)
        if info is None:
            raise QueryNotFound(f"SigningInfo not found for validator {request.cons_address}")
        return pb.QuerySigningInfoResponse(val_signing_info=info)

    def signing_infos(
        self, ctx: Context, request: pb.QuerySigningInfosRequest
    ) -> pb.QuerySigningInfosResponse:
        """All signing records."""
        infos, page = paginate(
            ctx.kv(keys.STORE),
            keys.SIGNING_PREFIX,
            request.pagination,
            lambda key, value: ValidatorSigningInfo.FromString(value),
        )
        return pb.QuerySigningInfosResponse(info=infos, pagination=page)
