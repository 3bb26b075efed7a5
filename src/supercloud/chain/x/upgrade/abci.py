"""Upgrade's work before every block."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.upgrade.keeper import Keeper


def pre_block(ctx: Context, keeper: Keeper) -> None:
    """Apply a plan that is due, or stop."""
    keeper.begin(ctx)
