"""Distribution's work in every block."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.x.distribution import records

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.distribution.keeper import Keeper


def begin_block(ctx: Context, keeper: Keeper) -> None:
    """Share out the fees of the block before, whose votes came with this one."""
    if ctx.height > 1:
        keeper.allocate(ctx)
    records.set_proposer(ctx, ctx.proposer)
