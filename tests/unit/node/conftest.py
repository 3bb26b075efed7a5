"""Fixtures of the node's tests; makes the small test parts beside this file importable."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from small_node import SmallNode


@pytest.fixture
def small(tmp_path: Path) -> Iterator[SmallNode]:
    """A node's parts before the first block."""
    node = SmallNode(tmp_path)
    yield node
    node.index.close()
