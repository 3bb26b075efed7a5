"""What this machine has: CPU, memory, disk, GPUs, and which limits its engine can not enforce."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

from supercloud.provider.drivers.base import Capabilities, Fingerprint, Gpu, Usage

NVIDIA_TIMEOUT_S: Final = 10
MEMORY_SIZES_GIB: Final = (
    2,
    4,
    6,
    8,
    10,
    11,
    12,
    16,
    20,
    24,
    32,
    40,
    48,
    64,
    80,
    94,
    96,
    128,
    141,
    180,
    192,
    288,
)
_NO_MODEL: Final = re.compile(r"nvidia|geforce|tesla|sxm\d*|pcie|\d+gb|hbm\w*")
QUOTA_FILESYSTEMS: Final = frozenset({"xfs", "btrfs"})
"""Where engines can limit what a container writes; extfs and others have no such thing."""


def fingerprint(
    info: dict[str, Any], gpus: tuple[Gpu, ...], renames_ports: bool, guarded: bool
) -> Fingerprint:
    """From the engine's own account of the machine, and what the driver found out for itself."""
    disk = shutil.disk_usage(storage_folder(info))
    capabilities = Capabilities(
        limits_cpu=info.get("CpuCfsQuota") is not False,
        limits_memory=info.get("MemoryLimit") is not False,
        limits_storage=_filesystem(info) in QUOTA_FILESYSTEMS,
        gives_gpus=bool(gpus),
        renames_ports=renames_ports,
        blocks_private_networks=guarded,
    )
    return Fingerprint(
        name=str(info.get("Name") or "node"),
        engine=f"{'Podman' if is_podman(info) else 'Docker'} {info.get('ServerVersion', '')}".strip(),
        cpu=int(info.get("NCPU") or 1) * 1000,
        memory=int(info.get("MemTotal") or 0),
        storage={"ephemeral": disk.free, "default": disk.free},
        gpus=gpus,
        unenforced=tuple(_unenforced(info, capabilities)),
        capabilities=capabilities,
    )


def is_podman(info: dict[str, Any]) -> bool:
    """Which of the two engines answers; only Podman names the library it builds images with."""
    return bool(info.get("BuildahVersion"))


def is_local(info: dict[str, Any]) -> bool:
    """Whether the engine runs as root in this very machine, so that its networks are this kernel's own."""
    return os.geteuid() == 0 and not info.get("Rootless") and info.get("KernelVersion") == os.uname().release


def storage_folder(info: dict[str, Any]) -> Path:
    """Where the engine keeps images and containers, or the nearest folder above that this process can see."""
    folder = Path(info.get("DockerRootDir") or "/")
    while not os.access(folder, os.X_OK) and folder != folder.parent:
        folder = folder.parent
    return folder


def _filesystem(info: dict[str, Any]) -> str:
    rows = (row for row in info.get("DriverStatus") or () if len(row) == 2)
    return next((str(value) for name, value in rows if name == "Backing Filesystem"), "")


def _unenforced(info: dict[str, Any], capabilities: Capabilities) -> list[str]:
    found = []
    if not capabilities.limits_cpu:
        found.append("CPU: the engine can not limit it (cgroup controller cpu is not delegated)")
    if not capabilities.limits_memory:
        found.append("memory: the engine can not limit it (cgroup controller memory is not delegated)")
    if info.get("PidsLimit") is False:
        found.append("processes: the engine can not limit their number")
    if not capabilities.limits_storage:
        where = _filesystem(info) or "this file system"
        found.append(f"disk: sizes of containers and volumes are not enforced on {where}")
    if not capabilities.blocks_private_networks:
        found.append(
            "networks: containers reach private networks of this machine (root and nft would prevent it)"
        )
    if not capabilities.renames_ports:
        found.append(
            "ports: services reach each other by the port they listen on, not by `as` (needs root and nft)"
        )
    return found


def usage(replica: str, stats: dict[str, Any]) -> Usage:
    """One answer of the engine about what a container used."""
    networks = (stats.get("networks") or {}).values()
    return Usage(
        replica=replica,
        cpu_ns=int(((stats.get("cpu_stats") or {}).get("cpu_usage") or {}).get("total_usage") or 0),
        memory=int((stats.get("memory_stats") or {}).get("usage") or 0),
        received=sum(int(network.get("rx_bytes") or 0) for network in networks),
        sent=sum(int(network.get("tx_bytes") or 0) for network in networks),
    )


def gpus() -> tuple[Gpu, ...]:
    """NVIDIA GPUs as the driver lists them; none without it."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return ()
    try:
        listed = subprocess.run(
            [program, "--query-gpu=uuid,name,memory.total", "--format=csv,noheader,nounits"],
            capture_output=True,
            text=True,
            timeout=NVIDIA_TIMEOUT_S,
            check=True,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return ()
    return tuple(gpu for line in listed.splitlines() if (gpu := parse_gpu(line)) is not None)


def parse_gpu(line: str) -> Gpu | None:
    """One line of nvidia-smi: `GPU-uuid, NVIDIA A100-SXM4-80GB, 81920`."""
    parts = [part.strip() for part in line.split(",")]
    if len(parts) != 3 or not parts[2].isdigit():
        return None
    words = parts[1].lower().replace("-", " ").split()
    # The cards for server boards name their memory's kind where the others name a slot.
    is_board = any(word.startswith(("sxm", "hbm")) for word in words) and "pcie" not in words
    names = [word for word in words if not _NO_MODEL.fullmatch(word)]
    interface = "sxm" if is_board else "pcie"
    return Gpu("nvidia", "".join(names) or "unknown", f"{_nominal_gib(int(parts[2]))}Gi", interface, parts[0])


def _nominal_gib(mebibytes: int) -> int:
    """What the card is sold as: what it reports lacks what the driver and error correction take."""
    gib = mebibytes / 1024
    return next((size for size in MEMORY_SIZES_GIB if size >= gib - 0.1), round(gib))
