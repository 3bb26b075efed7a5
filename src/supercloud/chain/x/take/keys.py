"""Store layout of take.

0x01 -> Params
"""

from __future__ import annotations

STORE = "take"
PARAMS = b"\x01"
