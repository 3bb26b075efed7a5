"""CometBFT where the tests may use it: the one that scripts/cometbft builds, unless another is named."""

from __future__ import annotations

import os
from pathlib import Path

from supercloud.node.engine.cometbft.engine import PROGRAM_VARIABLE, CometError, find_program

BUILT = Path(__file__).resolve().parents[3] / ".tools" / "bin" / "cometbft"
if BUILT.exists():
    os.environ.setdefault(PROGRAM_VARIABLE, str(BUILT))


def absent() -> str:
    """Why tests with it can not run; empty when they can."""
    try:
        find_program()
    except CometError as error:
        return str(error)
    return ""
