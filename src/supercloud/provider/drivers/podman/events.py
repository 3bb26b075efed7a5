"""Container events in the form the gateway sends them, which is that of Kubernetes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any, Final

import aiodocker

from supercloud.provider.drivers.podman import container

_REASONS: Final = {
    "create": ("Normal", "Created", "created container"),
    "start": ("Normal", "Started", "started container"),
    "die": ("Warning", "BackOff", "container ended"),
    "stop": ("Normal", "Killing", "stopping container"),
    "oom": ("Warning", "OOMKilling", "out of memory"),
    "health_status": ("Normal", "Health", "health changed"),
    "restart": ("Normal", "Restarted", "restarted container"),
}


def history(entry: dict[str, Any], namespace: str) -> Iterator[dict[str, Any]]:
    """What a container's present state tells of its past."""
    name = str(entry["Names"][0]).lstrip("/")
    yield _event("create", name, namespace, "")
    if entry.get("State") == "running":
        yield _event("start", name, namespace, "")
    elif entry.get("Status"):
        yield _event("die", name, namespace, str(entry["Status"]))


async def follow(
    api: aiodocker.Docker, lease: str, services: tuple[str, ...], namespace: str
) -> AsyncIterator[dict[str, Any]]:
    """Events as they happen."""
    channel: Any = api.events
    subscriber = channel.subscribe()
    while True:
        message = await subscriber.get()
        if message is None:
            return
        attributes = (message.get("Actor") or {}).get("Attributes") or {}
        action = str(message.get("Action", "")).partition(":")[0]
        if attributes.get(container.LABEL_LEASE) != lease or action not in _REASONS:
            continue
        if services and attributes.get(container.LABEL_SERVICE) not in services:
            continue
        code = attributes.get("exitCode") or attributes.get("containerExitCode")
        yield _event(action, attributes.get("name", ""), namespace, f"exit code {code}" if code else "")


def _event(action: str, name: str, namespace: str, detail: str) -> dict[str, Any]:
    kind, reason, note = _REASONS[action]
    return {
        "type": kind,
        "reason": reason,
        "note": f"{note} {detail}".rstrip(),
        "object": {"kind": "Pod", "namespace": namespace, "name": name},
    }
