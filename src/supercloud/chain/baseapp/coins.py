"""Sets of coins as messages and records carry them: checked, subtracted, written back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from supercloud.pb.cosmos.base.v1beta1 import coin_pb2
from supercloud.types.coin import AMOUNT_MAX, Coin, is_denom
from supercloud.types.errors import InvalidCoins

_AMOUNT_DIGITS_MAX = 78


def coins_or_none(coins: Iterable[coin_pb2.Coin]) -> list[Coin] | None:
    """The coins as a set, or None unless all are positive and sorted by denom, each denom once."""
    checked: list[Coin] = []
    last = ""
    for coin in coins:
        denom, text = coin.denom, coin.amount
        if not (text.isascii() and text.isdigit() and len(text) <= _AMOUNT_DIGITS_MAX):
            return None
        amount = int(text)
        if amount == 0 or amount > AMOUNT_MAX or denom <= last or not is_denom(denom):
            return None
        checked.append(Coin(denom, amount))
        last = denom
    return checked


def checked_coins(coins: Sequence[coin_pb2.Coin]) -> list[Coin]:
    """The coins of a message, at least one; sdk 10 when they are no set."""
    checked = coins_or_none(coins)
    if not checked:
        raise InvalidCoins(pb_coins_text(coins))
    return checked


def pb_coins_text(coins: Iterable[coin_pb2.Coin]) -> str:
    """The coins as they stand, for refusals."""
    return ",".join([f"{coin.amount}{coin.denom}" for coin in coins])


def subtract_coins(coins: Sequence[Coin], other: Sequence[Coin]) -> list[Coin] | None:
    """What is left of a set, without zeros; None when it does not cover the other."""
    left = dict(coins)
    for denom, amount in other:
        left[denom] = left.get(denom, 0) - amount
    if any(amount < 0 for amount in left.values()):
        return None
    return [Coin(denom, left[denom]) for denom in sorted(left) if left[denom]]


def coins_to_pb(coins: Iterable[Coin]) -> list[coin_pb2.Coin]:
    """The coins as repeated messages."""
    return [coin_pb2.Coin(denom=coin.denom, amount=str(coin.amount)) for coin in coins]
