"""One machine's resources against the reservations on it.

An inventory is a value: reserving gives a new one. What is left is always computed from the whole list of reservations,
so nothing can leak when a reservation is forgotten or made twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

CPU_MIN = 1


class GpuUnit(NamedTuple):
    """One GPU of the machine, by the names attributes have."""

    vendor: str
    model: str
    ram: str
    interface: str

    def matches(self, key: str) -> bool:
        """Whether `vendor/nvidia/model/a100[/ram/80Gi][/interface/sxm]` (model may be a pattern) means it."""
        parts = key.split("/")
        wanted = dict(zip(parts[::2], parts[1::2], strict=False))
        return (
            wanted.get("vendor") == self.vendor
            and fnmatchcase(self.model, wanted.get("model", "*"))
            and wanted.get("ram", self.ram) == self.ram
            and wanted.get("interface", self.interface) == self.interface
        )

    @property
    def key(self) -> str:
        """Its attribute key, most exact form."""
        return f"vendor/{self.vendor}/model/{self.model}/ram/{self.ram}/interface/{self.interface}"


class Need(NamedTuple):
    """What an order asks for in all: CPU in thousandths, bytes, storage by class, GPU keys with counts."""

    cpu: int
    memory: int
    storage: Mapping[str, int]
    gpus: tuple[tuple[tuple[str, ...], int], ...]
    leased_ips: int


class Available(NamedTuple):
    """What a machine has, or has left."""

    cpu: int
    memory: int
    storage: Mapping[str, int]
    gpus: tuple[GpuUnit, ...]


class Reservation(NamedTuple):
    """A promise made to an order; `allocated` once its containers exist."""

    order: str
    need: Need
    gpus: tuple[GpuUnit, ...]
    allocated: bool


class Inventory(NamedTuple):
    """A machine and its reservations by order."""

    total: Available
    reservations: Mapping[str, Reservation]

    @property
    def available(self) -> Available:
        """What is left; never below zero."""
        cpu, memory = self.total.cpu, self.total.memory
        storage = dict(self.total.storage)
        gpus = list(self.total.gpus)
        for reservation in self.reservations.values():
            cpu -= reservation.need.cpu
            memory -= reservation.need.memory
            for kind, size in reservation.need.storage.items():
                storage[kind] = storage.get(kind, 0) - size
            for gpu in reservation.gpus:
                if gpu in gpus:
                    gpus.remove(gpu)
        return Available(
            max(cpu, 0), max(memory, 0), {kind: max(size, 0) for kind, size in storage.items()}, tuple(gpus)
        )

    def reserve(self, order: str, need: Need) -> tuple[Inventory, Reservation] | None:
        """The inventory with this promise made, and the promise; None when there is no room."""
        known = self.reservations.get(order)
        if known is not None:
            return self, known
        gpus = _take(self.available.gpus, need.gpus)
        if gpus is None or need.leased_ips or self.lacking(need):
            return None
        reservation = Reservation(order, need, gpus, allocated=False)
        return Inventory(self.total, {**self.reservations, order: reservation}), reservation

    def lacking(self, need: Need) -> str:
        """What there is too little of, for people; empty when there is room."""
        left = self.available
        found = []
        if need.cpu > left.cpu:
            found.append(f"cpu {need.cpu}m of {left.cpu}m left")
        if need.memory > left.memory:
            found.append(f"memory {_gib(need.memory)} of {_gib(left.memory)} left")
        # All classes are one disk here, so they are also counted together.
        for kind, size in sorted(need.storage.items()):
            there = left.storage.get(kind, 0)
            if size > there:
                found.append(f"storage {kind} {_gib(size)} of {_gib(there)} left")
        if _take(left.gpus, need.gpus) is None:
            asked = ", ".join(f"{count} x {' or '.join(keys)}" for keys, count in need.gpus)
            found.append(f"gpu {asked}; left: {', '.join(gpu.key for gpu in left.gpus) or 'none'}")
        return "; ".join(found)

    def release(self, order: str) -> Inventory:
        """The inventory without a promise."""
        return Inventory(
            self.total, {name: held for name, held in self.reservations.items() if name != order}
        )

    def allocate(self, order: str) -> Inventory:
        """The inventory with a promise marked as running."""
        held = self.reservations.get(order)
        if held is None:
            return self
        return Inventory(self.total, {**self.reservations, order: held._replace(allocated=True)})

    def keep(self, orders: Iterable[str]) -> Inventory:
        """The inventory with the promises to these orders alone."""
        wanted = frozenset(orders)
        return Inventory(
            self.total, {name: held for name, held in self.reservations.items() if name in wanted}
        )


def _gib(size: int) -> str:
    """Hundredths, rounded down."""
    hundredths = size * 100 // 2**30
    return f"{hundredths // 100}.{hundredths % 100:02}Gi"


def _take(
    free: Sequence[GpuUnit], wanted: Sequence[tuple[tuple[str, ...], int]]
) -> tuple[GpuUnit, ...] | None:
    """GPUs for every request, all of one request alike; None when they are not there."""
    left, taken = list(free), []
    for keys, count in wanted:
        candidates: dict[GpuUnit, int] = {}
        for gpu in left:
            if any(gpu.matches(key) for key in keys):
                candidates[gpu] = candidates.get(gpu, 0) + 1
        kind = next((gpu for gpu in sorted(candidates) if candidates[gpu] >= count), None)
        if kind is None:
            return None
        for _ in range(count):
            left.remove(kind)
            taken.append(kind)
    return tuple(taken)


def need_of(units: Sequence[Any], cpu_percent: int = 0) -> Need:
    """What resource units (GroupSpec.resources) ask for in all; CPU may be promised beyond what there is."""
    cpu = memory = addresses = 0
    storage: dict[str, int] = {}
    gpus: list[tuple[tuple[str, ...], int]] = []
    for unit in units:
        resource, count = unit.resource, unit.count
        cpu += max(CPU_MIN, _value(resource.cpu.units) * 100 // (100 + cpu_percent)) * count
        memory += _value(resource.memory.quantity) * count
        for volume in resource.storage:
            kind, size = _volume(volume)
            if kind == "ram":
                memory += size * count
            else:
                storage[kind] = storage.get(kind, 0) + size * count
        if graphics := _value(resource.gpu.units):
            keys = tuple(attribute.key for attribute in resource.gpu.attributes)
            gpus.append((keys or ("vendor/nvidia/model/*",), graphics * count))
        addresses += sum(1 for endpoint in resource.endpoints if endpoint.kind == 2)
    return Need(cpu, memory, storage, tuple(gpus), addresses)


def _volume(volume: Any) -> tuple[str, int]:
    attributes = {attribute.key: attribute.value for attribute in volume.attributes}
    if attributes.get("class") == "ram":
        return "ram", _value(volume.quantity)
    kind = attributes.get("class", "default") if attributes.get("persistent") == "true" else "ephemeral"
    return kind, _value(volume.quantity)


def _value(value: Any) -> int:
    return int(value.val or b"0")
