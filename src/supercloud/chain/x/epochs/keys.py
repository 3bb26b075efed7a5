"""Layout of the `epochs` store.

0x01 | identifier -> EpochInfo
"""

from __future__ import annotations

STORE = "epochs"

EPOCH = b"\x01"


def epoch_key(identifier: str) -> bytes:
    """Where an epoch's record lies; records sort by identifier."""
    return EPOCH + identifier.encode()
