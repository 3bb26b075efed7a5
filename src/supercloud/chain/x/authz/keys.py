"""Layout of the `authz` store.

0x01 | len, granter | len, grantee | message type                    -> Grant
0x02 | expiration (12) | len, granter | len, grantee | message type  -> 0x01, queue of what expires
0x03 | len, grantee | len, granter | message type                    -> 0x01, index by grantee
0x04 | len, grantee | len, message type | granter                    -> 0x01, index by grantee and type
"""

from __future__ import annotations

from supercloud.chain.baseapp.timestamps import time_key

STORE = "authz"

GRANT_PREFIX = b"\x01"
QUEUE_PREFIX = b"\x02"
GRANTEE_PREFIX = b"\x03"
TYPE_PREFIX = b"\x04"
PRESENT = b"\x01"
URL_BYTES_MAX = 255
_QUEUE_PAIR = 13


def _sized(part: bytes) -> bytes:
    return b"%c%b" % (len(part), part)


def granter_prefix(granter: bytes) -> bytes:
    """Prefix of the grants that an account gave."""
    return GRANT_PREFIX + _sized(granter)


def pair_prefix(granter: bytes, grantee: bytes) -> bytes:
    """Prefix of the grants between two accounts."""
    return granter_prefix(granter) + _sized(grantee)


def grant_key(granter: bytes, grantee: bytes, url: str) -> bytes:
    """Key of a grant."""
    return pair_prefix(granter, grantee) + url.encode()


def queue_key(expiration: int, granter: bytes, grantee: bytes, url: str) -> bytes:
    """Key of a grant in the queue of what expires."""
    return QUEUE_PREFIX + time_key(expiration) + _sized(granter) + _sized(grantee) + url.encode()


def queue_end(now: int) -> bytes:
    """First key of what has not expired: a grant is good up to and at its expiration."""
    return QUEUE_PREFIX + time_key(now)


def grantee_prefix(grantee: bytes) -> bytes:
    """Prefix of the grants that an account received."""
    return GRANTEE_PREFIX + _sized(grantee)


def grantee_key(grantee: bytes, granter: bytes, url: str) -> bytes:
    """Key of a grant in the index by grantee."""
    return grantee_prefix(grantee) + _sized(granter) + url.encode()


def type_prefix(grantee: bytes, url: str) -> bytes:
    """Prefix of an account's grants for one message type."""
    return TYPE_PREFIX + _sized(grantee) + _sized(url.encode())


def type_key(grantee: bytes, url: str, granter: bytes) -> bytes:
    """Key of a grant in the index by grantee and message type."""
    return type_prefix(grantee, url) + granter


def parse_tail(tail: bytes) -> tuple[bytes, bytes, str]:
    """Two addresses and a message type, of the part of a key behind its prefix."""
    first, rest = _take(tail)
    second, url = _take(rest)
    return first, second, url.decode()


def parse_second(tail: bytes) -> tuple[bytes, str]:
    """One address and a message type, of the part of a key behind its first address."""
    address, url = _take(tail)
    return address, url.decode()


def parse_queue_key(key: bytes) -> tuple[bytes, bytes, str]:
    """Granter, grantee and message type of a queue key."""
    return parse_tail(key[_QUEUE_PAIR:])


def _take(sized: bytes) -> tuple[bytes, bytes]:
    end = 1 + sized[0]
    return sized[1:end], sized[end:]
