"""What a machine has and can not enforce, from its engine's own words."""

from __future__ import annotations

from typing import Any

import pytest

from supercloud.provider.drivers.base import Gpu
from supercloud.provider.drivers.podman import machine
from supercloud.provider.drivers.podman.nvidia import Graphics

INFO: dict[str, Any] = {
    "Name": "box",
    "NCPU": 8,
    "MemTotal": 32 * 2**30,
    "DockerRootDir": "/no/such/folder",
    "BuildahVersion": "1.28",
    "ServerVersion": "4.3.1",
    "DriverStatus": [["Backing Filesystem", "xfs"], ["odd row"]],
}
GPU = Gpu("nvidia", "t4", "16Gi", "pcie", "GPU-1")


def test_fingerprint() -> None:
    found = machine.fingerprint(INFO, Graphics((GPU,)), renames_ports=True, guarded=True)
    assert (found.name, found.engine, found.cpu, found.memory) == ("box", "Podman 4.3.1", 8000, 32 * 2**30)
    assert found.storage["ephemeral"] > 0
    assert found.unenforced == ()
    assert found.capabilities == (True, True, True, True, True, True)
    assert (
        machine.fingerprint({**INFO, "BuildahVersion": ""}, Graphics(), True, True).engine == "Docker 4.3.1"
    )


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"CpuCfsQuota": False}, "CPU"),
        ({"MemoryLimit": False}, "memory"),
        ({"PidsLimit": False}, "processes"),
        ({"DriverStatus": [["Backing Filesystem", "extfs"]]}, "disk"),
        ({"DriverStatus": None}, "disk"),
    ],
)
def test_what_is_not_enforced_is_said(changes: dict[str, Any], word: str) -> None:
    found = machine.fingerprint({**INFO, **changes}, Graphics(), renames_ports=True, guarded=True)
    assert [sentence.partition(":")[0] for sentence in found.unenforced] == [word]


def test_networks_and_ports_need_more_than_an_engine() -> None:
    found = machine.fingerprint(INFO, Graphics(), renames_ports=False, guarded=False)
    assert [sentence.partition(":")[0] for sentence in found.unenforced] == ["networks", "ports"]
    assert not found.capabilities.blocks_private_networks and not found.capabilities.renames_ports


def test_gpus_that_can_not_be_given_are_not_offered() -> None:
    found = machine.fingerprint(INFO, Graphics(withheld=("GPUs: none",)), renames_ports=True, guarded=True)
    assert (found.gpus, found.capabilities.gives_gpus, found.unenforced) == ((), False, ("GPUs: none",))


def test_usage() -> None:
    stats = {
        "cpu_stats": {"cpu_usage": {"total_usage": 5}},
        "memory_stats": {"usage": 7},
        "networks": {"a": {"rx_bytes": 1, "tx_bytes": 2}, "b": {"rx_bytes": 10}},
    }
    assert machine.usage("r", stats) == ("r", 5, 7, 11, 2)
    assert machine.usage("r", {"networks": None}) == ("r", 0, 0, 0, 0)
