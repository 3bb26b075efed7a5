"""Resource units: the ledger's limits, and sums over a group. Shared by the ledger, the SDL and providers.

Quantities are integers: thousandths of a cpu, whole gpus, bytes of memory and storage.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, NamedTuple

from supercloud.types import attributes
from supercloud.types.coin import is_denom
from supercloud.types.dec import ONE, Dec, DecCoin

if TYPE_CHECKING:
    from supercloud.pb.akash.base.resources.v1beta4.resources_pb2 import Resources
    from supercloud.pb.akash.base.resources.v1beta4.resourcevalue_pb2 import ResourceValue
    from supercloud.pb.akash.deployment.v1beta4.resourceunit_pb2 import ResourceUnit

KI: Final = 1 << 10
MI: Final = 1 << 20
GI: Final = 1 << 30
TI: Final = 1 << 40

CPU_MIN, CPU_MAX = 10, 384_000
GPU_MAX: Final = 24
MEMORY_MIN, MEMORY_MAX = MI, 2 * TI
STORAGE_MIN, STORAGE_MAX = 5 * MI, 32 * TI
"""Per replica; storage per volume."""

COUNT_MAX: Final = 50
"""Replicas that the network's limits of a group are reckoned with."""
GROUP_CPU_MAX: Final = CPU_MAX * COUNT_MAX
GROUP_GPU_MAX: Final = GPU_MAX * COUNT_MAX
GROUP_MEMORY_MAX: Final = MEMORY_MAX * COUNT_MAX
GROUP_STORAGE_MAX: Final = STORAGE_MAX * COUNT_MAX

PRICE_MAX: Final = 10_000_000
"""Of one replica, per block."""
PARTS_MAX: Final = 100
"""Volumes, and attributes of one kind of resource; endpoints may be ten times as many. The network has no
bound."""


class Quantities(NamedTuple):
    """What one replica or a whole group takes."""

    cpu: int
    gpu: int
    memory: int
    storage: int


def value_of(wire: ResourceValue) -> int:
    """A quantity: digits in ASCII; none mean zero. Raises ValueError."""
    digits = wire.val
    if not digits:
        return 0
    if not digits.isdigit() or len(digits) > 20:
        raise ValueError(f"invalid resource value {digits[:40]!r}")
    return int(digits)


def quantities(resource: Resources) -> Quantities:
    """What one replica takes. Raises ValueError."""
    return Quantities(
        value_of(resource.cpu.units),
        value_of(resource.gpu.units),
        value_of(resource.memory.quantity),
        sum(value_of(volume.quantity) for volume in resource.storage),
    )


def group_quantities(units: Iterable[ResourceUnit]) -> Quantities:
    """What all replicas of a group take. Raises ValueError."""
    cpu = gpu = memory = storage = 0
    for unit in units:
        one = quantities(unit.resource)
        cpu += one.cpu * unit.count
        gpu += one.gpu * unit.count
        memory += one.memory * unit.count
        storage += one.storage * unit.count
    return Quantities(cpu, gpu, memory, storage)


def check_group(units: Iterable[ResourceUnit]) -> None:
    """The ledger's rules for the units of one group. Raises ValueError or an attribute's refusal."""
    ids: list[int] = []
    cpu = gpu = memory = storage = 0
    for unit in units:
        if unit.resource.id in ids:
            raise ValueError(f"duplicate resource id {unit.resource.id}")
        ids.append(unit.resource.id)
        one = check_resource(unit.resource)
        cpu += one.cpu * unit.count
        gpu += one.gpu * unit.count
        memory += one.memory * unit.count
        storage += one.storage * unit.count
    if not 0 < cpu <= GROUP_CPU_MAX:
        raise ValueError(f"invalid total cpu: 0 < {cpu} <= {GROUP_CPU_MAX} fails")
    if gpu > GROUP_GPU_MAX:
        raise ValueError(f"invalid total gpu: {gpu} <= {GROUP_GPU_MAX} fails")
    if not 0 < memory <= GROUP_MEMORY_MAX:
        raise ValueError(f"invalid total memory: 0 < {memory} <= {GROUP_MEMORY_MAX} fails")
    if storage > GROUP_STORAGE_MAX:
        raise ValueError(f"invalid total storage: {storage} <= {GROUP_STORAGE_MAX} fails")


def check_resource(resource: Resources) -> Quantities:
    """The ledger's rules for one replica; returns what it takes. Raises ValueError or an attribute's
    refusal."""
    if not resource.id:
        raise ValueError("resource id must be positive")
    for name in ("cpu", "gpu", "memory"):
        if not resource.HasField(name):
            raise ValueError(f"{name} must not be nil")
    if not 0 < len(resource.storage) <= PARTS_MAX:
        raise ValueError(f"{len(resource.storage)} volumes, from 1 to {PARTS_MAX} expected")
    if len(resource.endpoints) > 10 * PARTS_MAX:
        raise ValueError(f"{len(resource.endpoints)} endpoints, at most {10 * PARTS_MAX}")
    one = quantities(resource)
    _check_range("cpu", one.cpu, CPU_MIN, CPU_MAX)
    _check_range("gpu", one.gpu, 0, GPU_MAX)
    _check_range("memory", one.memory, MEMORY_MIN, MEMORY_MAX)
    if resource.gpu.attributes and not one.gpu:
        raise ValueError("gpu attributes without gpus")
    for volume in resource.storage:
        _check_range("storage", value_of(volume.quantity), STORAGE_MIN, STORAGE_MAX)
    for declared in (
        resource.cpu.attributes,
        resource.gpu.attributes,
        resource.memory.attributes,
        *(volume.attributes for volume in resource.storage),
    ):
        if len(declared) > PARTS_MAX:
            raise ValueError(f"more than {PARTS_MAX} attributes")
        if declared:
            attributes.check_wildcard(declared)
    return one


def _check_range(name: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise ValueError(f"invalid unit {name}: {low} <= {value} <= {high} fails")


def group_price(units: Iterable[ResourceUnit]) -> DecCoin:
    """What a block of a whole group may cost at most.

    All units are priced in one denom. Raises ValueError.
    """
    denom, total = "", 0
    for unit in units:
        price = DecCoin.from_pb(unit.price)
        if not is_denom(price.denom):
            raise ValueError(f"invalid denom {price.denom[:80]!r}")
        if not 0 <= price.amount.raw <= PRICE_MAX * ONE:
            raise ValueError(f"invalid price: 0 <= {price} <= {PRICE_MAX} fails")
        if denom not in ("", price.denom):
            raise ValueError(f"multiple denoms: {denom} and {price.denom}")
        denom = price.denom
        total += price.amount.raw * unit.count
    return DecCoin(denom, Dec(total))
