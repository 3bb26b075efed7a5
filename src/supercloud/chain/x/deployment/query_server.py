"""Deployment's queries."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import TYPE_CHECKING

from supercloud.chain.baseapp import state_pages
from supercloud.chain.baseapp.state_pages import BY_STATE, PageKey, Plan, Row
from supercloud.chain.x.deployment import keys, types
from supercloud.pb.akash.deployment.v1.deployment_pb2 import Deployment
from supercloud.pb.akash.deployment.v1beta4 import query_pb2
from supercloud.types.errors import InvalidArgument
from supercloud.types.ids import DeploymentID, GroupID

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.baseapp.router import Router
    from supercloud.chain.x.deployment.expected_keepers import EscrowKeeper
    from supercloud.chain.x.deployment.keeper import Keeper

BY_OWNER = 1
"""The path through one owner's deployments, whatever their states."""


def register(router: Router, keeper: Keeper, escrow: EscrowKeeper) -> None:
    """Route this module's queries."""
    router.query(query_pb2.DESCRIPTOR.services_by_name["Query"], QueryServer(keeper, escrow))


class QueryServer:
    """Answers akash.deployment.v1beta4.Query."""

    def __init__(self, keeper: Keeper, escrow: EscrowKeeper) -> None:
        self._keeper = keeper
        self._escrow = escrow

    def deployments(
        self, ctx: Context, request: query_pb2.QueryDeploymentsRequest
    ) -> query_pb2.QueryDeploymentsResponse:
        """Deployments by owner, dseq and state, each with its groups and account."""
        filters = request.filters
        owner = _owner(ctx, filters.owner) if filters.owner else None
        walk = state_pages.plan(
            request.pagination, filters.state, types.STATES, BY_STATE if owner is None else BY_OWNER
        )

        def accept(row: Row) -> query_pb2.QueryDeploymentResponse | None:
            deployment = keys.parse_primary(row.primary)
            if owner not in (None, deployment.owner) or filters.dseq not in (0, deployment.dseq):
                return None
            return self._triple(ctx, deployment, Deployment.FromString(row.value))

        def next_key(row: Row) -> PageKey:
            mixed = walk.path == BY_OWNER
            return state_pages.key_at(walk, row, mixed=mixed, path=BY_OWNER if mixed else None)

        rows = _rows(ctx, walk, owner, filters.dseq)
        found, page = state_pages.collect(request.pagination, rows, accept, next_key)
        return query_pb2.QueryDeploymentsResponse(deployments=found, pagination=page)

    def deployment(
        self, ctx: Context, request: query_pb2.QueryDeploymentRequest
    ) -> query_pb2.QueryDeploymentResponse:
        """One deployment with its groups and account."""
        deployment = DeploymentID(_owner(ctx, request.id.owner), request.id.dseq)
        stored = self._keeper.deployment(ctx, deployment)
        if stored is None:
            raise types.DeploymentNotFound
        return self._triple(ctx, deployment, stored)

    def group(self, ctx: Context, request: query_pb2.QueryGroupRequest) -> query_pb2.QueryGroupResponse:
        """One group."""
        wire = request.id
        stored = self._keeper.group(ctx, GroupID(_owner(ctx, wire.owner), wire.dseq, wire.gseq))
        if stored is None:
            raise types.GroupNotFound
        return query_pb2.QueryGroupResponse(group=stored)

    def params(self, ctx: Context, request: query_pb2.QueryParamsRequest) -> query_pb2.QueryParamsResponse:
        """The parameters in force."""
        return query_pb2.QueryParamsResponse(params=self._keeper.params(ctx))

    def _triple(
        self, ctx: Context, deployment: DeploymentID, stored: Deployment
    ) -> query_pb2.QueryDeploymentResponse:
        return query_pb2.QueryDeploymentResponse(
            deployment=stored,
            groups=self._keeper.groups(ctx, deployment),
            escrow_account=self._escrow.account_pb(ctx, deployment),
        )


def _owner(ctx: Context, text: str) -> bytes:
    try:
        return ctx.bech32.parse(text)
    except ValueError as error:
        raise InvalidArgument("invalid owner address") from error


def _rows(ctx: Context, walk: Plan, owner: bytes | None, dseq: int) -> Iterator[Row]:
    if walk.path == BY_OWNER:
        if walk.resume is not None:
            try:
                owner = keys.parse_primary(walk.resume).owner
            except ValueError as error:
                raise InvalidArgument("pagination: invalid key: not a deployment") from error
        scope = keys.owner_part(owner or b"")
        if walk.resume is None and dseq and owner is not None:
            scope = keys.primary(DeploymentID(owner, dseq))
        parts = [_state_rows(ctx, walk, state, scope, walk.resume) for state in walk.states]
        return heapq.merge(*parts, key=lambda row: row.primary, reverse=walk.reverse)
    return (
        row
        for position, state in enumerate(walk.states)
        for row in _state_rows(ctx, walk, state, b"", walk.resume if position == 0 else None)
    )


def _state_rows(ctx: Context, walk: Plan, state: int, scope: bytes, resume: bytes | None) -> Iterator[Row]:
    table = keys.state_prefix(state)
    start, end = state_pages.bounds(table + scope, table, resume, walk.reverse)
    for key, value in ctx.kv(keys.STORE).range(start, end, walk.reverse):
        yield Row(state, key[len(table) :], value)
