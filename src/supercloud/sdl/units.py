"""Numbers of SDL files as Go reads them: cores, byte sizes, prices, durations.

Go parses decimal text into an IEEE double, multiplies and cuts off. The same is done here in exact arithmetic: the
nearest double is found with fractions, so that no float is needed and every platform agrees.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Final

from supercloud.sdl.document import Value

_FLOAT: Final = re.compile(r"[+-]?([0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)([eE][+-]?[0-9]{1,3})?")
_SUFFIXES: Final = {
    "": 1,
    "k": 10**3,
    "M": 10**6,
    "G": 10**9,
    "T": 10**12,
    "P": 10**15,
    "E": 10**18,
    "Ki": 2**10,
    "Mi": 2**20,
    "Gi": 2**30,
    "Ti": 2**40,
    "Pi": 2**50,
    "Ei": 2**60,
}
_SIZE: Final = re.compile(r"(.*?)(Ki|Mi|Gi|Ti|Pi|Ei|k|M|G|T|P|E)?", re.DOTALL)
_RAM: Final = re.compile(r"(.*?)(Ki|Mi|Gi|Ti|Pi|Ei)")
_DURATION: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ns|us|µs|ms|s|m|h)")
_NANOSECONDS: Final = {
    "ns": 1,
    "us": 10**3,
    "µs": 10**3,
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
}
# Longer text is no number anybody means, and reading it costs more than its length.
NUMBER_CHARS_MAX: Final = 400
MANTISSA_BITS: Final = 53
EXPONENT_MIN: Final = -1074
U64_MAX: Final = 2**64 - 1
PRICE_DIGITS: Final = 18


def nearest_double(exact: Fraction) -> Fraction:
    """The IEEE 754 double nearest to a number (ties to even), as an exact fraction."""
    if exact == 0:
        return exact
    size = abs(exact)
    exponent = size.numerator.bit_length() - size.denominator.bit_length()
    if Fraction(2) ** exponent > size:
        exponent -= 1
    shift = max(exponent - MANTISSA_BITS + 1, EXPONENT_MIN)
    unit = Fraction(2) ** shift
    scaled = size * (1 if unit == 0 else Fraction(unit.denominator, unit.numerator))
    whole, rest = divmod(scaled.numerator, scaled.denominator)
    twice = 2 * rest
    if twice > scaled.denominator or (twice == scaled.denominator and whole & 1):
        whole += 1
    result = whole * unit
    return -result if exact < 0 else result


def _double(value: Value, text: str, what: str) -> Fraction:
    if len(text) > NUMBER_CHARS_MAX or not _FLOAT.fullmatch(text) or "__" in text:
        raise value.refuse(f"strconv.ParseFloat: parsing {text[:40]!r}: invalid syntax", what)
    cleaned = text.replace("_", "")
    return nearest_double(Fraction(cleaned))


def cpu_milli(value: Value) -> int:
    """Thousandths of a core: `500m`, or cores such as `0.5`."""
    allowed = "thousandths such as 500m, or cores such as 0.5"
    text = value.text()
    if text.endswith("m"):
        if not re.fullmatch("[0-9]{1,20}", text[:-1]) or int(text[:-1]) > U64_MAX:
            raise value.refuse(f"strconv.ParseUint: parsing {text[:-1][:40]!r}: invalid syntax", allowed)
        return int(text[:-1])
    cores = _double(value, text, allowed)
    if cores < 0:
        raise value.refuse(f"negative value not allowed: {text}", allowed)
    return _cut(nearest_double(cores * 1000), value)


def byte_size(value: Value) -> int:
    """Bytes: a number with k M G T P E or Ki Mi Gi Ti Pi Ei."""
    allowed = "a size such as 512Mi or 1Gi (k M G T P E, Ki Mi Gi Ti Pi Ei)"
    match = _SIZE.fullmatch(value.text()[: NUMBER_CHARS_MAX + 1])
    assert match is not None
    size = _double(value, match[1], allowed)
    if size < 0:
        raise value.refuse(f"negative value not allowed: {value.text()}", allowed)
    return _cut(nearest_double(size * _SUFFIXES[match[2] or ""]), value)


def gpu_ram(value: Value) -> str:
    """Size of a GPU's memory as it stands in an attribute, such as `80Gi`."""
    allowed = "a size with a binary suffix, such as 80Gi"
    match = _RAM.fullmatch(value.text()[: NUMBER_CHARS_MAX + 1])
    if match is None:
        raise value.refuse(f"invalid GPU ram {value.found()}", allowed)
    return f"{_cut(_double(value, match[1], allowed), value)}{match[2]}"


def _cut(number: Fraction, value: Value) -> int:
    whole = number.numerator // number.denominator
    if whole > U64_MAX:
        raise value.refuse(f"{value.found()} is out of range")
    return whole


def price(value: Value) -> tuple[str, int]:
    """A decimal amount above zero with at most 18 digits: its text with 18 digits, and its raw integer."""
    allowed = "a decimal number above zero, such as 1000 or 1.5"
    text = value.text()
    if not text:
        raise value.refuse("invalid amount: empty", allowed)
    if text.startswith("-"):
        raise value.refuse(f"amount is negative: {text[:40]}", allowed)
    match = re.fullmatch(r"\+?([0-9]{1,60})(?:\.([0-9]*))?", text)
    if match is None or (match[2] is not None and not match[2] and "." in text):
        raise value.refuse(f"failed to set decimal string {text[:40]!r}", allowed)
    digits = match[2] or ""
    if len(digits) > PRICE_DIGITS:
        raise value.refuse(
            f"value {text[:40]!r} exceeds max precision of {PRICE_DIGITS} decimal places", allowed
        )
    raw = int(match[1]) * 10**PRICE_DIGITS + int((digits + "0" * PRICE_DIGITS)[:PRICE_DIGITS])
    if raw == 0:
        raise value.refuse("amount is zero", allowed)
    whole, part = divmod(raw, 10**PRICE_DIGITS)
    return f"{whole}.{part:018d}", raw


def duration_ns(value: Value) -> int:
    """A Go duration such as `24h` or `1h30m`, above zero, in nanoseconds."""
    allowed = "a duration above zero, such as 24h or 90m"
    text = value.text()
    if len(text) > NUMBER_CHARS_MAX:
        raise value.refuse(f"invalid duration {value.found()}", allowed)
    total, at = Fraction(0), 0
    while at < len(text):
        match = _DURATION.match(text, at)
        if match is None:
            raise value.refuse(f"invalid duration {value.found()}", allowed)
        total += Fraction(match[1]) * _NANOSECONDS[match[2]]
        at = match.end()
    whole = total.numerator // total.denominator
    if not 0 < whole < 2**63:
        raise value.refuse(f"invalid duration {value.found()}", allowed)
    return whole
