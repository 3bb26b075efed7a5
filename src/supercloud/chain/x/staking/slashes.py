"""What stood behind a validator when it did wrong, and what of it is burned.

Tokens that left since then, to unbond or to another validator, stood behind it too: they pay their part, the
validator's present tokens pay the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from supercloud.chain.x.staking import delegations, shares, types, validators
from supercloud.types.dec import Dec
from supercloud.types.errors import invariant

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.staking.keeper import Keeper
    from supercloud.pb.cosmos.staking.v1beta1 import staking_pb2 as pb


class Infraction(NamedTuple):
    """A wrong: at which height, with which voting power, and which fraction it costs."""

    height: int
    power: int
    fraction: Dec


class _Burnt(NamedTuple):
    """Tokens to burn, by pool."""

    bonded: int
    not_bonded: int


def slash(ctx: Context, keeper: Keeper, consensus: bytes, wrong: Infraction) -> int:
    """Burn what a wrong costs; returns what the validator's present tokens lost."""
    invariant(wrong.fraction.raw >= 0, "a slash that gives")
    invariant(wrong.height <= ctx.height, "a slash for the future")
    validator = validators.by_consensus(ctx, consensus)
    if validator is None or validator.status == types.UNBONDED:
        # Removed, or its time to answer for the past is over.
        return 0
    operator = ctx.bech32.parse_valoper(validator.operator_address)
    left = Dec.of(wrong.power * types.POWER_REDUCTION).mul(wrong.fraction).truncate()
    if wrong.height < ctx.height:
        for unbonding in delegations.unbondings_of_operator(ctx, operator):
            left -= _slash_unbonding(ctx, keeper, unbonding, wrong)
        for redelegation in delegations.redelegations_from(ctx, operator):
            left -= _slash_redelegation(ctx, keeper, redelegation, wrong)
    validator = keeper.require_validator(ctx, operator)
    tokens = shares.tokens_of(validator)
    burned = max(min(left, tokens), 0)
    if not burned:
        return 0
    # Rounded up, so that rewards are never counted for more than is left.
    fraction = min(Dec.of(burned).quo_round_up(Dec.of(tokens)), Dec.of(1))
    keeper.reactions.validator_slashing(ctx, operator, fraction)
    validators.unrank(ctx, validator, operator)
    shares.remove_tokens(validator, burned)
    validators.write(ctx, validator)
    validators.rank(ctx, validator, operator)
    bonded = validator.status == types.BONDED
    keeper.burn(ctx, types.BONDED_POOL if bonded else types.NOT_BONDED_POOL, burned)
    return burned


def _slash_unbonding(
    ctx: Context, keeper: Keeper, unbonding: pb.UnbondingDelegation, wrong: Infraction
) -> int:
    """Slash what unbonds; returns what it would have paid had it been there in full."""
    owed = burned = 0
    for entry in unbonding.entries:
        if _answers(ctx, entry, wrong):
            part = wrong.fraction.mul_int(int(entry.initial_balance)).truncate()
            owed += part
            paid = min(part, int(entry.balance))
            burned += paid
            entry.balance = str(int(entry.balance) - paid)
    if burned:
        delegations.write_unbonding(ctx, unbonding)
        keeper.burn(ctx, types.NOT_BONDED_POOL, burned)
    return owed


def _slash_redelegation(ctx: Context, keeper: Keeper, moved: pb.Redelegation, wrong: Infraction) -> int:
    """Slash what moved to another validator; returns what it would have paid had it been there in full."""
    delegator = ctx.bech32.parse(moved.delegator_address)
    target = ctx.bech32.parse_valoper(moved.validator_dst_address)
    owed = bonded = not_bonded = 0
    for entry in moved.entries:
        if not _answers(ctx, entry, wrong):
            continue
        part = wrong.fraction.mul_int(int(entry.initial_balance)).truncate()
        owed += part
        paid = _take_from_unbonding(ctx, delegator, target, part, wrong)
        not_bonded += paid
        if part > paid:
            burnt = _take_from_delegation(
                ctx, keeper, (delegator, target), wrong.fraction.mul(Dec.from_wire(entry.shares_dst))
            )
            bonded += burnt.bonded
            not_bonded += burnt.not_bonded
    keeper.burn(ctx, types.BONDED_POOL, bonded)
    keeper.burn(ctx, types.NOT_BONDED_POOL, not_bonded)
    return owed


def _take_from_unbonding(ctx: Context, delegator: bytes, target: bytes, part: int, wrong: Infraction) -> int:
    """Moved tokens may have begun to unbond from where they went: those pay first."""
    unbonding = delegations.read_unbonding(ctx, delegator, target)
    if unbonding is None:
        return 0
    paid = 0
    for entry in unbonding.entries:
        if _answers(ctx, entry, wrong):
            piece = min(part - paid, int(entry.balance))
            entry.balance = str(int(entry.balance) - piece)
            paid += piece
    if paid:
        delegations.write_unbonding(ctx, unbonding)
    return paid


def _take_from_delegation(ctx: Context, keeper: Keeper, where: tuple[bytes, bytes], wanted: Dec) -> _Burnt:
    """Unbond shares, as many as there are; their tokens are to be burned from the pool that they lie in."""
    delegator, target = where
    delegation = delegations.read(ctx, delegator, target)
    validator = validators.read(ctx, target)
    if delegation is None or validator is None or wanted.is_zero():
        return _Burnt(0, 0)
    tokens = keeper.unbond(ctx, delegator, target, min(wanted, Dec.from_wire(delegation.shares)))
    return _Burnt(tokens, 0) if validator.status == types.BONDED else _Burnt(0, tokens)


def _answers(
    ctx: Context, entry: pb.UnbondingDelegationEntry | pb.RedelegationEntry, wrong: Infraction
) -> bool:
    """Whether tokens stood behind the validator at the time of the wrong and still answer for it."""
    return entry.creation_height >= wrong.height and not delegations.is_due(ctx, entry)
