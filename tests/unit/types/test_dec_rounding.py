"""types/dec.py: the roundings that staking and rewards depend on, against exact fractions."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supercloud.types.dec import ONE, Dec

AMOUNTS = st.integers(min_value=0, max_value=10**40)
DIVISORS = st.integers(min_value=1, max_value=10**40)


@pytest.mark.parametrize(
    ("text", "rounded"),
    [("0.5", 0), ("1.5", 2), ("2.5", 2), ("2.500000000000000001", 3), ("-1.5", -2), ("-0.5", 0), ("7", 7)],
)
def test_integers_are_rounded_half_to_even(text: str, rounded: int) -> None:
    assert Dec.from_text(text).round() == rounded


def test_a_half_left_after_36_digits_goes_to_the_even_neighbour() -> None:
    assert Dec(1).quo(Dec(2 * ONE)).raw == 0
    assert Dec(3).quo(Dec(2 * ONE)).raw == 2
    # Exactly this is a little more than a half, by less than 36 digits show.
    divisor = 2 * 10**40 - 1
    assert Fraction(10**40 // ONE * ONE, divisor) != Fraction(1, 2)
    assert Dec(10**22).quo(Dec(divisor)).raw == 0


@given(AMOUNTS, DIVISORS)
def test_quotients_stay_within_their_bounds(amount: int, divisor: int) -> None:
    exact = Fraction(amount, divisor) * ONE
    assert Dec(amount).quo_truncate(Dec(divisor)).raw == exact.__floor__()
    assert Dec(amount).quo_round_up(Dec(divisor)).raw == exact.__ceil__()
    assert abs(Dec(amount).quo(Dec(divisor)).raw - exact) <= Fraction(1, 2) + Fraction(1, 10**18)
    assert Dec(amount).quo_int(divisor).raw == amount // divisor


def test_quotients_of_negatives_are_cut_towards_zero() -> None:
    assert Dec(-7).quo_int(2).raw == -3
