"""Layout of the `consensus` store.

0x00 -> ConsensusParams
"""

from __future__ import annotations

STORE = "consensus"
PARAMS = b"\x00"
