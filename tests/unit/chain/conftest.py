"""The whole state machine in memory."""

from __future__ import annotations

import pytest

from supercloud.testing.ledger import Ledger


@pytest.fixture
def ledger() -> Ledger:
    """A fresh chain after its first block; alice, bob, carol and dave are rich."""
    return Ledger()
