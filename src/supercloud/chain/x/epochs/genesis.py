"""Epochs in the genesis document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.genesis import Document, GenesisError, read_state, write_state
from supercloud.chain.x.epochs import types
from supercloud.pb.akash.epochs.v1beta1.genesis_pb2 import GenesisState

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.epochs.keeper import Keeper


def init(ctx: Context, keeper: Keeper, document: Document) -> None:
    """Take the document's epochs over."""
    state = read_state(document, GenesisState)
    if len(state.epochs) > types.EPOCHS_MAX:
        raise GenesisError(f"epochs: {len(state.epochs)} records, at most {types.EPOCHS_MAX}")
    for info in state.epochs:
        keeper.add(ctx, info)


def export(ctx: Context, keeper: Keeper) -> Document:
    """The epochs as they stand."""
    return write_state(GenesisState(epochs=keeper.epochs(ctx)))


def default() -> Document:
    """The document of a new network."""
    return write_state(GenesisState(epochs=types.standard_epochs()))
