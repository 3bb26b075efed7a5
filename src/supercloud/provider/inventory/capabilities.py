"""What a machine has, as attributes of the provider's record; the ledger checks orders for storage classes and GPU
models against them, so that an offer without them is refused. Pure.

    capabilities/storage/1/class=default      capabilities/gpu/vendor/nvidia/model/h100=true
    capabilities/storage/1/persistent=true    capabilities/gpu/vendor/nvidia/model/h100/ram/80Gi=true
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from supercloud.provider.inventory.inventory import GpuUnit

EPHEMERAL: Final = "ephemeral"
STORAGE: Final = "capabilities/storage/"
GPU: Final = "capabilities/gpu/"


def declared(classes: Iterable[str], gpus: Iterable[GpuUnit], own: Mapping[str, str]) -> dict[str, str]:
    """Attributes of storage classes and GPUs, under the operator's `own`, who says all of a kind or nothing of it.

    Memory as a volume (class `ram`) is there on every machine; what has no class of its own is not declared.
    """
    found: dict[str, str] = {}
    if not any(key.startswith(STORAGE) for key in own):
        for number, name in enumerate(sorted({*classes, "ram"} - {EPHEMERAL}), 1):
            found[f"{STORAGE}{number}/class"] = name
            found[f"{STORAGE}{number}/persistent"] = "false" if name == "ram" else "true"
    if not any(key.startswith(GPU) for key in own):
        for gpu in sorted(set(gpus)):
            model = f"{GPU}vendor/{gpu.vendor}/model/{gpu.model}"
            ram, interface = (
                f"/ram/{gpu.ram}" if gpu.ram else "",
                f"/interface/{gpu.interface}" if gpu.interface else "",
            )
            found.update(
                dict.fromkeys((model, model + ram, model + interface, model + ram + interface), "true")
            )
    return {**found, **own}
