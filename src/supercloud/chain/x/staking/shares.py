"""Arithmetic of a validator's tokens and shares.

A validator has tokens, and shares of them that delegators own. The first share is worth one token; slashing
takes tokens and leaves the shares, so a share is worth less afterwards.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.x.staking.types import BONDED, POWER_MAX, POWER_REDUCTION, InsufficientShares
from supercloud.types.coin import parse_amount
from supercloud.types.dec import Dec
from supercloud.types.errors import invariant

if TYPE_CHECKING:
    from supercloud.pb.cosmos.staking.v1beta1.staking_pb2 import Validator


def tokens_of(validator: Validator) -> int:
    """What is staked with a validator."""
    return parse_amount(validator.tokens)


def shares_of(validator: Validator) -> Dec:
    """All shares of a validator."""
    return Dec.from_wire(validator.delegator_shares)


def power_of(validator: Validator) -> int:
    """Voting power that the tokens are worth, whether bonded or not."""
    power = tokens_of(validator) // POWER_REDUCTION
    invariant(power <= POWER_MAX, "voting power is out of range")
    return power


def bonded_power_of(validator: Validator) -> int:
    """Voting power that the validator has: none unless bonded."""
    return power_of(validator) if validator.status == BONDED else 0


def is_worthless(validator: Validator) -> bool:
    """Whether shares remain and all tokens are gone, so that no price of a share exists."""
    return tokens_of(validator) == 0 and shares_of(validator).raw > 0


def tokens_from_shares(validator: Validator, shares: Dec) -> Dec:
    """What shares are worth, to the nearest digit."""
    return shares.mul_int(tokens_of(validator)).quo(shares_of(validator))


def tokens_from_shares_truncated(validator: Validator, shares: Dec) -> Dec:
    """What shares are worth, rounded down."""
    return shares.mul_int(tokens_of(validator)).quo_truncate(shares_of(validator))


def shares_from_tokens(validator: Validator, amount: int) -> Dec:
    """How many shares an amount is worth. Raises InsufficientShares when there is no price."""
    tokens = tokens_of(validator)
    if tokens == 0:
        raise InsufficientShares
    return shares_of(validator).mul_int(amount).quo_int(tokens)


def add_tokens(validator: Validator, amount: int) -> Dec:
    """Add tokens for newly made shares; returns those."""
    shares = shares_of(validator)
    made = Dec.of(amount) if shares.is_zero() else shares_from_tokens(validator, amount)
    validator.tokens = str(tokens_of(validator) + amount)
    validator.delegator_shares = shares.add(made).to_wire()
    return made


def remove_shares(validator: Validator, shares: Dec) -> int:
    """Take shares away; returns the whole tokens that they gave. Fractions stay with the shares left."""
    tokens = tokens_of(validator)
    left = shares_of(validator).sub(shares)
    invariant(left.raw >= 0, "more shares removed than there are")
    given = tokens if left.is_zero() else tokens_from_shares(validator, shares).truncate()
    invariant(given <= tokens, "more tokens removed than there are")
    validator.tokens = str(tokens - given)
    validator.delegator_shares = left.to_wire()
    return given


def remove_tokens(validator: Validator, amount: int) -> None:
    """Take tokens away and leave the shares."""
    tokens = tokens_of(validator)
    invariant(0 <= amount <= tokens, f"removing {amount} of {tokens} tokens")
    validator.tokens = str(tokens - amount)
