"""Upgrades in the genesis document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.genesis import Document, GenesisError, read_state, write_state
from supercloud.chain.x.upgrade import types
from supercloud.pb.supercloud.upgrade.v1.genesis_pb2 import GenesisState
from supercloud.types.errors import ChainError

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.upgrade.keeper import Keeper


def init(ctx: Context, keeper: Keeper, document: Document) -> None:
    """Write everything. A document without versions is one of this program's own stores."""
    state = read_state(document, GenesisState)
    for applied in state.applied:
        if not applied.name or applied.height <= 0 or keeper.applied_height(ctx, applied.name):
            raise GenesisError(f"upgrade: {applied.name!r} applied at {applied.height}")
        keeper.mark_applied(ctx, applied.name, applied.height)
    if state.HasField("plan"):
        try:
            types.check_plan(state.plan)
        except ChainError as error:
            raise GenesisError(f"upgrade: {error}") from error
        keeper.set_plan(ctx, state.plan)
    versions = {entry.name: entry.version for entry in state.module_versions}
    keeper.set_versions(ctx, versions or None)


def export(ctx: Context, keeper: Keeper) -> Document:
    """The document that makes the same plan again."""
    state = GenesisState()
    plan = keeper.plan(ctx)
    if plan is not None:
        state.plan.CopyFrom(plan)
    for height, name in keeper.applied(ctx):
        state.applied.add(name=name, height=height)
    for name, version in keeper.versions(ctx):
        state.module_versions.add(name=name, version=version)
    return write_state(state)


def default() -> Document:
    """The document of a new network."""
    return write_state(GenesisState())
