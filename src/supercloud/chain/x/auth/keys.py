"""Layout of the `acc` store.

0x00                             -> Params
0x01 | address                   -> Any of an account
0x02                             -> number of the next account (8 bytes)
"accountNumber" | number (8)     -> address
0x5a | timeout ns (8) | address  -> 0x01, used timestamp of an unordered transaction
"""

from __future__ import annotations

STORE = "acc"

PARAMS = b"\x00"
ACCOUNT_PREFIX = b"\x01"
NEXT_NUMBER = b"\x02"
NUMBER_PREFIX = b"accountNumber"
TIMESTAMP_PREFIX = b"\x5a"

PRESENT = b"\x01"
"""Value of keys that carry everything in the key: existence proofs need one that is not empty."""


def account_key(address: bytes) -> bytes:
    """Key of an account."""
    return ACCOUNT_PREFIX + address


def number_key(number: int) -> bytes:
    """Key of the index from account number to address."""
    return NUMBER_PREFIX + number.to_bytes(8, "big")


def timestamp_key(timestamp: int, address: bytes) -> bytes:
    """Key of a used timestamp (nanoseconds since 1970) of a signer."""
    return TIMESTAMP_PREFIX + timestamp.to_bytes(8, "big") + address


def timestamps_end(timestamp: int) -> bytes:
    """First key of the timestamps that are not before the given one."""
    return TIMESTAMP_PREFIX + timestamp.to_bytes(8, "big")
