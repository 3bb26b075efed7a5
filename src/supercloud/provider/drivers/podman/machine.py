"""What this machine has: CPU, memory, disk, GPUs, and which limits its engine can not enforce."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any, Final

from supercloud.provider.drivers.base import Capabilities, Fingerprint, Usage
from supercloud.provider.drivers.podman.engine import is_podman
from supercloud.provider.drivers.podman.nvidia import Graphics

QUOTA_FILESYSTEMS: Final = frozenset({"xfs", "btrfs"})
"""Where engines can limit what a container writes; extfs and others have no such thing."""


def fingerprint(info: dict[str, Any], graphics: Graphics, renames_ports: bool, guarded: bool) -> Fingerprint:
    """From the engine's own account of the machine, and what the driver found out for itself."""
    disk = shutil.disk_usage(storage_folder(info))
    capabilities = Capabilities(
        limits_cpu=info.get("CpuCfsQuota") is not False,
        limits_memory=info.get("MemoryLimit") is not False,
        limits_storage=_filesystem(info) in QUOTA_FILESYSTEMS,
        gives_gpus=bool(graphics.given),
        renames_ports=renames_ports,
        blocks_private_networks=guarded,
    )
    return Fingerprint(
        name=str(info.get("Name") or "node"),
        engine=f"{'Podman' if is_podman(info) else 'Docker'} {info.get('ServerVersion', '')}".strip(),
        cpu=int(info.get("NCPU") or 1) * 1000,
        memory=int(info.get("MemTotal") or 0),
        storage={"ephemeral": disk.free, "default": disk.free},
        gpus=graphics.given,
        unenforced=(*_unenforced(info, capabilities), *graphics.withheld),
        capabilities=capabilities,
    )


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
