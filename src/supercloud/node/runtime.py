"""How a process of a node runs: its event loop, its garbage collector."""

from __future__ import annotations

import asyncio
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
