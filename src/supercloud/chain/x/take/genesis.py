"""Take in the genesis document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.genesis import Document, read_state, write_state
from supercloud.pb.akash.take.v1.genesis_pb2 import GenesisState
from supercloud.pb.supercloud.take.v1.genesis_pb2 import GenesisState as OutflowState
from supercloud.pb.supercloud.take.v1.outflow_pb2 import OutflowParams

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.take.keeper import Keeper


def init(ctx: Context, keeper: Keeper, document: Document) -> None:
    """Put the document's rates in force."""
    keeper.set_params(ctx, read_state(document, GenesisState).params)


def export(ctx: Context, keeper: Keeper) -> Document:
    """The rates in force."""
    return write_state(GenesisState(params=keeper.params(ctx)))


def init_outflow(ctx: Context, keeper: Keeper, document: Document) -> None:
    """Put the document's outflow in force."""
    keeper.set_outflow(ctx, read_state(document, OutflowState).params)


def export_outflow(ctx: Context, keeper: Keeper) -> Document:
    """The outflow in force."""
    return write_state(OutflowState(params=keeper.outflow(ctx)))


def default_outflow() -> Document:
    """Nothing flows until it is voted."""
    return write_state(OutflowState(params=OutflowParams()))
