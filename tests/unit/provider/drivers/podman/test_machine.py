"""What a machine has and can not enforce, from its engine's own words."""

from __future__ import annotations

from typing import Any

import pytest

from supercloud.provider.drivers.base import Gpu
from supercloud.provider.drivers.podman import machine

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
    found = machine.fingerprint(INFO, (GPU,), renames_ports=True, guarded=True)
    assert (found.name, found.engine, found.cpu, found.memory) == ("box", "Podman 4.3.1", 8000, 32 * 2**30)
    assert found.storage["ephemeral"] > 0
    assert found.unenforced == ()
    assert found.capabilities == (True, True, True, True, True, True)
    assert machine.fingerprint({**INFO, "BuildahVersion": ""}, (), True, True).engine == "Docker 4.3.1"


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
    found = machine.fingerprint({**INFO, **changes}, (), renames_ports=True, guarded=True)
    assert [sentence.partition(":")[0] for sentence in found.unenforced] == [word]


def test_networks_and_ports_need_more_than_an_engine() -> None:
    found = machine.fingerprint(INFO, (), renames_ports=False, guarded=False)
    assert [sentence.partition(":")[0] for sentence in found.unenforced] == ["networks", "ports"]
    assert not found.capabilities.blocks_private_networks and not found.capabilities.renames_ports


def test_usage() -> None:
    stats = {
        "cpu_stats": {"cpu_usage": {"total_usage": 5}},
        "memory_stats": {"usage": 7},
        "networks": {"a": {"rx_bytes": 1, "tx_bytes": 2}, "b": {"rx_bytes": 10}},
    }
    assert machine.usage("r", stats) == ("r", 5, 7, 11, 2)
    assert machine.usage("r", {"networks": None}) == ("r", 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("GPU-1, NVIDIA A100-SXM4-80GB, 81920", Gpu("nvidia", "a100", "80Gi", "sxm", "GPU-1")),
        ("GPU-2, Tesla T4, 15360", Gpu("nvidia", "t4", "16Gi", "pcie", "GPU-2")),
        ("GPU-3, NVIDIA GeForce RTX 4090, 24564", Gpu("nvidia", "rtx4090", "24Gi", "pcie", "GPU-3")),
        ("GPU-4, NVIDIA H100 80GB HBM3, 81559", Gpu("nvidia", "h100", "80Gi", "sxm", "GPU-4")),
        ("GPU-5, NVIDIA L40S, 46068", Gpu("nvidia", "l40s", "48Gi", "pcie", "GPU-5")),
        ("GPU-6, NVIDIA H100 PCIe, 81559", Gpu("nvidia", "h100", "80Gi", "pcie", "GPU-6")),
        ("GPU-7, NVIDIA H200, 143771", Gpu("nvidia", "h200", "141Gi", "pcie", "GPU-7")),
        ("GPU-8, NVIDIA RTX A6000, 49140", Gpu("nvidia", "rtxa6000", "48Gi", "pcie", "GPU-8")),
        ("nonsense", None),
        ("a, b, c", None),
    ],
)
def test_parse_gpu(line: str, expected: Gpu | None) -> None:
    assert machine.parse_gpu(line) == expected
