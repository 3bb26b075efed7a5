"""The auditor's oracle: what sources report, and what it means at the end of a block.

Prices are integers of 10^-18 dollars. A source's average weighs each price of its last seconds by how long it
held; the aggregate is the mean of the averages of sources that are fresh. It may be used when enough of them are, and
when their newest prices are close enough.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from supercloud.testing.auditor.decimals import ONE, over
from supercloud.testing.auditor.money import require

BPS = 10_000
FIRST_AGE = 12 * 10**9


@dataclass
class Source:
    """Who reports: prices with their times, oldest first, and whether the last one stands for it."""

    points: list[tuple[int, int]]
    """Time and price."""
    current: bool = False


@dataclass
class Bounds:
    """Parameters, nanoseconds where they are times."""

    sources_min: int = 1
    staleness: int = 0
    window: int = 0
    deviation_bps: int = 0
    drift: int = 0
    retention: int = 0
    prune_epoch: str = ""
    pruned_max: int = 0


class Prices:
    """What the native token is worth."""

    def __init__(self) -> None:
        self.time = 0
        self.sources: dict[str, Source] = {}
        self.allowed: list[str] = []
        self.bounds = Bounds()
        self.price: int | None = None
        """What may be used; None while the sources do not agree."""

    def set_params(self, params: Any) -> None:
        """Who may report, and when prices count. Who is dismissed begins anew should he come back."""
        self.allowed = list(params.sources)
        for name, source in self.sources.items():
            source.current = source.current and name in self.allowed
        self.bounds = Bounds(
            params.min_price_sources,
            _nanos(params.max_price_staleness_period),
            _nanos(params.twap_window),
            params.max_price_deviation_bps,
            _nanos(params.max_future_time_drift),
            _nanos(params.price_retention),
            params.prune_epoch,
            params.max_prune_per_epoch,
        )

    def report(self, msg: Any) -> None:
        """An accepted report."""
        require(msg.signer in self.allowed, f"{msg.signer} is no source and reported a price")
        at = msg.timestamp.seconds * 10**9 + msg.timestamp.nanos
        source = self.sources.setdefault(msg.signer, Source([]))
        last = source.points[-1][0] if source.points else 0
        least = last if source.current else max(last, self.time - FIRST_AGE)
        require(least <= at <= self.time + self.bounds.drift, f"{msg.signer} reported a price of {at}")
        source.points.append((at, int(msg.price)))
        source.current = True

    def prune(self, order_of: Callable[[str], bytes]) -> None:
        """Old prices go when their epoch ends, the oldest of the first sources first.

        Of a source that counts the one stays that held when the time that is kept began.
        """
        limit, room = self.time - self.bounds.retention, self.bounds.pruned_max
        for name in sorted(self.sources, key=order_of):
            source = self.sources[name]
            old = sum(at <= limit for at, _ in source.points)
            gone = min(max(old - 1, 0) if source.current else old, room)
            room -= gone
            source.points = source.points[gone:]

    def end(self) -> None:
        """What the sources say together at the block's time."""
        self.price = None
        found = [self._average(each) for each in self.sources.values() if each.current]
        fresh = [each for each in found if each is not None]
        if not fresh or len(fresh) < self.bounds.sources_min:
            return
        newest = [each[0] for each in fresh]
        spread = over((max(newest) - min(newest)) * BPS, min(newest)) // ONE
        if spread <= self.bounds.deviation_bps:
            self.price = over(sum(each[1] for each in fresh), len(fresh) * ONE)

    def _average(self, source: Source) -> tuple[int, int] | None:
        """A source's newest price that holds already, and its average; None when that is too old."""
        past = [point for point in source.points if point[0] <= self.time]
        if not past or past[-1][0] < self.time - self.bounds.staleness:
            return None
        begin, until = self.time - self.bounds.window, self.time
        total = weights = 0
        counted = []
        for at, price in reversed(past):
            held = until - max(at, begin)
            total, weights, until = total + price * held, weights + held, max(at, begin)
            counted.append(price)
            if at < begin:
                break
        if not weights:
            return past[-1][1], over(sum(counted), len(counted) * ONE)
        return past[-1][1], over(total, weights * ONE)


def _nanos(duration: Any) -> int:
    return int(duration.seconds * 10**9 + duration.nanos)
