"""Auth's work in a block."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.auth.keeper import Keeper


def pre_block(ctx: Context, keeper: Keeper) -> None:
    """Forget the timestamps of unordered transactions that can no longer be sent."""
    keeper.prune_timestamps(ctx)
