"""The arithmetic of prices: one source's average over time, and what several sources say together.

Pure; it knows no store. Source of the rules: the network's oracle v2 (time-weighted, boundary clamped).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from supercloud.types.dec import Dec

BPS = 10_000


class Point(NamedTuple):
    """A price and since when it holds (nanoseconds)."""

    time: int
    price: Dec


class Summary(NamedTuple):
    """What the sources say together."""

    average: Dec
    median: Dec
    lowest: Dec
    highest: Dec
    deviation_bps: int


def time_weighted(now: int, points: Sequence[Point]) -> Dec:
    """The average of a source's prices, each weighted by how long it held; `points` are newest first.

    Points that all begin now have no weight: they count alike.
    """
    total, weights, until = Dec(0), 0, now
    for point in points:
        weight = until - point.time
        total = total.add(point.price.mul_int(weight))
        weights += weight
        until = point.time
    if not weights:
        return mean([point.price for point in points])
    return total.quo(Dec.of(weights))


def mean(values: Sequence[Dec]) -> Dec:
    """The mean of at least one value, rounded half to even."""
    return Dec(sum(value.raw for value in values)).quo(Dec.of(len(values)))


def median(values: Sequence[Dec]) -> Dec:
    """The middle value, or the mean of the two in the middle."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else mean(ordered[middle - 1 : middle + 1])


def summarise(averages: Sequence[Dec], latest: Sequence[Dec]) -> Summary:
    """Averages over time of at least one source, and the sources' latest prices, as one."""
    lowest, highest = min(latest), max(latest)
    spread = highest.sub(lowest).mul_int(BPS).quo(lowest).truncate()
    return Summary(mean(averages), median(latest), lowest, highest, spread)
