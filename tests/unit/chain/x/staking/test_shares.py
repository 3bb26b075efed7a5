"""staking/shares.py and keys.py: arithmetic against exact fractions, and the layout that clients read."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supercloud.chain.x.staking import keys, shares, types
from supercloud.pb.cosmos.staking.v1beta1.staking_pb2 import Validator
from supercloud.types.dec import ONE, Dec
from supercloud.types.errors import ProgrammerError

TOKENS = st.integers(min_value=1, max_value=10**15)


def validator(tokens: int, raw_shares: int) -> Validator:
    return Validator(tokens=str(tokens), delegator_shares=str(raw_shares), status=types.BONDED)


def test_the_first_share_is_worth_one_token() -> None:
    new = validator(0, 0)
    assert shares.add_tokens(new, 7) == Dec.of(7)
    assert (new.tokens, shares.shares_of(new)) == ("7", Dec.of(7))


@given(tokens=TOKENS, issued=TOKENS, amount=TOKENS)
def test_nobody_gains_by_coming_and_going(tokens: int, issued: int, amount: int) -> None:
    held = validator(tokens, issued * ONE)
    made = shares.add_tokens(held, amount)
    exact = Fraction(issued * ONE * amount, tokens)
    assert exact - 1 < made.raw <= exact
    given_back = shares.remove_shares(held, made)
    assert given_back <= amount
    assert shares.tokens_of(held) >= tokens
    assert shares.shares_of(held).raw == issued * ONE


@given(tokens=TOKENS, issued=TOKENS, part=TOKENS)
def test_what_shares_are_worth(tokens: int, issued: int, part: int) -> None:
    owned = Dec.of(min(part, issued))
    held = validator(tokens, issued * ONE)
    exact = Fraction(owned.raw * tokens, issued * ONE) * ONE
    assert abs(shares.tokens_from_shares(held, owned).raw - exact) <= Fraction(1, 2)
    assert shares.tokens_from_shares_truncated(held, owned).raw == exact.__floor__()


def test_the_last_shares_take_what_is_left() -> None:
    held = validator(10, 3 * ONE)
    assert shares.remove_shares(held, Dec.of(2)) == 6
    assert shares.remove_shares(held, Dec.of(1)) == 4
    assert (held.tokens, held.delegator_shares) == ("0", "0")


def test_without_tokens_there_is_no_price() -> None:
    held = validator(5, 5 * ONE)
    shares.remove_tokens(held, 5)
    assert shares.is_worthless(held)
    with pytest.raises(types.InsufficientShares):
        shares.shares_from_tokens(held, 1)
    with pytest.raises(ProgrammerError):
        shares.remove_tokens(held, 1)


def test_power_is_whole_units_and_only_the_bonded_have_it() -> None:
    held = validator(2_999_999, ONE)
    assert (shares.power_of(held), shares.bonded_power_of(held)) == (2, 2)
    held.status = types.UNBONDING
    assert shares.bonded_power_of(held) == 0


OPERATOR, DELEGATOR, TARGET = bytes(range(20)), bytes(range(32)), b"\xfe" * 20


@pytest.mark.parametrize(
    ("key", "layout"),
    [
        (keys.validator_key(OPERATOR), "21 14 {o}"),
        (keys.consensus_key(OPERATOR), "22 14 {o}"),
        (keys.last_power_key(OPERATOR), "11 14 {o}"),
        (keys.power_key(258, OPERATOR), "23 0000000000000102 14 {inverted}"),
        (keys.delegation_key(DELEGATOR, OPERATOR), "31 20 {d} 14 {o}"),
        (keys.delegators_prefix(OPERATOR) + DELEGATOR, "71 14 {o} {d}"),
        (keys.unbonding_key(DELEGATOR, OPERATOR), "32 20 {d} 14 {o}"),
        (keys.redelegation_key(DELEGATOR, OPERATOR, TARGET), "34 20 {d} 14 {o} 14 {t}"),
        (keys.redelegations_from_prefix(OPERATOR), "35 14 {o}"),
        (keys.redelegations_to_prefix(TARGET, DELEGATOR), "36 14 {t} 20 {d}"),
        (keys.history_key(7), "50 0000000000000007"),
        (keys.PARAMS, "51"),
    ],
)
def test_keys_are_those_of_the_network(key: bytes, layout: str) -> None:
    inverted = bytes(255 - byte for byte in OPERATOR).hex()
    text = layout.format(o=OPERATOR.hex(), d=DELEGATOR.hex(), t=TARGET.hex(), inverted=inverted)
    assert key == bytes.fromhex(text)


def test_keys_tell_their_addresses() -> None:
    key = keys.redelegation_key(DELEGATOR, OPERATOR, TARGET)
    assert keys.addresses(key) == [DELEGATOR, OPERATOR, TARGET]
    assert keys.power_of(keys.power_key(10**12, OPERATOR)) == 10**12


def test_more_power_sorts_later_and_of_equals_the_smaller_address() -> None:
    assert keys.power_key(2, TARGET) > keys.power_key(1, OPERATOR)
    assert keys.power_key(1, OPERATOR) > keys.power_key(1, TARGET)
