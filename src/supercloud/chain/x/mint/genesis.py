"""Inflation in the genesis document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.genesis import Document, GenesisError, read_state, write_state
from supercloud.chain.x.mint import types
from supercloud.pb.cosmos.mint.v1beta1.genesis_pb2 import GenesisState
from supercloud.types.dec import Dec

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.mint.keeper import Keeper


def init(ctx: Context, keeper: Keeper, document: Document) -> None:
    """Put the document's parameters and inflation in force."""
    state = read_state(document, GenesisState)
    keeper.set_params(ctx, state.params)
    if Dec.from_wire(state.minter.inflation).raw < 0:
        raise GenesisError("mint parameter Inflation should be positive")
    keeper.set_minter(ctx, state.minter)
    keeper.accounts.ensure_module_account(ctx, types.NAME)


def export(ctx: Context, keeper: Keeper) -> Document:
    """The parameters and inflation in force."""
    return write_state(GenesisState(minter=keeper.minter(ctx), params=keeper.params(ctx)))


def default(denom: str) -> Document:
    """The document of a network whose supply is fixed."""
    state = GenesisState(minter=types.minter("0"), params=types.fixed_supply_params(denom))
    return write_state(state)
