"""Containers as the engine lists them, read by their labels. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from supercloud.provider.drivers.podman import container


class Found(NamedTuple):
    """One container of ours. `http` maps container ports to loopback ports that reach it."""

    id: str
    name: str
    lease: str
    service: str
    replica: int
    scope: str
    settings: str
    image: str
    image_id: str
    """The image it was made from, which may be another one than its name means by now."""
    running: bool
    state: str
    status: str
    http: dict[int, int]
    gpus: tuple[str, ...]
    renamed: tuple[tuple[str, int, int], ...]
    disk: int
    """Bytes of scratch room it may fill; 0 when its labels do not say."""
    disk_used: int
    """Bytes it wrote into its own layer; known only where the engine was asked for sizes."""


def read(entry: dict[str, Any]) -> Found:
    """One entry of the engine's list."""
    labels = entry.get("Labels") or {}
    return Found(
        id=entry["Id"],
        name=str((entry.get("Names") or [""])[0]).lstrip("/"),
        lease=labels.get(container.LABEL_LEASE, ""),
        service=labels.get(container.LABEL_SERVICE, ""),
        replica=_number(labels.get(container.LABEL_REPLICA)),
        scope=labels.get(container.LABEL_SCOPE, ""),
        settings=labels.get(container.LABEL_SETTINGS, ""),
        image=str(entry.get("Image") or ""),
        image_id=labels.get(container.LABEL_IMAGE, ""),
        running=entry.get("State") == "running",
        state=str(entry.get("State") or ""),
        status=str(entry.get("Status") or ""),
        http=_loopback_ports(entry.get("Ports") or ()),
        gpus=tuple(gpu for gpu in labels.get(container.LABEL_GPUS, "").split(",") if gpu),
        renamed=tuple(container.renamed_of(labels)),
        disk=_number(labels.get(container.LABEL_DISK)),
        disk_used=int(entry.get("SizeRw") or 0),
    )


def ordered(entries: Iterable[dict[str, Any]]) -> list[Found]:
    """All of a list, by service and replica number."""
    return sorted(map(read, entries), key=lambda item: (item.lease, item.service, item.replica, item.id))


def by_lease(items: Iterable[Found]) -> dict[str, list[Found]]:
    """Containers of each lease; those of no lease are left out."""
    leases: dict[str, list[Found]] = {}
    for item in items:
        if item.lease:
            leases.setdefault(item.lease, []).append(item)
    return leases


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() else 0


def _loopback_ports(ports: Iterable[dict[str, Any]]) -> dict[int, int]:
    return {
        int(port["PrivatePort"]): int(port["PublicPort"])
        for port in ports
        if port.get("IP") == "127.0.0.1" and port.get("PublicPort")
    }
