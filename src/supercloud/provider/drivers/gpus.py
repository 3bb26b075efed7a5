"""Which GPUs a replica gets: those of the machine that fit and that no other container has. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from supercloud.provider.drivers.base import Gpu, PermanentError
from supercloud.provider.inventory.inventory import GpuUnit
from supercloud.sdl.manifest import Service


def keep_or_choose(
    machine: Sequence[Gpu], taken: Collection[str], service: Service, present: tuple[str, ...]
) -> tuple[str, ...]:
    """The GPUs a replica has already if they still do, else others. Raises PermanentError when none are free."""
    fitting = {gpu.id for gpu in machine if _fits(_unit(gpu), service.resources.gpu_attributes)}
    if (
        len(present) == service.resources.gpu
        and fitting.issuperset(present)
        and not set(present) & set(taken)
    ):
        return present
    return choose(machine, taken, service)


def choose(machine: Sequence[Gpu], taken: Collection[str], service: Service) -> tuple[str, ...]:
    """Ids of GPUs for one replica, all of one kind. Raises PermanentError when they are not free."""
    wanted = service.resources.gpu
    if not wanted:
        return ()
    kinds: dict[GpuUnit, list[str]] = {}
    for gpu in machine:
        unit = _unit(gpu)
        if gpu.id not in taken and _fits(unit, service.resources.gpu_attributes):
            kinds.setdefault(unit, []).append(gpu.id)
    found = next((ids for _, ids in sorted(kinds.items()) if len(ids) >= wanted), None)
    if found is None:
        asked = ", ".join(service.resources.gpu_attributes) or "any"
        raise PermanentError(
            f"service {service.name} needs {wanted} GPU(s) of {asked}: not that many are free"
        )
    return tuple(found[:wanted])


def _unit(gpu: Gpu) -> GpuUnit:
    return GpuUnit(gpu.vendor, gpu.model, gpu.ram, gpu.interface)


def _fits(unit: GpuUnit, keys: Sequence[str]) -> bool:
    return not keys or any(unit.matches(key) for key in keys)
