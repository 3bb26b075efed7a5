"""Fixtures of the SDK's tests; makes the small test parts beside this file importable."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from memory_node import MemoryNode, client_of

from supercloud.sdk.client import Client
from supercloud.testing.ledger import Ledger


@pytest.fixture
def node() -> MemoryNode:
    """A node in memory; alice, bob, carol and dave are rich."""
    return MemoryNode(Ledger())


@pytest.fixture
def client(node: MemoryNode) -> Client:
    """A client of it."""
    return client_of(node)
