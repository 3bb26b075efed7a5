"""Slashing's work in every block."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.slashing.keeper import Keeper


def begin_block(ctx: Context, keeper: Keeper) -> None:
    """Count the votes for the last block."""
    for vote in ctx.block.votes:
        keeper.count_vote(ctx, vote)
