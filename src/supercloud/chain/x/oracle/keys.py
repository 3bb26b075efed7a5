"""Layout of the `oracle` store.

0x09 -> Params
0x1101 | source | denom | base -> PriceLatestDataState: the newest entry of a source
0x1102 | denom | base -> AggregatedPrice
0x1103 | denom | base -> PriceHealth
0x1105 | source | denom | base | time | sequence -> PriceDataState: every entry that is kept
0x1200 -> how many sources ever had a number
0x1202 | address -> a source's number

A source is a number of four bytes; denoms come with their length; a time is 12 bytes of nanoseconds, so that
entries of one source and pair sort by time.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from supercloud.chain.baseapp.timestamps import time_key

STORE: Final = "oracle"

PARAMS: Final = b"\x09"
LATEST: Final = b"\x11\x01"
AGGREGATED: Final = b"\x11\x02"
HEALTH: Final = b"\x11\x03"
PRICES: Final = b"\x11\x05"
SOURCES_COUNT: Final = b"\x12\x00"
SOURCE_NUMBER: Final = b"\x12\x02"

_SOURCE_BYTES: Final = 4
_TIME_BYTES: Final = 12
SEQUENCE_BYTES: Final = 8


class Pair(NamedTuple):
    """What is priced, and in what."""

    denom: str
    base: str


class Entry(NamedTuple):
    """Where one reported price stands."""

    source: int
    pair: Pair
    time: int
    """Nanoseconds since 1970."""
    sequence: int


def _sized(text: str) -> bytes:
    raw = text.encode()
    return bytes((len(raw),)) + raw


def pair_part(pair: Pair) -> bytes:
    """A pair in keys."""
    return _sized(pair.denom) + _sized(pair.base)


def feed_part(source: int, pair: Pair) -> bytes:
    """A source's reports of a pair, in keys."""
    return source.to_bytes(_SOURCE_BYTES, "big") + pair_part(pair)


def entry_key(entry: Entry) -> bytes:
    """Where an entry's price lies."""
    place = time_key(entry.time) + entry.sequence.to_bytes(SEQUENCE_BYTES, "big")
    return PRICES + feed_part(entry.source, entry.pair) + place


def time_bound(source: int, pair: Pair, time: int) -> bytes:
    """The first key at or after a time."""
    return PRICES + feed_part(source, pair) + time_key(time)


def parse_pair(part: bytes) -> tuple[Pair, bytes]:
    """A pair and what follows it."""
    first = part[0]
    denom, rest = part[1 : 1 + first], part[1 + first :]
    second = rest[0]
    return Pair(denom.decode(), rest[1 : 1 + second].decode()), rest[1 + second :]


def parse_feed(part: bytes) -> tuple[int, Pair, bytes]:
    """A source, a pair and what follows them."""
    pair, rest = parse_pair(part[_SOURCE_BYTES:])
    return int.from_bytes(part[:_SOURCE_BYTES], "big"), pair, rest


def parse_entry(part: bytes) -> Entry:
    """An entry from its key without the table's prefix."""
    source, pair, rest = parse_feed(part)
    time, sequence = rest[:_TIME_BYTES], rest[_TIME_BYTES:]
    return Entry(source, pair, int.from_bytes(time, "big"), int.from_bytes(sequence, "big"))


def source_key(address: bytes) -> bytes:
    """Where a source's number lies."""
    return SOURCE_NUMBER + address
