"""Staking's work in every block."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.x.staking import history, set_changes

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.staking.keeper import Keeper
    from supercloud.pb.tendermint.abci.types_pb2 import ValidatorUpdate


def begin_block(ctx: Context, keeper: Keeper) -> None:
    """Remember the block's header and who decides it."""
    history.track(ctx, keeper.params(ctx).historical_entries)


def end_block(ctx: Context, keeper: Keeper) -> list[ValidatorUpdate]:
    """Change who decides, then finish what has waited long enough."""
    updates = set_changes.apply(ctx, keeper)
    set_changes.finish_unbonding(ctx, keeper)
    set_changes.pay_out(ctx, keeper)
    return updates
