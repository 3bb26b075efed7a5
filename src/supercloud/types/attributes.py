"""Attributes: what providers say of themselves, what auditors vouch for, and what tenants ask for.

A requirement's key may be a shell pattern, matched as Go's path.Match does: `*` stays within a segment
between slashes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from supercloud.types.errors import INVALID_ARGUMENT, define

if TYPE_CHECKING:
    from supercloud.pb.akash.base.attributes.v1.attribute_pb2 import Attribute

KEY: Final = re.compile(r"[a-zA-Z][\w/.\-]{1,126}", re.ASCII)
"""What a provider may declare."""
KEY_WITH_WILDCARD: Final = re.compile(r"[a-zA-Z][\w/.\-]{1,126}[\w*]?", re.ASCII)
"""What a resource may ask for."""

DuplicateKeys = define("akash", 1, "attributes cannot have duplicate keys", INVALID_ARGUMENT)
InvalidKey = define("akash", 2, "attribute key does not match regexp", INVALID_ARGUMENT)


def check_strict(attributes: Iterable[Attribute]) -> None:
    """The rules of a provider's own attributes: proper keys, each once."""
    _check(attributes, KEY)


def check_wildcard(attributes: Iterable[Attribute]) -> None:
    """The rules of attributes that a resource asks for: keys may end in a star, each once."""
    _check(attributes, KEY_WITH_WILDCARD)


def _check(attributes: Iterable[Attribute], pattern: re.Pattern[str]) -> None:
    seen: dict[str, None] = {}
    for attribute in attributes:
        key = attribute.key
        if pattern.fullmatch(key) is None:
            raise InvalidKey(repr(key[:140]))
        if key in seen:
            raise DuplicateKeys(repr(key))
        seen[key] = None


def matches(required: Attribute, offered: Attribute) -> bool:
    """Whether an attribute is what a requirement asks for: the same value under a key that the pattern
    matches."""
    return required.value == offered.value and glob_match(required.key, offered.key)


def subset(required: Iterable[Attribute], offered: Sequence[Attribute]) -> bool:
    """Whether every requirement is met."""
    return all(any(matches(want, have) for have in offered) for want in required)


def any_of(required: Iterable[Attribute], offered: Sequence[Attribute]) -> bool:
    """Whether at least one requirement is met."""
    return any(matches(want, have) for want in required for have in offered)


def glob_match(pattern: str, name: str) -> bool:
    """Go's path.Match. A malformed pattern matches nothing.

    `*` and `?` do not cross a slash, `[a-z]` and `[^a-z]` are sets, `\\` takes the next character as it is.
    The time it takes is bounded by the product of both lengths.
    """
    if not any(special in pattern for special in "*?[\\"):
        return pattern == name
    chunks = _chunks(pattern)
    if chunks is None:
        return False
    at = 0
    for position, (star, chunk) in enumerate(chunks):
        last = position == len(chunks) - 1
        found = _find(chunk, name, at, star=star, to_end=last)
        if found is None:
            return False
        at = found
    return at == len(name)


# One character of a pattern: ranges that it may be in, or (negated) may not be in.
_Step = tuple[bool, tuple[tuple[str, str], ...]]
_NOT_SLASH: Final[_Step] = (True, (("/", "/"),))


def _find(chunk: list[_Step], name: str, at: int, *, star: bool, to_end: bool) -> int | None:
    """Where the chunk's first match ends; without a star in front it must begin at `at`."""
    while True:
        end = at + len(chunk)
        if end > len(name):
            return None
        if (not to_end or not star or end == len(name)) and _fits(chunk, name, at):
            return end
        if not star or at == len(name) or name[at] == "/":
            return None
        at += 1


def _fits(chunk: list[_Step], name: str, at: int) -> bool:
    for offset, (negated, ranges) in enumerate(chunk):
        character = name[at + offset]
        if any(low <= character <= high for low, high in ranges) == negated:
            return False
    return True


def _chunks(pattern: str) -> list[tuple[bool, list[_Step]]] | None:
    """The pattern cut at its stars: whether a star stands in front, and the steps up to the next one."""
    chunks: list[tuple[bool, list[_Step]]] = [(False, [])]
    at = 0
    while at < len(pattern):
        character = pattern[at]
        at += 1
        if character == "*":
            if chunks[-1][1] or not chunks[-1][0]:
                chunks.append((True, []))
            continue
        if character == "?":
            chunks[-1][1].append(_NOT_SLASH)
            continue
        if character == "[":
            read = _read_set(pattern, at)
            if read is None:
                return None
            step, at = read
            chunks[-1][1].append(step)
            continue
        if character == "\\":
            if at == len(pattern):
                return None
            character = pattern[at]
            at += 1
        chunks[-1][1].append((False, ((character, character),)))
    return chunks


def _read_set(pattern: str, at: int) -> tuple[_Step, int] | None:
    negated = pattern[at : at + 1] == "^"
    if negated:
        at += 1
    ranges: list[tuple[str, str]] = []
    while True:
        if pattern[at : at + 1] == "]" and ranges:
            return (negated, tuple(ranges)), at + 1
        low = _read_bound(pattern, at)
        if low is None:
            return None
        first, at = low
        last = first
        if pattern[at : at + 1] == "-":
            high = _read_bound(pattern, at + 1)
            if high is None:
                return None
            last, at = high
        ranges.append((first, last))


def _read_bound(pattern: str, at: int) -> tuple[str, int] | None:
    character = pattern[at : at + 1]
    if character in ("", "-", "]"):
        return None
    if character == "\\":
        at += 1
        character = pattern[at : at + 1]
        if not character:
            return None
    return character, at + 1
