"""The vault's arithmetic: the network's own numbers, and bounds that hold for all."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from supercloud.chain.x.bme import conversion, types
from supercloud.chain.x.bme.conversion import Rate, Yield
from supercloud.types.dec import ONE, Dec

DOLLAR = Dec.of(1)


def dec(text: str) -> Dec:
    return Dec.from_text(text)


@pytest.mark.parametrize(
    ("amount", "given", "got", "spread_bps", "expected"),
    [
        (4, "1", "3", 0, Yield(1, 0)),
        (1_000_000, "1", "3", 0, Yield(333_333, 0)),
        (1_000_000, "1", "3", 100, Yield(333_333, 3_333)),
        (10_000_000, "1.5", "1", 25, Yield(15_000_000, 37_500)),
        (10_000_000, "1.5", "1", 0, Yield(15_000_000, 0)),
        (100_000_000, "1.5", "1", 25, Yield(150_000_000, 375_000)),
        (399, "1", "1", 25, Yield(399, 0)),
        (400, "1", "1", 25, Yield(400, 1)),
    ],
)
def test_what_a_conversion_gives(amount: int, given: str, got: str, spread_bps: int, expected: Yield) -> None:
    assert conversion.convert(amount, Rate(dec(given), dec(got)), spread_bps) == expected


def test_less_than_a_unit_is_refused() -> None:
    # 3 x 0.333333333333333333 = 0.999999999999999999, cut to nothing.
    with pytest.raises(types.Epsilon, match=r"0\.999999999999999999"):
        conversion.convert(3, Rate(DOLLAR, dec("3")), 0)
    with pytest.raises(types.ZeroPrice):
        conversion.convert(3, Rate(Dec(0), DOLLAR), 0)


@given(
    st.integers(1, 10**30),
    st.integers(1, 10**24).map(Dec),
    st.integers(1, 10**24).map(Dec),
    st.integers(0, types.SPREAD_BPS_MAX),
)
@settings(max_examples=300, deadline=None)
def test_a_spread_is_a_part_of_what_a_conversion_gives(
    amount: int, given_price: Dec, got_price: Dec, bps: int
) -> None:
    try:
        found = conversion.convert(amount, Rate(given_price, got_price), bps)
    except types.Epsilon:
        return
    assert 0 <= found.spread <= found.amount
    # Nothing is won by rounding beyond half of the last digit of the quotient.
    assert (
        found.amount * got_price.raw
        <= amount * given_price.raw + amount * got_price.raw // ONE + got_price.raw
    )


@pytest.mark.parametrize(
    ("bps", "blocks"),
    [
        (20_000, 10),
        (9_500, 10),
        (9_495, 10),
        (9_490, 11),
        (9_400, 25),
        (9_000, 1173),
        (8_900, 3044),
        (0, 14_400),
    ],
)
def test_mints_wait_the_longer_the_less_is_covered(bps: int, blocks: int) -> None:
    assert conversion.wait_blocks(types.default_params(), bps) == blocks


def test_mints_never_wait_less_than_the_least_nor_longer_without_backoff() -> None:
    params = types.default_params()
    params.epoch_blocks_backoff_percent = 0
    assert conversion.wait_blocks(params, 9_000) == 10
    params.epoch_blocks_backoff_percent, params.min_epoch_blocks = 100, 20_000
    assert conversion.wait_blocks(params, 9_000) == 20_000
    # A thousand doublings are counted without harm.
    params.circuit_breaker_warn_threshold = 10_000
    assert conversion.wait_blocks(params, 0) == 20_000


@pytest.mark.parametrize(
    ("bps", "status"),
    [
        (9_501, types.HEALTHY),
        (9_500, types.WARNING),
        (9_001, types.WARNING),
        (9_000, types.HALT_CR),
        (0, types.HALT_CR),
    ],
)
def test_what_a_ratio_means(bps: int, status: int) -> None:
    assert conversion.status_at(types.default_params(), bps) == status


def test_collateral_ratio() -> None:
    rate = Rate(dec("1.5"), DOLLAR)
    assert conversion.collateral_ratio(100, rate, 150) == DOLLAR
    assert conversion.collateral_ratio(100, rate, 300) == dec("0.5")
    # Without credit there is nothing to cover, and nothing to divide by.
    assert conversion.collateral_ratio(100, rate, 0) == Dec.of(150)
    assert conversion.collateral_ratio(0, rate, 0) == Dec(0)
    assert conversion.collateral_ratio(2**256, Rate(Dec.of(10**18), DOLLAR), 0) == Dec.of(10**30)
    assert conversion.ratio_bps(Dec.of(10**30)) == types.RATIO_BPS_MAX
    assert conversion.ratio_bps(dec("0.95009999")) == 9_500
