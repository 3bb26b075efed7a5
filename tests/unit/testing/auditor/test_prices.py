"""The auditor's prices: averages over time, agreement, silence, and what goes when it is old."""

from __future__ import annotations

import pytest

from supercloud.pb.akash.oracle.v2.msgs_pb2 import MsgAddPriceEntry
from supercloud.pb.akash.oracle.v2.params_pb2 import Params
from supercloud.testing.auditor.decimals import ONE
from supercloud.testing.auditor.money import Disagreement
from supercloud.testing.auditor.prices import Prices

SECOND = 10**9


def params(*sources: str, least: int = 1) -> Params:
    made = Params(sources=sources, min_price_sources=least, max_price_deviation_bps=100, prune_epoch="hour")
    made.max_price_staleness_period.seconds = 30
    made.twap_window.seconds = 10
    made.max_future_time_drift.seconds = 5
    made.price_retention.seconds = 60
    made.max_prune_per_epoch = 2
    return made


@pytest.fixture
def prices() -> Prices:
    made = Prices()
    made.set_params(params("a", "b"))
    made.time = 1000 * SECOND
    return made


def report(prices: Prices, source: str, price: int, at: int) -> None:
    message = MsgAddPriceEntry(signer=source, price=str(price * ONE))
    message.timestamp.seconds = at
    prices.report(message)


def at(prices: Prices, seconds: int) -> int | None:
    prices.time = seconds * SECOND
    prices.end()
    return prices.price


def test_a_price_counts_as_long_as_it_held(prices: Prices) -> None:
    report(prices, "a", 10, 1000)
    assert at(prices, 1000) == 10 * ONE
    prices.time = 1006 * SECOND
    report(prices, "a", 20, 1006)
    # The window began when the first one held: four seconds of it, then six of the second.
    assert at(prices, 1012) == 16 * ONE
    assert at(prices, 1036) == 20 * ONE
    assert at(prices, 1037) is None


def test_two_of_one_moment_count_alike(prices: Prices) -> None:
    report(prices, "a", 10, 1000)
    report(prices, "a", 11, 1000)
    assert at(prices, 1000) == 10 * ONE + ONE // 2


def test_sources_must_agree_and_be_enough(prices: Prices) -> None:
    report(prices, "a", 100, 1000)
    report(prices, "b", 101, 1000)
    assert at(prices, 1001) == 100 * ONE + ONE // 2
    report(prices, "b", 102, 1001)
    assert at(prices, 1001) is None
    prices.set_params(params("a", least=2))
    assert at(prices, 1001) is None
    prices.set_params(params("a"))
    assert at(prices, 1001) == 100 * ONE
    prices.set_params(params())
    assert at(prices, 1001) is None


def test_old_prices_go_but_not_the_last_of_a_source(prices: Prices) -> None:
    for second in (1000, 1001, 1002, 1003):
        report(prices, "b", 10, second)
    report(prices, "a", 10, 1000)
    prices.time = 2000 * SECOND
    prices.prune(str.encode)
    assert [len(prices.sources[name].points) for name in ("a", "b")] == [1, 2]
    prices.set_params(params("a"))
    prices.prune(str.encode)
    assert [len(prices.sources[name].points) for name in ("a", "b")] == [1, 0]


def test_what_must_not_be_accepted(prices: Prices) -> None:
    with pytest.raises(Disagreement, match="is no source"):
        report(prices, "eve", 1, 1000)
    for wrong in (987, 1006):
        with pytest.raises(Disagreement, match="reported a price of"):
            report(prices, "a", 1, wrong)
    report(prices, "a", 1, 1000)
    with pytest.raises(Disagreement, match="reported a price of"):
        report(prices, "a", 1, 999)
