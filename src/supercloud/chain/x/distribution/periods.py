"""Rewards of delegations without touching every delegation in every block.

A validator's time is cut into periods; one ends whenever a delegation to it begins, changes or ends. At the end
of each it is recorded how much one token had earned from the beginning until then. A delegation that lasted from
one end to another has earned its stake times the difference. Slashes end periods too; after one the stake is
smaller by its fraction.

Source of the method: D. Ojha, C. Goes, "F1 Fee Distribution" (2019).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.x.distribution import records
from supercloud.chain.x.distribution.dec_coins import NOTHING, DecCoins
from supercloud.chain.x.distribution.types import STAKE_TOLERANCE
from supercloud.pb.cosmos.distribution.v1beta1.distribution_pb2 import (
    DelegatorStartingInfo,
    ValidatorSlashEvent,
)
from supercloud.types.coin import parse_amount
from supercloud.types.dec import Dec
from supercloud.types.errors import invariant

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.distribution.expected_keepers import StakingKeeper
    from supercloud.pb.cosmos.staking.v1beta1.staking_pb2 import Delegation, Validator


def start(ctx: Context, operator: bytes) -> None:
    """Begin a validator's first period."""
    records.set_ratio(ctx, operator, 0, NOTHING)
    records.set_current(ctx, operator, NOTHING, 1)


def ratio_now(ctx: Context, operator: bytes, tokens: int) -> DecCoins:
    """What one token would have earned if the period ended now. Rounded down: nobody gets more than there is."""
    earned, period = records.current(ctx, operator)
    before = records.ratio(ctx, operator, period - 1)
    return before.add(earned.over_truncated(Dec.of(tokens))) if tokens else before


def end(ctx: Context, validator: Validator, operator: bytes) -> int:
    """End a validator's period; returns its number."""
    tokens = parse_amount(validator.tokens)
    ratio = ratio_now(ctx, operator, tokens)
    earned, period = records.current(ctx, operator)
    if not tokens and not earned.is_zero():
        # There is no token that could have earned it.
        records.add_to_fee_pool(ctx, earned)
        records.set_outstanding(ctx, operator, records.outstanding(ctx, operator).sub(earned))
    records.release(ctx, operator, period - 1)
    records.set_ratio(ctx, operator, period, ratio)
    records.set_current(ctx, operator, NOTHING, period + 1)
    return period


def record_slash(ctx: Context, validator: Validator, operator: bytes, fraction: Dec) -> None:
    """End the period before a slash and remember its fraction."""
    invariant(0 <= fraction.raw <= Dec.of(1).raw, f"a slash of {fraction}")
    period = end(ctx, validator, operator)
    records.hold(ctx, operator, period)
    event = ValidatorSlashEvent(validator_period=period, fraction=fraction.to_wire())
    records.add_slash(ctx, operator, ctx.height, event)


def begin_delegation(ctx: Context, staking: StakingKeeper, delegator: bytes, operator: bytes) -> None:
    """Begin to count a delegation's rewards at the end of the last period."""
    _, period = records.current(ctx, operator)
    records.hold(ctx, operator, period - 1)
    validator = staking.require_validator(ctx, operator)
    delegation = staking.require_delegation(ctx, delegator, operator)
    stake = staking.tokens_from_shares_truncated(validator, Dec.from_wire(delegation.shares))
    info = DelegatorStartingInfo(previous_period=period - 1, stake=stake.to_wire(), height=ctx.height)
    records.set_starting(ctx, operator, delegator, info)


def rewards(
    ctx: Context,
    staking: StakingKeeper,
    validator: Validator,
    delegation: Delegation,
    ending: DecCoins,
) -> DecCoins:
    """What a delegation has earned; `ending` is what one token has earned until now."""
    operator = ctx.bech32.parse_valoper(delegation.validator_address)
    info = records.starting(ctx, operator, ctx.bech32.parse(delegation.delegator_address))
    if info is None or info.height == ctx.height:
        # Begun in this block: nothing was earned yet.
        return NOTHING
    period, stake = info.previous_period, Dec.from_wire(info.stake)
    total = NOTHING
    begun = records.ratio(ctx, operator, period)
    # A slash of the first block came before the delegation, except where moved tokens were slashed for the
    # validator that they left: the number of the period tells.
    for _, event in records.slashes(ctx, operator, info.height, ctx.height):
        if event.validator_period <= period:
            continue
        ended = records.ratio(ctx, operator, event.validator_period)
        total = total.add(ended.sub(begun).times_truncated(stake))
        stake = stake.mul_truncate(Dec.of(1).sub(Dec.from_wire(event.fraction)))
        period, begun = event.validator_period, ended
    stake = _at_most(stake, staking.tokens_from_shares(validator, Dec.from_wire(delegation.shares)))
    return total.add(ending.sub(begun).times_truncated(stake))


def _at_most(stake: Dec, present: Dec) -> Dec:
    """The stake after all slashes, which step by step may round to a little more than at once."""
    if stake.raw <= present.raw:
        return stake
    invariant(
        stake.raw <= present.raw + STAKE_TOLERANCE,
        f"calculated final stake {stake} greater than current stake {present}",
    )
    return present
