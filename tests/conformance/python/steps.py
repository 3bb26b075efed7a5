"""What the scripts share: where the node is, and steps whose outcomes are printed as one JSON document."""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable
from typing import Any

LEDGER: dict[str, Any] = json.loads(os.environ["SUPERCLOUD_LEDGER"])
OUTCOMES: dict[str, Any] = {}

# Libraries that print must not disturb the document.
_stdout, sys.stdout = sys.stdout, sys.stderr


def step(name: str, action: Callable[[], Any]) -> Any:
    """Run one step; what it returns, or that it failed, is printed in the end."""
    try:
        OUTCOMES[name] = {"ok": True, "value": action()}
    except Exception:
        OUTCOMES[name] = {"ok": False, "error": traceback.format_exc()}
        return None
    return OUTCOMES[name]["value"]


def refused(name: str, action: Callable[[], Any]) -> None:
    """Run one step that has to be refused; its value is the refusal's text."""
    try:
        OUTCOMES[name] = {"ok": False, "error": f"was not refused: {action()!r}"}
    except Exception as error:
        OUTCOMES[name] = {"ok": True, "value": f"{type(error).__name__}: {error}"}


def finish() -> None:
    """Print everything."""
    json.dump(OUTCOMES, _stdout, default=str)
