"""Layout of the `mint` store.

0x00 -> Minter
0x01 -> Params
"""

from __future__ import annotations

STORE = "mint"

MINTER = b"\x00"
PARAMS = b"\x01"
