"""Epochs' work in every block."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.epochs.keeper import Keeper


def begin_block(ctx: Context, keeper: Keeper) -> None:
    """End and begin what the block's time makes due."""
    keeper.advance(ctx)
