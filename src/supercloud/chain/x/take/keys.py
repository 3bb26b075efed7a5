"""Store layout of take.

0x01 -> Params
0x02 -> OutflowParams
"""

from __future__ import annotations

STORE = "take"
PARAMS = b"\x01"
OUTFLOW = b"\x02"
