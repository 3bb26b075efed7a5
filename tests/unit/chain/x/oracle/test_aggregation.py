"""Averages over time, medians, deviations: tables, and an independent model in exact fractions."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from supercloud.chain.x.oracle.aggregation import Point, mean, median, summarise, time_weighted
from supercloud.types.dec import ONE, Dec


def dec(text: str) -> Dec:
    return Dec.from_text(text)


@pytest.mark.parametrize(
    ("now", "points", "average"),
    [
        (100, [(90, "2")], "2"),
        (100, [(100, "2")], "2"),
        (100, [(100, "2"), (100, "4")], "3"),
        (100, [(95, "4"), (90, "2")], "3"),
        (100, [(99, "4"), (90, "2")], "2.2"),
        (100, [(100, "9"), (90, "2")], "2"),
        (100, [(98, "3"), (94, "3"), (91, "1")], "2.333333333333333333"),
    ],
)
def test_prices_weigh_as_long_as_they_held(now: int, points: list[tuple[int, str]], average: str) -> None:
    assert time_weighted(now, [Point(time, dec(price)) for time, price in points]) == dec(average)


@pytest.mark.parametrize(
    ("values", "middle"),
    [(["3"], "3"), (["1", "4"], "2.5"), (["9", "1", "2"], "2"), (["1", "2", "4", "100"], "3")],
)
def test_median(values: list[str], middle: str) -> None:
    assert median([dec(value) for value in values]) == dec(middle)


def test_deviation_is_cut_to_whole_basis_points() -> None:
    assert summarise([dec("1")], [dec("1"), dec("1.01999")]).deviation_bps == 199
    assert summarise([dec("1")], [dec("1")]).deviation_bps == 0


PRICES = st.integers(1, 10**24).map(Dec)


@given(
    st.lists(
        st.tuples(st.integers(0, 10**12), PRICES), min_size=1, max_size=8, unique_by=lambda each: each[0]
    ),
    st.integers(1, 10**12),
)
@settings(max_examples=200, deadline=None)
def test_average_is_the_integral_over_time(entries: list[tuple[int, Dec]], rest: int) -> None:
    newest_first = sorted(entries, reverse=True)
    now = newest_first[0][0] + rest
    area, until = Fraction(0), now
    for time, price in newest_first:
        area += Fraction(price.raw, ONE) * (until - time)
        until = time
    exact = area / (now - until)
    found = time_weighted(now, [Point(*each) for each in newest_first])
    assert abs(Fraction(found.raw, ONE) - exact) <= Fraction(1, 2 * ONE) + Fraction(1, ONE**2)
    assert min(price for _, price in entries) <= found <= max(price for _, price in entries)


@given(st.lists(PRICES, min_size=1, max_size=9))
@settings(max_examples=200, deadline=None)
def test_summary_lies_between_the_extremes(latest: list[Dec]) -> None:
    found = summarise(latest, latest)
    assert found.lowest == min(latest) and found.highest == max(latest)
    assert found.lowest <= found.median <= found.highest
    assert found.lowest <= found.average <= found.highest
    assert mean(latest) == found.average
