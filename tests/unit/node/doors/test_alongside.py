"""A listener in a thread of its own: told before the block goes on where it is quick, left behind where it is not."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from supercloud.node.doors import alongside
from supercloud.node.doors.alongside import Alongside


class Slow:
    """A listener that is held up until it is let go."""

    def __init__(self) -> None:
        self.heard: list[Any] = []
        self.go = threading.Event()
        self.go.set()
        self.idle = threading.Event()
        self.error: Exception | None = None

    def block_committed(self, committed: Any) -> None:
        self.go.wait()
        if self.error is not None:
            raise self.error
        self.heard.append(committed)
        if committed == "last":
            self.idle.set()


def test_a_quick_listener_has_heard_when_the_block_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alongside, "WAIT_S", 30.0)
    slow = Slow()
    apart = Alongside(slow)
    for height in range(1, 50):
        apart.block_committed(height)  # type: ignore[arg-type]
        assert slow.heard[-1] == height
    apart.close()
    assert slow.heard == list(range(1, 50))


def test_a_slow_one_misses_all_but_the_newest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alongside, "WAIT_S", 0.0)
    slow = Slow()
    slow.go.clear()
    apart = Alongside(slow)
    apart.block_committed(1)  # type: ignore[arg-type]
    while not apart._busy:
        pass
    for height in (2, 3, "last"):
        apart.block_committed(height)  # type: ignore[arg-type]
    assert slow.heard == []
    slow.go.set()
    assert slow.idle.wait(10)
    assert slow.heard == [1, "last"]
    apart.close()


def test_what_it_raises_ends_the_next_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alongside, "WAIT_S", 30.0)
    slow = Slow()
    slow.error = OSError("disk full")
    apart = Alongside(slow)
    apart.block_committed(1)  # type: ignore[arg-type]
    with pytest.raises(OSError, match="disk full"):
        apart.block_committed(2)  # type: ignore[arg-type]
    apart.close()


def test_closing_leaves_a_stuck_one_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alongside, "CLOSE_S", 0.01)
    monkeypatch.setattr(alongside, "WAIT_S", 0.0)
    slow = Slow()
    slow.go.clear()
    apart = Alongside(slow)
    apart.block_committed(1)  # type: ignore[arg-type]
    apart.close()
    assert slow.heard == []
    slow.go.set()
