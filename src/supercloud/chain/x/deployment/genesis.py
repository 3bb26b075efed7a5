"""Deployment in the genesis document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.genesis import Document, read_state, write_state
from supercloud.chain.x.deployment import keys
from supercloud.pb.akash.deployment.v1beta4.genesis_pb2 import GenesisState
from supercloud.types.ids import DeploymentID

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.deployment.keeper import Keeper


def init(ctx: Context, keeper: Keeper, document: Document) -> None:
    """Load parameters, deployments and groups; refuses anything that is there twice."""
    state = read_state(document, GenesisState)
    keeper.set_params(ctx, state.params)
    for entry in state.deployments:
        keeper.import_deployment(ctx, entry.deployment, entry.groups)


def export(ctx: Context, keeper: Keeper) -> Document:
    """Everything, by owner and dseq."""
    state = GenesisState(params=keeper.params(ctx))
    found = [(DeploymentID.from_pb(each.id, ctx.bech32), each) for each in keeper.deployments(ctx)]
    for deployment, stored in sorted(found, key=lambda pair: keys.primary(pair[0])):
        state.deployments.add(deployment=stored, groups=keeper.groups(ctx, deployment))
    return write_state(state)
