"""How long the fuzz takes, and a node to try it on.

In the ordinary run every test has a few seconds and always the same input. `SUPERCLOUD_FUZZ_S=600` gives each test that
many seconds, or thousands of examples, of new input. A coverage-guided fuzzer (atheris) is not used: it is blind inside
protobuf's and orjson's C code, which reads nearly everything first, and what is left in Python is small enough to reach
every branch from samples.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from effort import Effort
from target import Target, running


@pytest.fixture
def effort() -> Effort:
    """The rounds of a test."""
    return Effort(float(os.environ.get("SUPERCLOUD_FUZZ_S", "0")))


@pytest.fixture(scope="session")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """A running node. The tests that share it are in one xdist group, so there is one."""
    with running(tmp_path_factory.mktemp("fuzz")) as node:
        yield node
