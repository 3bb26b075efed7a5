"""The vault's arithmetic: what a conversion gives, how well credit is covered, how long mints wait.

Pure; it knows no store and no bank. Source of the rules: the network's burn-mint module, to the last rounding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from supercloud.chain.x.bme import types
from supercloud.types.dec import Dec

if TYPE_CHECKING:
    from supercloud.pb.akash.bme.v1.params_pb2 import Params

WAIT_BLOCKS_MAX = 14_400
"""A day of six-second blocks."""
STEP_BPS = 10
RATIO_MAX = Dec.of(10**30)
"""Nothing is covered better: the ratio is told in events, whose decimals are bounded."""


class Rate(NamedTuple):
    """Dollars a whole unit: of what is given and of what is got."""

    given: Dec
    got: Dec


class Yield(NamedTuple):
    """What a conversion gives in all, and the part of it that stays in the vault."""

    amount: int
    spread: int


def convert(amount: int, rate: Rate, spread_bps: int) -> Yield:
    """Convert an amount; refuses (16) what gives less than one unit.

    The quotient of prices is rounded half to even at 18 digits, the result cut to whole units.
    """
    if rate.given.is_zero() or rate.got.is_zero():
        raise types.ZeroPrice("prices must not be zero")
    exact = rate.given.quo(rate.got).mul_int(amount)
    whole = exact.truncate()
    if whole <= 0:
        raise types.Epsilon(f"{exact} truncates to zero")
    spread = exact.mul_int(spread_bps).quo(Dec.of(types.BPS)).truncate()
    return Yield(whole, spread)


def collateral_ratio(locked: int, rate: Rate, outstanding: int) -> Dec:
    """Worth of the locked tokens over all credit; their worth alone while there is no credit."""
    worth = rate.given.quo(rate.got).mul_int(locked)
    return min(worth.quo(Dec.of(outstanding)) if outstanding > 0 else worth, RATIO_MAX)


def ratio_bps(ratio: Dec) -> int:
    """A ratio in basis points, cut and bounded to 32 bits."""
    return min(ratio.mul_int(types.BPS).truncate(), types.RATIO_BPS_MAX)


def status_at(params: Params, bps: int) -> int:
    """What a ratio means: healthy above the warning threshold, halted at the halt threshold and below."""
    if bps > params.circuit_breaker_warn_threshold:
        return types.HEALTHY
    return types.WARNING if bps > params.circuit_breaker_halt_threshold else types.HALT_CR


def wait_blocks(params: Params, bps: int) -> int:
    """Blocks between mints: the least above the warning threshold, growing with every 10 bps below."""
    least = params.min_epoch_blocks
    steps = max(params.circuit_breaker_warn_threshold - bps, 0) // STEP_BPS
    if not steps or not params.epoch_blocks_backoff_percent:
        return least
    factor = Dec.of(100 + params.epoch_blocks_backoff_percent).quo(Dec.of(100))
    grown = _power(factor, steps).mul_int(least)
    return max(min(grown, Dec.of(WAIT_BLOCKS_MAX)).truncate(), least)


def _power(base: Dec, exponent: int) -> Dec:
    """Power by squaring, rounded at each step in the order in which the network does it."""
    rest = Dec.of(1)
    while exponent > 1:
        if exponent % 2:
            rest = rest.mul(base)
        exponent //= 2
        base = base.mul(base)
    return base.mul(rest)
