"""Layout of the `feeauction` store.

0x01 -> Params
0x02 -> Round: the one that runs
0x03 -> Result: of the last lot sold
0x04 -> the last number that a round had
"""

from __future__ import annotations

from typing import Final

STORE: Final = "feeauction"

PARAMS: Final = b"\x01"
ROUND: Final = b"\x02"
RESULT: Final = b"\x03"
ROUNDS: Final = b"\x04"
