"""Decimals of the auditor: plain integers of 10^-18, with the two roundings that the network's rules name."""

from __future__ import annotations

ONE = 10**18


def rounded(numerator: int, denominator: int) -> int:
    """A quotient of two that are not negative, to the nearest integer; of two as near the even one."""
    whole, rest = divmod(numerator, denominator)
    if 2 * rest > denominator or (2 * rest == denominator and whole % 2):
        return whole + 1
    return whole


def times(left: int, right: int) -> int:
    """Product of two decimals, to the nearest digit."""
    return rounded(left * right, ONE)


def over(left: int, right: int) -> int:
    """Quotient of two decimals: cut after 36 digits, then to the nearest of 18."""
    return rounded(left * ONE * ONE // right, ONE)
