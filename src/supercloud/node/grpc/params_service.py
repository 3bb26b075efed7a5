"""cosmos.params.v1beta1: the parameter subspaces of before modules kept their own.

The network declares them still and keeps nothing in them, so a key of a known subspace has an empty value. Its order
of subspaces is that of a Go map, another one each time; here it is the alphabet's.
"""

from __future__ import annotations

from supercloud.pb.cosmos.params.v1beta1 import query_pb2
from supercloud.types import errors
from supercloud.types.errors import InvalidArgument

UnknownSubspace = errors.define("params", 2, "unknown subspace")

SUBSPACES = (
    "auth",
    "bank",
    "crisis",
    "deployment",
    "distribution",
    "gov",
    "ibc",
    "market",
    "slashing",
    "staking",
    "transfer",
)


class ParamsService:
    """The service; it holds nothing."""

    def params(self, request: query_pb2.QueryParamsRequest, height: int) -> query_pb2.QueryParamsResponse:
        """The value under a key of a subspace: none. Raises InvalidArgument and UnknownSubspace."""
        if not request.subspace or not request.key:
            raise InvalidArgument("invalid request")
        if request.subspace not in SUBSPACES:
            raise UnknownSubspace(request.subspace)
        response = query_pb2.QueryParamsResponse()
        response.param.subspace, response.param.key = request.subspace, request.key
        return response

    def subspaces(
        self, request: query_pb2.QuerySubspacesRequest, height: int
    ) -> query_pb2.QuerySubspacesResponse:
        """The subspaces and the keys in them: none."""
        return query_pb2.QuerySubspacesResponse(
            subspaces=[query_pb2.Subspace(subspace=name) for name in SUBSPACES]
        )
