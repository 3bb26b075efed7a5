"""Authz's work in a block."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.authz.keeper import Keeper


def begin_block(ctx: Context, keeper: Keeper) -> None:
    """Remove what has expired, a bounded number a block."""
    keeper.prune(ctx)
