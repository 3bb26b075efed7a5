"""The vault's work in every block."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.x.bme import settlement

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.bme.keeper import Keeper


def begin_block(ctx: Context, keeper: Keeper) -> None:
    """Number the block's records from 1."""
    if keeper.exists(ctx):
        keeper.reset_sequence(ctx)


def end_block(ctx: Context, keeper: Keeper) -> None:
    """Execute what is due; see how well credit is covered."""
    if keeper.exists(ctx):
        settlement.settle(ctx, keeper)
