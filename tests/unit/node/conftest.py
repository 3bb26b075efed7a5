"""Fixtures of the node's tests; makes the small test parts beside this file importable."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from small_home import HEIGHTS, grow
from small_node import SmallNode


@pytest.fixture(scope="session")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A node's folder after HEIGHTS; for looking at alone."""
    folder = tmp_path_factory.mktemp("grown")
    grow(folder, 1, HEIGHTS)
    return folder


@pytest.fixture
def home(grown: Path, tmp_path: Path) -> Path:
    """The same to do with as a test likes."""
    shutil.copytree(grown, tmp_path / "home")
    return tmp_path / "home"


@pytest.fixture
def small(tmp_path: Path) -> Iterator[SmallNode]:
    """A node's parts before the first block."""
    node = SmallNode(tmp_path)
    yield node
    node.index.close()
