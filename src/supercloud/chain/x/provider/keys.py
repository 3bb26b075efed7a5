"""Store layout of provider.

0x01 | len owner | owner -> Provider
"""

from __future__ import annotations

STORE = "provider"
PROVIDER = b"\x01"


def provider_key(owner: bytes) -> bytes:
    """Where a provider's record lies."""
    return PROVIDER + bytes((len(owner),)) + owner
