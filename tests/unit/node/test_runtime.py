"""The collector rests while much is loaded, and only then; what a founding took is given back once."""

from __future__ import annotations

import asyncio
import ctypes
import gc
from typing import Any

import pytest

from supercloud.node import runtime


def test_the_collector_works_again_when_all_is_loaded() -> None:
    assert gc.isenabled()
    with runtime.loading():
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(ValueError, match="no document"), runtime.loading():
        raise ValueError("no document")
    assert gc.isenabled()


async def test_memory_is_given_back_once_after_the_first_block() -> None:
    given: list[int] = []
    listener = runtime.Founded(lambda: given.append(1))
    listener.block_committed(None)
    assert not given, "whoever made the block is still at it"
    await asyncio.sleep(0)
    assert given == [1]
    listener.block_committed(None)
    await asyncio.sleep(0)
    assert given == [1]


def test_other_c_libraries_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    class Glibc:
        def malloc_trim(self, kept: int) -> None:
            asked.append(kept)

    monkeypatch.setattr(ctypes, "CDLL", lambda name: Glibc())
    runtime.give_back()
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    runtime.give_back()
    assert asked == [0]
