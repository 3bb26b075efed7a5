"""Layout of the `upgrade` store. Numbers are 8 bytes, big endian.

0x00             -> Plan
0x01 height name -> 0x01, upgrades that were applied
0x02 module      -> version of the module's store
"""

from __future__ import annotations

STORE = "upgrade"

PLAN = b"\x00"
APPLIED_PREFIX = b"\x01"
VERSION_PREFIX = b"\x02"
PRESENT = b"\x01"


def applied_key(height: int, name: str) -> bytes:
    """Key of an upgrade that was applied."""
    return APPLIED_PREFIX + height.to_bytes(8, "big") + name.encode()


def parse_applied_key(key: bytes) -> tuple[int, str]:
    """Height and name."""
    return int.from_bytes(key[1:9], "big"), key[9:].decode()


def version_key(module: str) -> bytes:
    """Key of a module's version."""
    return VERSION_PREFIX + module.encode()
