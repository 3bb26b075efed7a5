"""Queries about upgrades."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.x.upgrade.types import NoModuleVersionFound
from supercloud.pb.cosmos.upgrade.v1beta1 import query_pb2 as pb
from supercloud.pb.cosmos.upgrade.v1beta1.upgrade_pb2 import ModuleVersion

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.baseapp.router import Router
    from supercloud.chain.x.upgrade.keeper import Keeper


def register(router: Router, keeper: Keeper) -> None:
    """Serve this module's queries."""
    router.query(pb.DESCRIPTOR.services_by_name["Query"], QueryServer(keeper))


class QueryServer:
    """cosmos.upgrade.v1beta1.Query."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper

    def current_plan(self, ctx: Context, request: pb.QueryCurrentPlanRequest) -> pb.QueryCurrentPlanResponse:
        """The plan, if there is one."""
        return pb.QueryCurrentPlanResponse(plan=self._keeper.plan(ctx))

    def applied_plan(self, ctx: Context, request: pb.QueryAppliedPlanRequest) -> pb.QueryAppliedPlanResponse:
        """Height at which an upgrade was applied; 0 when it was not."""
        return pb.QueryAppliedPlanResponse(height=self._keeper.applied_height(ctx, request.name))

    def upgraded_consensus_state(
        self, ctx: Context, request: pb.QueryUpgradedConsensusStateRequest
    ) -> pb.QueryUpgradedConsensusStateResponse:
        """Nothing: it belonged to plans of older times."""
        return pb.QueryUpgradedConsensusStateResponse()

    def module_versions(
        self, ctx: Context, request: pb.QueryModuleVersionsRequest
    ) -> pb.QueryModuleVersionsResponse:
        """Versions of the modules' stores, of all or of one."""
        wanted = request.module_name
        found = [
            ModuleVersion(name=name, version=version)
            for name, version in self._keeper.versions(ctx)
            if not wanted or name == wanted
        ]
        if wanted and not found:
            raise NoModuleVersionFound(f"x/upgrade: QueryModuleVersions module {wanted} not found")
        return pb.QueryModuleVersionsResponse(module_versions=found)

    def authority(self, ctx: Context, request: pb.QueryAuthorityRequest) -> pb.QueryAuthorityResponse:
        """Who may plan."""
        return pb.QueryAuthorityResponse(address=ctx.bech32.text(ctx.authority))
