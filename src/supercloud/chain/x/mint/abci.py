"""Mint's work in every block."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.mint.keeper import Keeper


def begin_block(ctx: Context, keeper: Keeper) -> None:
    """Make this block's new tokens; they are shared out with the next block."""
    keeper.mint(ctx)
