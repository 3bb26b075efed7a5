"""Amounts of several denoms with 18 digits after the point: what rewards are counted in until they are paid."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from supercloud.pb.cosmos.base.v1beta1 import coin_pb2
from supercloud.types.coin import Coin
from supercloud.types.dec import ONE, Dec
from supercloud.types.errors import invariant


class DecCoins(NamedTuple):
    """Raw amounts by denom, in order of denoms, none of them zero."""

    amounts: Mapping[str, int]

    @classmethod
    def of(cls, coins: Iterable[Coin]) -> DecCoins:
        """Whole coins."""
        return _made({coin.denom: coin.amount * ONE for coin in coins})

    @classmethod
    def from_pb(cls, messages: Iterable[Any]) -> DecCoins:
        """From repeated DecCoin messages. Raises ValueError."""
        amounts: dict[str, int] = {}
        for message in messages:
            amounts[message.denom] = amounts.get(message.denom, 0) + Dec.from_wire(message.amount).raw
        if any(amount < 0 for amount in amounts.values()):
            raise ValueError("negative rewards")
        return _made(amounts)

    def to_pb(self) -> list[coin_pb2.DecCoin]:
        """As repeated DecCoin messages."""
        return [coin_pb2.DecCoin(denom=denom, amount=str(raw)) for denom, raw in self.amounts.items()]

    def is_zero(self) -> bool:
        """Whether there is nothing."""
        return not self.amounts

    def text(self) -> str:
        """`1.500000000000000000uakt,...`, as events have it."""
        return ",".join([f"{Dec(raw)}{denom}" for denom, raw in self.amounts.items()])

    def add(self, other: DecCoins) -> DecCoins:
        """Sum."""
        if not other.amounts:
            return self
        amounts = dict(self.amounts)
        for denom, raw in other.amounts.items():
            amounts[denom] = amounts.get(denom, 0) + raw
        return _made(amounts)

    def sub(self, other: DecCoins) -> DecCoins:
        """Difference, which must not be negative: rewards never are."""
        left = self.minus(other)
        invariant(left is not None, f"rewards fall below zero: {self.text()} - {other.text()}")
        assert left is not None
        return left

    def minus(self, other: DecCoins) -> DecCoins | None:
        """Difference, or None where it would be negative."""
        amounts = dict(self.amounts)
        for denom, raw in other.amounts.items():
            amounts[denom] = amounts.get(denom, 0) - raw
        if any(raw < 0 for raw in amounts.values()):
            return None
        return _made(amounts)

    def times(self, factor: Dec) -> DecCoins:
        """Each amount times a factor, to the nearest digit."""
        return self._each(lambda amount: amount.mul(factor))

    def times_truncated(self, factor: Dec) -> DecCoins:
        """Each amount times a factor, rounded down."""
        return self._each(lambda amount: amount.mul_truncate(factor))

    def over_truncated(self, divisor: Dec) -> DecCoins:
        """Each amount divided, rounded down."""
        return self._each(lambda amount: amount.quo_truncate(divisor))

    def capped(self, other: DecCoins) -> DecCoins:
        """Of each denom the smaller of both amounts."""
        return _made({denom: min(raw, other.amounts.get(denom, 0)) for denom, raw in self.amounts.items()})

    def whole(self) -> tuple[list[Coin], DecCoins]:
        """The whole coins, and what is left over."""
        coins = [Coin(denom, raw // ONE) for denom, raw in self.amounts.items() if raw >= ONE]
        return coins, _made({denom: raw % ONE for denom, raw in self.amounts.items()})

    def _each(self, change: Callable[[Dec], Dec]) -> DecCoins:
        return _made({denom: change(Dec(raw)).raw for denom, raw in self.amounts.items()})


NOTHING = DecCoins({})


def _made(amounts: Mapping[str, int]) -> DecCoins:
    return DecCoins({denom: amounts[denom] for denom in sorted(amounts) if amounts[denom]})
