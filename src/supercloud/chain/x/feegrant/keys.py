"""Layout of the `feegrant` store.

0x00 | len, grantee | len, granter                    -> Grant
0x01 | expiration (12) | len, grantee | len, granter  -> 0x01, queue of what expires
"""

from __future__ import annotations

from supercloud.chain.baseapp.timestamps import time_key

STORE = "feegrant"

GRANT_PREFIX = b"\x00"
QUEUE_PREFIX = b"\x01"
PRESENT = b"\x01"
_QUEUE_PAIR = 13


def _sized(address: bytes) -> bytes:
    return b"%c%b" % (len(address), address)


def grantee_prefix(grantee: bytes) -> bytes:
    """Prefix of the grants to an account."""
    return GRANT_PREFIX + _sized(grantee)


def grant_key(granter: bytes, grantee: bytes) -> bytes:
    """Key of a grant."""
    return grantee_prefix(grantee) + _sized(granter)


def queue_key(expiration: int, granter: bytes, grantee: bytes) -> bytes:
    """Key of a grant in the queue of what expires."""
    return QUEUE_PREFIX + time_key(expiration) + _sized(grantee) + _sized(granter)


def queue_end(now: int) -> bytes:
    """First key of what has not expired: an allowance is good up to and at its expiration."""
    return QUEUE_PREFIX + time_key(now)


def parse_pair(sized: bytes) -> tuple[bytes, bytes]:
    """Granter and grantee of the part of a key behind its prefix."""
    split = 1 + sized[0]
    return sized[split + 1 :], sized[1:split]


def parse_queue_key(key: bytes) -> tuple[bytes, bytes]:
    """Granter and grantee of a queue key."""
    return parse_pair(key[_QUEUE_PAIR:])
