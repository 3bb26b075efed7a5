"""Store layout of cert. A certificate's state is part of its key.

    0x11 | state | len owner | owner | len serial | serial -> Certificate

The serial is a big-endian number without leading zeros.
"""

from __future__ import annotations

STORE = "cert"
CERTIFICATE = b"\x11"


def owner_part(owner: bytes) -> bytes:
    """The beginning of all of an owner's keys."""
    return bytes((len(owner),)) + owner


def primary(owner: bytes, serial: int) -> bytes:
    """A certificate's key without its state: what pages resume at."""
    number = serial.to_bytes((serial.bit_length() + 7) // 8, "big")
    return owner_part(owner) + bytes((len(number),)) + number


def certificate_key(state: int, owner: bytes, serial: int) -> bytes:
    """Where a certificate in this state lies."""
    return state_prefix(state) + primary(owner, serial)


def state_prefix(state: int) -> bytes:
    """All certificates in this state."""
    return CERTIFICATE + bytes((state,))


def parse_primary(key: bytes) -> tuple[bytes, int]:
    """Owner and serial; ValueError when it is no certificate's key."""
    at = 1 + key[0]
    if len(key) <= at or len(key) != at + 1 + key[at]:
        raise ValueError("not a certificate's key")
    return key[1:at], int.from_bytes(key[at + 1 :], "big")
