"""Amounts of one denomination, and sets of them. Amounts are integers; a set is sorted by denom without zeros."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from supercloud.pb.cosmos.base.v1beta1 import coin_pb2

DENOM: Final = re.compile(r"[a-zA-Z][a-zA-Z0-9/:._-]{2,127}")
COIN: Final = re.compile(r"([0-9]{1,78})[ \t]*([a-zA-Z][a-zA-Z0-9/:._-]{2,127})")
# math.Int of the network holds 256 bits.
AMOUNT_MAX: Final = 2**256 - 1
AMOUNT: Final = re.compile(r"-?[0-9]{1,78}")


def is_denom(denom: str) -> bool:
    """Whether the network allows this name for a denomination."""
    return DENOM.fullmatch(denom) is not None


def parse_amount(text: str) -> int:
    """An integer amount from the wire; empty means zero, as there. Raises ValueError."""
    if not text:
        return 0
    if not AMOUNT.fullmatch(text) or abs(number := int(text)) > AMOUNT_MAX:
        raise ValueError(f"invalid amount {text[:80]!r}")
    return number


class Coin(NamedTuple):
    """An amount of one denom."""

    denom: str
    amount: int

    @classmethod
    def from_pb(cls, message: Any) -> Coin:
        """From a cosmos Coin message. Raises ValueError for an amount that is no integer."""
        return cls(message.denom, parse_amount(message.amount))

    def to_pb(self) -> Any:
        """As a cosmos Coin message."""
        return coin_pb2.Coin(denom=self.denom, amount=str(self.amount))

    def __str__(self) -> str:
        return f"{self.amount}{self.denom}"


def coins_from_pb(messages: Iterable[Any]) -> list[Coin]:
    """From repeated Coin messages, order kept."""
    return [Coin(message.denom, parse_amount(message.amount)) for message in messages]


def coins_text(coins: Iterable[Coin]) -> str:
    """`1uakt,2uusdc`, in the given order; empty for none."""
    return ",".join([f"{coin.amount}{coin.denom}" for coin in coins])


def sorted_coins(coins: Iterable[Coin]) -> list[Coin]:
    """The set of these amounts: one entry a denom, sorted, zeros left out."""
    total: dict[str, int] = {}
    for coin in coins:
        total[coin.denom] = total.get(coin.denom, 0) + coin.amount
    return [Coin(denom, total[denom]) for denom in sorted(total) if total[denom]]


def valid_coins(coins: list[Coin]) -> bool:
    """Whether the list is a set as the network wants it: sorted, no duplicates, all positive, valid denoms."""
    last = ""
    for coin in coins:
        if coin.denom <= last or coin.amount <= 0 or not is_denom(coin.denom):
            return False
        last = coin.denom
    return True


def parse_coins(text: str) -> list[Coin]:
    """A set from text such as `1000uakt,500uusdc`. Raises ValueError."""
    coins = []
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        match = COIN.fullmatch(part)
        if match is None:
            raise ValueError(f"{part!r} is no coin; expected an amount and a denom, such as 1000uakt")
        coins.append(Coin(match[2], parse_amount(match[1])))
    return sorted_coins(coins)
