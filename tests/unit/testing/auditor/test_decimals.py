"""The auditor's roundings against exact fractions."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supercloud.testing.auditor.decimals import ONE, over, rounded, times


@pytest.mark.parametrize(
    ("numerator", "denominator", "nearest"),
    [(1, 2, 0), (3, 2, 2), (5, 2, 2), (7, 2, 4), (2, 3, 1), (1, 3, 0), (6, 3, 2)],
)
def test_halves_go_to_the_even_side(numerator: int, denominator: int, nearest: int) -> None:
    assert rounded(numerator, denominator) == nearest


@given(st.integers(0, 10**40), st.integers(1, 10**30))
def test_nothing_is_further_off_than_half_a_digit(left: int, right: int) -> None:
    assert abs(Fraction(left * right, ONE) - times(left, right)) <= Fraction(1, 2)
    # Cut after 36 digits before it is rounded.
    assert abs(Fraction(left * ONE, right) - over(left, right)) <= Fraction(1, 2) + Fraction(1, ONE)
