"""Queries about evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.protobuf.any_pb2 import Any

from supercloud.chain.baseapp.pagination import paginate
from supercloud.chain.x.evidence import keys
from supercloud.pb.cosmos.evidence.v1beta1 import query_pb2 as pb
from supercloud.types.errors import InvalidArgument, QueryNotFound, Undefined

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.baseapp.router import Router
    from supercloud.chain.x.evidence.keeper import Keeper


def register(router: Router, keeper: Keeper) -> None:
    """Serve this module's queries."""
    router.query(pb.DESCRIPTOR.services_by_name["Query"], QueryServer(keeper))


class QueryServer:
    """cosmos.evidence.v1beta1.Query."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper

    def evidence(self, ctx: Context, request: pb.QueryEvidenceRequest) -> pb.QueryEvidenceResponse:
        """A piece of evidence by its hash."""
        if not request.hash:
            raise InvalidArgument("invalid request; hash is empty")
        try:
            digest = bytes.fromhex(request.hash)
        except ValueError as error:
            raise Undefined(f"invalid evidence hash: {error}") from error
        found = self._keeper.evidence(ctx, digest)
        if found is None:
            raise QueryNotFound(f"evidence {request.hash} not found")
        return pb.QueryEvidenceResponse(evidence=found)

    def all_evidence(self, ctx: Context, request: pb.QueryAllEvidenceRequest) -> pb.QueryAllEvidenceResponse:
        """All evidence."""
        found, page = paginate(
            ctx.kv(keys.STORE),
            keys.EVIDENCE_PREFIX,
            request.pagination,
            lambda key, value: Any.FromString(value),
        )
        return pb.QueryAllEvidenceResponse(evidence=found, pagination=page)
