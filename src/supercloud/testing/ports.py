"""Ports for tests: free, never given twice, and below those that the kernel gives to whoever connects.

Each pytest-xdist worker has a span of its own, so that two of them never look at the same port at once; two runs on
one machine start at different places of it.
"""

from __future__ import annotations

import contextlib
import os
import socket
from typing import Final

FIRST: Final = 10000
SPAN: Final = 2500
WORKERS: Final = 8
MOST_IN_A_ROW: Final = 100


def _start() -> int:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    return FIRST + int(worker) % WORKERS * SPAN


_next = os.getpid() * 40 % SPAN


def row(count: int) -> int:
    """The first of so many ports in a row, at most MOST_IN_A_ROW, that nobody listens on.

    Raises:
        OSError: this worker's whole span is taken.
    """
    global _next
    assert count <= MOST_IN_A_ROW
    for _ in range(SPAN):
        if _next + count > SPAN:
            _next = 0
        base = _start() + _next
        _next += count
        if all(_is_free(port) for port in range(base, base + count)):
            return base
    raise OSError(f"no {count} free ports in a row from {_start()} to {_start() + SPAN - 1}")


def free(count: int) -> list[int]:
    """So many ports that nobody listens on, not always in a row. Raises OSError as `row`."""
    return [row(1) for _ in range(count)]


def _is_free(port: int) -> bool:
    with socket.socket() as probe, contextlib.suppress(OSError):
        probe.bind(("127.0.0.1", port))
        return True
    return False
