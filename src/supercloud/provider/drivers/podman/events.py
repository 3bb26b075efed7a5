"""What happened to a lease, in the form the gateway sends it, which is that of Kubernetes.

Engines tell of some of it, the driver of the rest: images that can not be pulled, memory that ran out, waits before a
new start. The last events of each lease are kept for those who ask later.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any, Final

from supercloud.provider.drivers.base import namespace
from supercloud.provider.drivers.podman import container
from supercloud.provider.drivers.podman.found import Found

EVENTS_MAX: Final = 100
"""Events kept for each lease."""
LEASES_MAX: Final = 4096
WAITING_MAX: Final = 1000
"""Events that wait for a slow listener; older ones are dropped."""

Event = tuple[str, str, str]
"""Kind (Normal or Warning), reason and what to say."""

_ACTIONS: Final[dict[str, Event]] = {
    "create": ("Normal", "Created", "Created container"),
    "start": ("Normal", "Started", "Started container"),
    "kill": ("Normal", "Killing", "Stopping container"),
    "oom": ("Warning", "OOMKilling", "Out of memory"),
    "health_status": ("Normal", "Health", "Health changed"),
}


def of_engine(message: dict[str, Any]) -> tuple[str, str, str, Event] | None:
    """An engine's message as (lease, service, replica, event); None when it is of no interest."""
    attributes = (message.get("Actor") or {}).get("Attributes") or {}
    lease = attributes.get(container.LABEL_LEASE, "")
    event = _ACTIONS.get(str(message.get("Action", "")).partition(":")[0])
    if not lease or event is None:
        return None
    return lease, attributes.get(container.LABEL_SERVICE, ""), attributes.get("name", ""), event


def of_state(items: Iterable[Found]) -> Iterator[tuple[str, str, Event]]:
    """What containers' present state tells of their past, for leases of which nothing else is known."""
    for item in items:
        yield item.service, item.name, _ACTIONS["create"]
        if item.running:
            yield item.service, item.name, _ACTIONS["start"]
        elif item.status:
            yield item.service, item.name, ("Warning", "BackOff", item.status)


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
