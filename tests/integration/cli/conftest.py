"""One town a module: its tests add to it and look only at what is theirs.

Not one for the whole run: a node in a thread would go on beside other tests of the same process.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

# The provider's tests have a world of their own; some of its parts serve here.
sys.path.insert(0, str(Path(__file__).parents[1] / "provider"))

from .town import Town


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    made = Town(tmp_path_factory.mktemp("town"))
    yield made
    made.stop()


@pytest.fixture(scope="module")
def running(town: Town) -> Any:
    """A deployment that is well; what `deploy --json` said of it."""
    return town.deploy()
