"""What engines tell of containers, as events of leases. Pure.

The driver itself adds what no engine tells: images that can not be pulled, why a container ended, disks that are full.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from supercloud.provider.drivers.journal import Event
from supercloud.provider.drivers.podman import container
from supercloud.provider.drivers.podman.found import Found

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
