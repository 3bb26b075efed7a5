"""Containers as engines list them."""

from __future__ import annotations

from typing import Any

import pytest

from supercloud.provider.drivers.podman import container, found


def _entry(**changes: Any) -> dict[str, Any]:
    labels = {
        container.LABEL_LEASE: "l",
        container.LABEL_SERVICE: "web",
        container.LABEL_REPLICA: "3",
        container.LABEL_SCOPE: "me",
        container.LABEL_GPUS: "a,b",
        container.LABEL_RENAMED: "tcp/80/8080",
        container.LABEL_DISK: "500",
    }
    return {"Id": "1", "Names": ["/web-x-3"], "Labels": labels, "State": "running"} | changes


def test_labels_say_what_it_is() -> None:
    item = found.read(_entry(SizeRw=77))
    assert (item.name, item.lease, item.service, item.replica, item.scope) == ("web-x-3", "l", "web", 3, "me")
    assert (item.gpus, item.renamed, item.disk, item.disk_used) == (
        ("a", "b"),
        (("tcp", 80, 8080),),
        500,
        77,
    )
    assert item.running


@pytest.mark.parametrize("labels", [None, {}, {container.LABEL_REPLICA: "x", container.LABEL_DISK: "-1"}])
def test_strange_labels_do_not_matter(labels: dict[str, str] | None) -> None:
    """Whoever may talk to the engine may also set labels."""
    item = found.read(_entry(Labels=labels, Names=None, State="exited"))
    assert (item.name, item.lease, item.replica, item.disk, item.running) == ("", "", 0, 0, False)


def test_only_loopback_ports_are_for_the_proxy() -> None:
    ports = [
        {"IP": "127.0.0.1", "PrivatePort": 8080, "PublicPort": 4000, "Type": "tcp"},
        {"IP": "0.0.0.0", "PrivatePort": 9000, "PublicPort": 30000, "Type": "tcp"},
        {"PrivatePort": 53, "Type": "udp"},
    ]
    assert found.read(_entry(Ports=ports)).http == {8080: 4000}


def test_order_and_leases() -> None:
    entries = [
        _entry(Id=str(number), Labels={container.LABEL_LEASE: lease, container.LABEL_REPLICA: str(number)})
        for number, lease in ((10, "b"), (2, "a"), (1, "b"), (0, ""))
    ]
    grouped = found.by_lease(found.ordered(entries))
    assert {lease: [item.replica for item in items] for lease, items in grouped.items()} == {
        "a": [2],
        "b": [1, 10],
    }
