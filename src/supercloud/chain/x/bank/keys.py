"""Layout of the `bank` store.

0x00 | denom                        -> supply, decimal text
0x01 | denom                        -> Metadata
0x02 | len(address) | address | denom -> balance, decimal text; absent when zero
0x03 | denom | 0x00 | address       -> 0x01, index of balances by denom
0x04 | denom                        -> 0x01 or 0x00, whether transfers of the denom are enabled
0x05                                -> Params
"""

from __future__ import annotations

STORE = "bank"

SUPPLY_PREFIX = b"\x00"
METADATA_PREFIX = b"\x01"
BALANCE_PREFIX = b"\x02"
OWNER_PREFIX = b"\x03"
SEND_ENABLED_PREFIX = b"\x04"
PARAMS = b"\x05"

PRESENT = b"\x01"
ENABLED = b"\x01"
DISABLED = b"\x00"


def supply_key(denom: str) -> bytes:
    """Key of a denom's supply."""
    return SUPPLY_PREFIX + denom.encode()


def metadata_key(denom: str) -> bytes:
    """Key of a denom's metadata."""
    return METADATA_PREFIX + denom.encode()


def balances_prefix(address: bytes) -> bytes:
    """Prefix of an account's balances."""
    return b"\x02%c%b" % (len(address), address)


def balance_key(address: bytes, denom: str) -> bytes:
    """Key of an account's balance of a denom."""
    return b"\x02%c%b%b" % (len(address), address, denom.encode())


def parse_balance_key(key: bytes) -> tuple[bytes, str]:
    """Address and denom of a balance key."""
    end = 2 + key[1]
    return key[2:end], key[end:].decode()


def owners_prefix(denom: str) -> bytes:
    """Prefix of the index of a denom's owners."""
    return OWNER_PREFIX + denom.encode() + b"\x00"


def owner_key(denom: str, address: bytes) -> bytes:
    """Key of an owner in a denom's index."""
    return owners_prefix(denom) + address


def send_enabled_key(denom: str) -> bytes:
    """Key of a denom's send switch."""
    return SEND_ENABLED_PREFIX + denom.encode()
