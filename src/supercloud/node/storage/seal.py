"""What is written to disk carries a checksum, so that a record that was changed since is noticed when it is read.

record = value | CRC-32 of key and value, little endian
"""

from __future__ import annotations

import struct
from typing import Final
from zlib import crc32

SEAL_BYTES: Final = 4
_SEAL: Final = struct.Struct("<I").pack


class Unsealed(Exception):
    """A record does not have the checksum of its key and value."""


def seal(key: bytes, value: bytes) -> bytes:
    """The record of a value."""
    return value + _SEAL(crc32(value, crc32(key)))


def unseal(key: bytes, record: bytes) -> bytes:
    """The value of a record. Raises Unsealed."""
    value = record[:-SEAL_BYTES]
    if _SEAL(crc32(value, crc32(key))) != record[-SEAL_BYTES:]:
        raise Unsealed(f"the record under {key.hex()} is not what was written")
    return value
