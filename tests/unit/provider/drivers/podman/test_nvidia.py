"""GPUs a machine has, and those its engine can hand to containers."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from supercloud.provider.drivers.base import Gpu
from supercloud.provider.drivers.podman import nvidia
from supercloud.provider.drivers.podman.nvidia import Graphics

ONE, TWO = (Gpu("nvidia", "t4", "16Gi", "pcie", f"GPU-{number}") for number in (1, 2))
PODMAN: dict[str, Any] = {"BuildahVersion": "1.39", "ServerVersion": "5.4.2"}


def described(folder: Path, text: str, name: str = "nvidia.yaml") -> Path:
    (folder / name).write_text(text)
    return folder


def test_a_machine_without() -> None:
    assert nvidia.graphics(PODMAN, ()) == Graphics()


@pytest.mark.parametrize("version", ["4.3.1", "4.9.3", "5.3.2", ""])
def test_a_podman_that_would_drop_the_request(version: str, tmp_path: Path) -> None:
    folder = described(tmp_path, "kind: nvidia.com/gpu\ndevices: [{name: GPU-1}]")
    (given, (sentence,)) = nvidia.graphics({**PODMAN, "ServerVersion": version}, (ONE,), [folder])
    assert given == () and f"Podman {version} can not hand them" in sentence


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("kind: nvidia.com/gpu\ndevices: [{name: all}, {name: GPU-1}]", "nvidia.yaml"),
        ('{"kind": "nvidia.com/gpu", "devices": [{"name": "GPU-1"}]}', "nvidia.json"),
    ],
)
def test_podman_gives_what_is_described(text: str, name: str, tmp_path: Path) -> None:
    folders = [tmp_path / "none", described(tmp_path, text, name)]
    assert nvidia.graphics({**PODMAN, "ServerVersion": "5.10.0-rc1"}, (ONE,), folders) == Graphics((ONE,))
    given, (sentence,) = nvidia.graphics(PODMAN, (ONE, TWO), folders)
    assert given == (ONE,) and "no device nvidia.com/gpu=GPU-2" in sentence and "nvidia-ctk" in sentence


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", "kind: other.org/gpu\ndevices: [{name: GPU-1}]", "kind: nvidia.com/gpu\ndevices: GPU-1"],
)
def test_files_that_describe_nothing(text: str, tmp_path: Path) -> None:
    for name in ("a.yaml", "b.json", "c.txt"):
        described(tmp_path, text, name)
    assert nvidia.graphics(PODMAN, (ONE,), [tmp_path]).given == ()


def test_docker_needs_the_toolkit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    given, (sentence,) = nvidia.graphics({"ServerVersion": "28.0"}, (ONE,))
    assert given == () and "nvidia-container-toolkit" in sentence
    assert nvidia.graphics({"Runtimes": {"runc": {}, "nvidia": {}}}, (ONE,)).given == (ONE,)
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    assert nvidia.graphics({}, (ONE,)).given == (ONE,)


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
    assert nvidia.parse_gpu(line) == expected
