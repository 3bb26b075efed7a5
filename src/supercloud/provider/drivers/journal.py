"""What happened to leases, in the form the gateway sends it, which is that of Kubernetes.

The last events of each lease are kept for those who ask later, in memory only.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Iterator
from typing import Any, Final

from supercloud.provider.drivers.base import namespace

EVENTS_MAX: Final = 100
"""Events kept for each lease."""
LEASES_MAX: Final = 4096
WAITING_MAX: Final = 1000
"""Events that wait for a slow listener; older ones are dropped."""

Event = tuple[str, str, str]
"""Kind (Normal or Warning), reason and what to say."""


class Journal:
    """The last events of every lease, and those who listen."""

    def __init__(self) -> None:
        self._kept: dict[str, deque[tuple[str, dict[str, Any]]]] = {}
        self._listeners: dict[str, list[asyncio.Queue[tuple[str, dict[str, Any]]]]] = {}

    def add(self, lease: str, service: str, replica: str, event: Event) -> None:
        """Something happened; `replica` is empty when it is of the service as a whole."""
        item = (service, as_document(lease, service, replica, event))
        if lease not in self._kept and len(self._kept) >= LEASES_MAX:
            del self._kept[next(iter(self._kept))]
        self._kept.setdefault(lease, deque(maxlen=EVENTS_MAX)).append(item)
        for queue in self._listeners.get(lease, ()):
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(item)

    def knows(self, lease: str) -> bool:
        """Whether anything is kept for a lease."""
        return lease in self._kept

    def forget(self, lease: str) -> None:
        """The lease is over."""
        self._kept.pop(lease, None)

    async def read(
        self, lease: str, services: tuple[str, ...], follow: bool
    ) -> AsyncIterator[dict[str, Any]]:
        """What is kept, and with `follow` what comes, of some services or of all."""
        queue: asyncio.Queue[tuple[str, dict[str, Any]]] = asyncio.Queue(WAITING_MAX)
        kept = list(self._kept.get(lease, ()))
        with self._listening(lease, queue) if follow else contextlib.nullcontext():
            for service, document in kept:
                if not services or service in services:
                    yield document
            while follow:
                service, document = await queue.get()
                if not services or service in services:
                    yield document

    @contextlib.contextmanager
    def _listening(self, lease: str, queue: asyncio.Queue[tuple[str, dict[str, Any]]]) -> Iterator[None]:
        self._listeners.setdefault(lease, []).append(queue)
        try:
            yield
        finally:
            self._listeners[lease].remove(queue)
            if not self._listeners[lease]:
                del self._listeners[lease]


def as_document(lease: str, service: str, replica: str, event: Event) -> dict[str, Any]:
    """An event as clients read it."""
    kind, reason, note = event
    return {
        "type": kind,
        "reason": reason,
        "note": note,
        "object": {"kind": "Pod", "namespace": namespace(lease), "name": replica or service},
    }
