from __future__ import annotations

import subprocess
import sys

import pytest

CODE = """
import resource, sys
from supercloud.descriptors import raise_limit
resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[1]), int(sys.argv[2])))
print(raise_limit(400), *resource.getrlimit(resource.RLIMIT_NOFILE))
"""


@pytest.mark.parametrize(
    ("soft", "hard", "after"),
    [(100, 1000, "400 400 1000"), (100, 200, "200 200 200"), (500, 1000, "500 500 1000")],
    ids=["up to enough", "up to what it may", "never down"],
)
def test_the_limit_is_raised(soft: int, hard: int, after: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CODE, str(soft), str(hard)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == after
