"""Pages over records that are kept by state: the page key's format and the walk through the states.

Lists of deployments, orders, bids, leases, certificates and escrow accounts go through their states one
after the other (open ones first). The key that a client hands back to get the next page therefore names the
states still to come, where to go on, and along which index. Clients see it as opaque bytes; its layout is:

    crc32 (4 bytes, big endian, over the rest) | len states | len prefix | len primary key | [len path]

Nothing here knows what a record is: the caller says how to walk and what to keep.
"""

from __future__ import annotations

import binascii
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple, TypeVar

from supercloud.chain.baseapp.context import prefix_end
from supercloud.pb.cosmos.base.query.v1beta1.pagination_pb2 import PageRequest, PageResponse
from supercloud.types.errors import InvalidArgument

T = TypeVar("T")

LIMIT_DEFAULT = 100
LIMIT_MAX = 10_000
"""A larger page than this is cut; `next_key` leads on."""
KEY_BYTES_MAX = 4 + 4 * 256

BY_STATE = 0
"""The path that goes state by state, each in key order."""


class PageKey(NamedTuple):
    """What a page key says."""

    states: bytes
    prefix: bytes
    primary: bytes
    path: int | None = None

    def encode(self) -> bytes:
        """The bytes given to the client."""
        rest = bytearray()
        for part in (self.states, self.prefix, self.primary):
            if not 0 < len(part) < 256:
                raise ValueError("page key: a part is empty or too long")
            rest.append(len(part))
            rest += part
        if self.path is not None:
            rest += bytes((1, self.path))
        return binascii.crc32(rest).to_bytes(4, "big") + bytes(rest)

    @classmethod
    def decode(cls, key: bytes) -> PageKey:
        """Read a key that a client hands back; InvalidArgument when it is none of ours."""
        if not 5 <= len(key) <= KEY_BYTES_MAX:
            raise InvalidArgument("pagination: invalid key: invalid key length")
        if int.from_bytes(key[:4], "big") != binascii.crc32(key[4:]):
            raise InvalidArgument("pagination: invalid key: invalid checksum")
        parts: list[bytes] = []
        at = 4
        while at < len(key):
            end = at + 1 + key[at]
            if end > len(key):
                raise InvalidArgument("pagination: invalid key: a part is cut short")
            parts.append(key[at + 1 : end])
            at = end
        if len(parts) not in (3, 4) or not all(parts[:3]) or (len(parts) == 4 and len(parts[3]) > 1):
            raise InvalidArgument("pagination: invalid key: wrong parts")
        path = parts[3][0] if len(parts) == 4 and parts[3] else None
        return cls(parts[0], parts[1], parts[2], path)


class Plan(NamedTuple):
    """How one page is walked."""

    states: tuple[int, ...]
    path: int
    prefix: bytes
    """What the page key carries as prefix; empty on a first page."""
    resume: bytes | None
    """Primary key of the first record wanted, or None to start at the beginning."""
    reverse: bool


class Row(NamedTuple):
    """One record met on the walk."""

    state: int
    primary: bytes
    value: bytes


def plan(request: PageRequest, state: str, states: Mapping[str, int], path: int = BY_STATE) -> Plan:
    """The walk that a request asks for. `states` names the states in the order in which they are walked."""
    if request.offset and not state:
        raise InvalidArgument("invalid request parameters. if offset is set, filter.state must be provided")
    if request.key:
        key = PageKey.decode(request.key)
        known = tuple(states.values())
        if any(number not in known for number in key.states):
            raise InvalidArgument("pagination: invalid key: unknown state")
        return Plan(tuple(key.states), key.path or BY_STATE, key.prefix, key.primary, request.reverse)
    if state:
        if state not in states:
            raise InvalidArgument("invalid state value")
        return Plan((states[state],), path, b"", None, request.reverse)
    walked = tuple(states.values())
    if request.reverse and path == BY_STATE:
        walked = walked[::-1]
    return Plan(walked, path, b"", None, request.reverse)


def key_at(walk: Plan, row: Row, *, mixed: bool, path: int | None) -> PageKey:
    """The key that resumes a walk at a row.

    On a mixed path all states are walked together and stay in the key.
    """
    if mixed:
        return PageKey(bytes(walk.states), bytes((walk.states[0],)), row.primary, path)
    left = walk.states[walk.states.index(row.state) :]
    return PageKey(bytes(left), bytes((row.state,)), row.primary, path)


def collect(
    request: PageRequest,
    rows: Iterable[Row],
    accept: Callable[[Row], T | None],
    next_key: Callable[[Row], PageKey],
) -> tuple[list[T], PageResponse]:
    """Take one page from the rows: those that `accept` turns into an item.

    `total` is the number on this page, as the network has it, unless `count_total` asks for the true total
    of a first page; then the walk goes on to the end.
    """
    limit = min(request.limit or LIMIT_DEFAULT, LIMIT_MAX)
    offset = 0 if request.key else request.offset
    counting = request.count_total and not request.key
    items: list[T] = []
    response = PageResponse()
    matched = 0
    for row in rows:
        item = accept(row)
        if item is None:
            continue
        matched += 1
        if matched <= offset:
            continue
        if len(items) < limit:
            items.append(item)
            continue
        if not response.next_key:
            response.next_key = next_key(row).encode()
        if not counting:
            break
    response.total = matched if counting else len(items)
    return items, response


def bounds(prefix: bytes, table: bytes, resume: bytes | None, reverse: bool) -> tuple[bytes, bytes | None]:
    """Start and end of the range under `prefix`, cut where a walk resumes.

    `table` + primary key is a store key.
    """
    start, end = prefix, prefix_end(prefix)
    if resume is not None:
        at = table + resume
        if not at.startswith(prefix):
            raise InvalidArgument("pagination: invalid key: it belongs to another search")
        if reverse:
            end = at + b"\x00"
        else:
            start = at
    return start, end
