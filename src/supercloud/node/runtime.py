"""How a process of a node runs: its event loop, its garbage collector, its memory."""

from __future__ import annotations

import asyncio
import ctypes
import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

GC_THRESHOLDS = (50_000, 20, 50)
"""A block makes many objects that live until its commit and hardly any cycles: with Python's own thresholds the
collector takes a fifth of the time of a busy node."""


@contextmanager
def loading() -> Iterator[None]:
    """While much is loaded that stays: the collector rests, which would walk all of it again and again."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def settle() -> None:
    """Call when everything that stays is loaded: the collector need not walk it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop where it is installed."""
    try:
        import uvloop
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


def give_back() -> None:
    """Return free memory to the system, which glibc keeps where it lies between what is in use; others do by themselves."""
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (OSError, AttributeError):
        return


class Founded:
    """A Listener of a node whose home is new: after its first block what a genesis or a snapshot took can be given back."""

    def __init__(self, give_back: Callable[[], None]) -> None:
        self._give_back: Callable[[], None] | None = give_back

    def block_committed(self, committed: object) -> None:
        """Once, when whoever made the block is done with it."""
        if self._give_back is not None:
            asyncio.get_running_loop().call_soon(self._give_back)
            self._give_back = None
