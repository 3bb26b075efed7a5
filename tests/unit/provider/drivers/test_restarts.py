"""When containers are started again."""

from __future__ import annotations

from supercloud.provider.drivers.restarts import DELAY_S, DELAY_S_MAX, STABLE_S, Restarts


def test_each_start_waits_longer_than_the_one_before() -> None:
    restarts, now_s, waits = Restarts(), 100.0, []
    for _ in range(15):
        due_s = restarts.ended("a", now_s)
        waits.append(due_s - now_s)
        restarts.started("a", due_s)
        now_s = due_s + 1
    assert waits[0] == DELAY_S
    assert waits == sorted(waits) and waits[-1] == DELAY_S_MAX
    assert restarts.count("a") == 15


def test_who_ran_long_enough_starts_over() -> None:
    restarts = Restarts()
    for _ in range(5):
        restarts.started("a", restarts.ended("a", 0.0))
    assert restarts.ended("a", STABLE_S * 2) == STABLE_S * 2 + DELAY_S


def test_seen_twice_is_one_end() -> None:
    restarts = Restarts()
    due_s = restarts.ended("a", 0.0)
    assert restarts.ended("a", 0.5) == due_s
    assert not restarts.is_due("a", 0.5) and restarts.is_due("a", due_s)
    assert restarts.wait_s("a", 0.25) == due_s - 0.25
    assert restarts.next_due_s() == due_s


def test_what_runs_or_is_gone_waits_for_nothing() -> None:
    restarts = Restarts()
    restarts.ended("a", 0.0)
    restarts.ended("b", 0.0)
    restarts.runs("a")
    restarts.runs("never seen")
    restarts.keep({"a"})
    assert restarts.next_due_s() is None
    assert (restarts.count("b"), restarts.wait_s("b", 0.0), restarts.is_due("b", 9.0)) == (0, 0.0, False)
