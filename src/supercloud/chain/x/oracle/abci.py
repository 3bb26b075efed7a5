"""The oracle's work in every block, and at the end of epochs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.oracle.keeper import Keeper


def end_block(ctx: Context, keeper: Keeper) -> None:
    """See what the sources say together now."""
    if keeper.exists(ctx):
        keeper.aggregate(ctx)


def epoch_ended(ctx: Context, keeper: Keeper, identifier: str) -> None:
    """Drop old entries, when this is the epoch to do so."""
    if keeper.exists(ctx) and identifier == keeper.params(ctx).prune_epoch:
        keeper.prune(ctx)
