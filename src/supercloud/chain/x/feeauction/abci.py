"""Fee auctions' work in every block."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.feeauction.keeper import Keeper


def end_block(ctx: Context, keeper: Keeper) -> None:
    """End a round, begin one."""
    keeper.work(ctx)
