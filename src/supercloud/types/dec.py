"""Decimals with 18 digits, exact and reproducible: integers of 10^-18.

Source: the network's LegacyDec. On the wire a decimal is the text of its raw integer; in JSON it is decimal text.
Multiplication and division round half to even, unless a verb says truncate.
"""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

from supercloud.pb.cosmos.base.v1beta1 import coin_pb2

DIGITS: Final = 18
ONE: Final = 10**DIGITS
RAW: Final = re.compile(r"-?[0-9]{1,96}")
TEXT: Final = re.compile(r"(-?)([0-9]{1,78})(?:\.([0-9]{1,18}))?")
# LegacyDec holds 256 bits and the 60 bits of its precision.
RAW_MAX: Final = 2**316 - 1


class Dec(NamedTuple):
    """A decimal; `raw` is its value times 10^18."""

    raw: int

    @classmethod
    def of(cls, whole: int) -> Dec:
        """From an integer."""
        return cls(whole * ONE)

    @classmethod
    def from_wire(cls, text: str) -> Dec:
        """From the wire's raw integer text; empty means zero. Raises ValueError."""
        if not text:
            return cls(0)
        if not RAW.fullmatch(text) or abs(raw := int(text)) > RAW_MAX:
            raise ValueError(f"invalid decimal {text[:100]!r}")
        return cls(raw)

    @classmethod
    def from_text(cls, text: str) -> Dec:
        """From decimal text with at most 18 digits after the point. Raises ValueError."""
        match = TEXT.fullmatch(text)
        if match is None:
            raise ValueError(f"failed to set decimal string: {text[:100]!r}")
        raw = int(match[2]) * ONE + int(((match[3] or "") + "0" * DIGITS)[:DIGITS])
        if raw > RAW_MAX:
            raise ValueError(f"decimal out of range: {text[:100]!r}")
        return cls(-raw if match[1] else raw)

    def to_wire(self) -> str:
        """Raw integer text."""
        return str(self.raw)

    def text(self) -> str:
        """Decimal text with all 18 digits, as the network prints it."""
        whole, part = divmod(abs(self.raw), ONE)
        return f"{'-' if self.raw < 0 else ''}{whole}.{part:018d}"

    def __str__(self) -> str:
        return self.text()

    def add(self, other: Dec) -> Dec:
        """Sum."""
        return Dec(self.raw + other.raw)

    def sub(self, other: Dec) -> Dec:
        """Difference."""
        return Dec(self.raw - other.raw)

    def neg(self) -> Dec:
        """The same with the other sign."""
        return Dec(-self.raw)

    def mul_int(self, factor: int) -> Dec:
        """Product with an integer, exact."""
        return Dec(self.raw * factor)

    def mul(self, other: Dec) -> Dec:
        """Product, rounded half to even."""
        return Dec(_round(self.raw * other.raw, ONE))

    def mul_truncate(self, other: Dec) -> Dec:
        """Product, rounded towards zero."""
        return Dec(_truncate(self.raw * other.raw, ONE))

    def quo(self, other: Dec) -> Dec:
        """Quotient, rounded half to even. Raises ZeroDivisionError.

        As in the network it is cut after 36 digits first, which matters when exactly a half is left by that.
        """
        return Dec(_round(_truncate(self.raw * ONE * ONE, other.raw), ONE))

    def quo_truncate(self, other: Dec) -> Dec:
        """Quotient, rounded towards zero. Raises ZeroDivisionError."""
        return Dec(_truncate(self.raw * ONE, other.raw))

    def quo_round_up(self, other: Dec) -> Dec:
        """Quotient of two that are not negative, rounded up. Raises ZeroDivisionError."""
        return Dec(-(-self.raw * ONE // other.raw))

    def quo_int(self, divisor: int) -> Dec:
        """Quotient by an integer, rounded towards zero. Raises ZeroDivisionError."""
        return Dec(_truncate(self.raw, divisor))

    def round(self) -> int:
        """The nearest integer, half to even."""
        return _round(self.raw, ONE)

    def truncate(self) -> int:
        """The whole part, towards zero."""
        return _truncate(self.raw, ONE)

    def ceil(self) -> int:
        """The smallest integer that is not less."""
        return -(-self.raw // ONE)

    def is_zero(self) -> bool:
        """Whether it is zero."""
        return self.raw == 0

    def cmp(self, other: Dec) -> int:
        """-1, 0 or 1."""
        return (self.raw > other.raw) - (self.raw < other.raw)


def _truncate(numerator: int, denominator: int) -> int:
    quotient = abs(numerator) // abs(denominator)
    return quotient if (numerator < 0) == (denominator < 0) else -quotient


def _round(numerator: int, denominator: int) -> int:
    quotient, rest = divmod(abs(numerator), abs(denominator))
    twice = 2 * rest
    if twice > abs(denominator) or (twice == abs(denominator) and quotient & 1):
        quotient += 1
    return quotient if (numerator < 0) == (denominator < 0) else -quotient


class DecCoin(NamedTuple):
    """A decimal amount of one denom."""

    denom: str
    amount: Dec

    @classmethod
    def from_pb(cls, message: Any) -> DecCoin:
        """From a cosmos DecCoin message. Raises ValueError."""
        return cls(message.denom, Dec.from_wire(message.amount))

    def to_pb(self) -> Any:
        """As a cosmos DecCoin message."""
        return coin_pb2.DecCoin(denom=self.denom, amount=str(self.amount.raw))

    def __str__(self) -> str:
        return f"{self.amount.text()}{self.denom}"
