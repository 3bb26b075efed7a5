"""NVIDIA GPUs of this machine, and whether its engine can really hand them to containers.

Podman takes device names of the Container Device Interface through the API that both engines share from 5.4 on; older
ones drop such a request without a word, and a container would run, and be paid for, without its GPU. Docker has a
driver of NVIDIA's own for it.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

from supercloud.provider.drivers.base import Gpu
from supercloud.provider.drivers.podman.engine import is_podman

CDI_KIND: Final = "nvidia.com/gpu"
CDI_FOLDERS: Final = (Path("/etc/cdi"), Path("/var/run/cdi"))
CDI_BYTES_MAX: Final = 4 * 2**20
PODMAN_SINCE: Final = (5, 4)
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


class Graphics(NamedTuple):
    """GPUs that containers can have, and sentences about those that the engine can not hand over."""

    given: tuple[Gpu, ...] = ()
    withheld: tuple[str, ...] = ()


def graphics(info: dict[str, Any], found: tuple[Gpu, ...], folders: Iterable[Path] = CDI_FOLDERS) -> Graphics:
    """Which of the GPUs found this engine can give, by its own account and the devices described on this machine."""
    if not found:
        return Graphics()
    if not is_podman(info):
        return Graphics(found) if _docker_can(info) else Graphics(withheld=(_NO_TOOLKIT,))
    version = str(info.get("ServerVersion", ""))
    if _numbers(version) < PODMAN_SINCE:
        return Graphics(withheld=(_OLD_PODMAN.format(version=version),))
    known = set(_cdi_names(folders))
    missing = [gpu.id for gpu in found if gpu.id not in known]
    given = tuple(gpu for gpu in found if gpu.id in known)
    return Graphics(given, tuple(_NOT_DESCRIBED.format(id=id_) for id_ in missing))


_OLD_PODMAN: Final = (
    "GPUs: Podman {version} can not hand them to containers through its API and they are not offered; "
    "Podman 5.4 or Docker with NVIDIA's container toolkit can"
)
_NO_TOOLKIT: Final = (
    "GPUs: Docker can not hand them to containers and they are not offered; install nvidia-container-toolkit "
    "and restart Docker"
)
_NOT_DESCRIBED: Final = (
    "GPUs: Podman knows no device nvidia.com/gpu={id} and it is not offered; "
    "`sudo nvidia-ctk cdi generate --device-name-strategy=uuid --output=/etc/cdi/nvidia.yaml` describes it"
)


def _docker_can(info: dict[str, Any]) -> bool:
    """Docker finds NVIDIA's driver by a program in its path; the toolkit also registers a runtime."""
    return (
        "nvidia" in (info.get("Runtimes") or {}) or shutil.which("nvidia-container-runtime-hook") is not None
    )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:2])


def _cdi_names(folders: Iterable[Path]) -> Iterator[str]:
    """Names of devices that the files of these folders describe. What can not be read describes nothing."""
    for folder in folders:
        for path in sorted(folder.glob("*")) if folder.is_dir() else ():
            document = _document(path)
            devices = document.get("devices") if document.get("kind") == CDI_KIND else None
            for device in devices if isinstance(devices, list) else ():
                if isinstance(device, dict):
                    yield str(device.get("name"))


def _document(path: Path) -> dict[str, Any]:
    try:
        if path.suffix not in (".json", ".yaml", ".yml") or path.stat().st_size > CDI_BYTES_MAX:
            return {}
        text = path.read_text()
        read = json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
    except (OSError, ValueError, yaml.YAMLError):
        return {}
    return read if isinstance(read, dict) else {}


def listed() -> tuple[Gpu, ...]:
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
