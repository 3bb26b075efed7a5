"""What this machine has: CPU, memory, disk, GPUs, and which limits its engine can not enforce."""

from __future__ import annotations

import shutil
import subprocess
from typing import Any

from supercloud.provider.drivers.base import Fingerprint, Gpu

NVIDIA_TIMEOUT_S = 10


def fingerprint(info: dict[str, Any]) -> Fingerprint:
    """From the engine's own account of the machine and the kernel's."""
    root = info.get("DockerRootDir") or "/"
    disk = shutil.disk_usage(root if _exists(root) else "/")
    return Fingerprint(
        name=str(info.get("Name") or "node"),
        engine=f"{_engine_name(info)} {info.get('ServerVersion', '')}".strip(),
        cpu=int(info.get("NCPU") or 1) * 1000,
        memory=int(info.get("MemTotal") or 0),
        storage={"ephemeral": disk.free, "default": disk.free},
        gpus=_gpus(),
        unenforced=tuple(_unenforced(info)),
    )


def _exists(path: str) -> bool:
    try:
        shutil.disk_usage(path)
    except OSError:
        return False
    return True


def _engine_name(info: dict[str, Any]) -> str:
    return "Podman" if "podman" in str(info.get("BuildahVersion", "") or info).lower() else "Docker"


def _unenforced(info: dict[str, Any]) -> list[str]:
    found = []
    if info.get("CpuCfsQuota") is False:
        found.append("CPU: the engine can not limit it (cgroup controller cpu is not delegated)")
    if info.get("MemoryLimit") is False:
        found.append("memory: the engine can not limit it (cgroup controller memory is not delegated)")
    if info.get("PidsLimit") is False:
        found.append("processes: the engine can not limit their number")
    # Quotas of the writable layer and of volumes exist only on xfs with pquota, or btrfs.
    filesystem = dict(tuple(row) for row in info.get("DriverStatus") or () if len(row) == 2).get(
        "Backing Filesystem", ""
    )
    if filesystem not in ("xfs", "btrfs"):
        found.append(
            f"disk: sizes of containers and volumes are not enforced on {filesystem or 'this file system'}"
        )
    return found


def _gpus() -> tuple[Gpu, ...]:
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
    words = parts[1].lower().replace("nvidia", "").replace("geforce", "").replace("-", " ").split()
    interface = "sxm" if any(word.startswith("sxm") for word in words) else "pcie"
    names = [word for word in words if not word.startswith(("sxm", "pcie")) and not word.endswith("gb")]
    # Cards say 81920 MiB for 80 GiB; some report a little less than their size.
    gib = (int(parts[2]) + 512) // 1024
    return Gpu("nvidia", "".join(names) or "unknown", f"{gib}Gi", interface, parts[0])
