"""One address's requests a second, by a clock that the test turns."""

from __future__ import annotations

import pytest

from supercloud import rates
from supercloud.rates import Rates


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def asked(bound: Rates, client: str, count: int) -> int:
    return sum(bound.take(client) for _ in range(count))


def test_an_address_may_ask_at_its_rate_and_twice_that_after_silence() -> None:
    clock = Clock()
    bound = Rates(10, clock)
    assert asked(bound, "a", 50) == 20 and asked(bound, "b", 50) == 20
    clock.now = 0.5
    assert asked(bound, "a", 50) == 5
    clock.now = 1000
    assert asked(bound, "a", 50) == 20
    assert "more than 10 requests a second" in bound.words


def test_a_batch_counts_as_what_it_holds() -> None:
    clock = Clock()
    bound = Rates(10, clock)
    assert bound.take("a", 100) and not bound.take("a")
    clock.now = 8
    assert not bound.take("a")
    clock.now = 8.2
    assert bound.take("a")


def test_nothing_is_counted_without_a_rate() -> None:
    bound = Rates(0, Clock())
    assert asked(bound, "a", 1000) == 1000 and len(bound) == 0


def test_many_addresses_are_not_kept_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "CLIENTS_KEPT_MAX", 100)
    bound = Rates(1, Clock())
    for number in range(500):
        bound.take(f"passer-by {number}")
        assert bound.take("busy") == (number < 2), "who goes on asking is not forgotten"
        assert len(bound) <= 100
    assert bound.take("passer-by 0"), "and who was silent for long is"


def test_a_crowd_of_new_addresses_costs_no_more_than_it_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing walks all who are known because one more comes."""
    levels = 0
    level = Rates._level

    def counted(bound: Rates, client: str, now: float) -> float:
        nonlocal levels
        levels += 1
        return level(bound, client, now)

    monkeypatch.setattr(rates, "CLIENTS_KEPT_MAX", 100)
    monkeypatch.setattr(Rates, "_level", counted)
    bound = Rates(1, Clock())
    assert asked(bound, "x", 1) == 1 and levels == 1
    for number in range(1000):
        bound.take(str(number))
    assert levels == 1001
