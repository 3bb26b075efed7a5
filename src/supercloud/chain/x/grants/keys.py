"""Layout of the `grants` store. Ids are 8 bytes, big endian; `<a>` is an address behind a byte that tells its length.

0x00        -> Params
0x01        -> id of the next grant
0x02 id     -> Grant
0x03 <a> id -> 0x01, index by recipient
0x04 id     -> 0x01, grants that are active
"""

from __future__ import annotations

STORE = "grants"

PARAMS = b"\x00"
NEXT_ID = b"\x01"
GRANT_PREFIX = b"\x02"
RECIPIENT_PREFIX = b"\x03"
ACTIVE_PREFIX = b"\x04"
PRESENT = b"\x01"
ID_MAX = 2**64 - 1


def id_bytes(number: int) -> bytes:
    """A grant's id in keys."""
    return number.to_bytes(8, "big")


def grant_key(number: int) -> bytes:
    """Key of a grant."""
    return GRANT_PREFIX + id_bytes(number)


def recipient_prefix(recipient: bytes) -> bytes:
    """Prefix of a recipient's grants."""
    return RECIPIENT_PREFIX + b"%c%b" % (len(recipient), recipient)


def recipient_key(recipient: bytes, number: int) -> bytes:
    """Key of a grant in the index by recipient."""
    return recipient_prefix(recipient) + id_bytes(number)


def active_key(number: int) -> bytes:
    """Key of the mark of an active grant."""
    return ACTIVE_PREFIX + id_bytes(number)
