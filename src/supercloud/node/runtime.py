"""How a process of a node runs: its log, its event loop, its garbage collector."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import orjson

from supercloud.node.genesis import format_time

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


class Lines(logging.Formatter):
    """One JSON object a line."""

    _usual = frozenset(vars(logging.LogRecord("", 0, "", 0, "", (), None))) | {
        "message",
        "asctime",
        "taskName",
    }

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": format_time(int(record.created * 1000) * 1_000_000),
            "level": record.levelname.lower(),
            "from": record.name.removeprefix("supercloud."),
            "text": record.getMessage(),
        }
        line |= {name: value for name, value in vars(record).items() if name not in self._usual}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode()


def log_to_stderr(level: str) -> None:
    """Send this process's log to standard error as JSON lines."""
    handler = logging.StreamHandler()
    handler.setFormatter(Lines())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop where it is installed."""
    try:
        import uvloop
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory
