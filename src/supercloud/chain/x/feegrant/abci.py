"""Feegrant's work in a block."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.x.feegrant.types import PRUNED_BY_BLOCK_MAX

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.feegrant.keeper import Keeper


def end_block(ctx: Context, keeper: Keeper) -> None:
    """Remove what has expired, a bounded number a block."""
    keeper.prune(ctx, PRUNED_BY_BLOCK_MAX)
