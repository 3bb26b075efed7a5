"""Limits of resource units and of groups."""

from __future__ import annotations

from typing import Any

import pytest

from supercloud.pb.akash.base.resources.v1beta4.resources_pb2 import Resources
from supercloud.pb.akash.base.resources.v1beta4.resourcevalue_pb2 import ResourceValue
from supercloud.pb.akash.deployment.v1beta4.resourceunit_pb2 import ResourceUnit
from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import DecCoin
from supercloud.types import resources
from supercloud.types.dec import ONE
from supercloud.types.errors import ChainError


def resource(
    cpu: int = 100, memory: int = resources.MI, storage: int = 5 * resources.MI, gpu: int = 0
) -> Resources:
    made = Resources(id=1)
    made.cpu.units.val = str(cpu).encode()
    made.memory.quantity.val = str(memory).encode()
    made.storage.add(name="default").quantity.val = str(storage).encode()
    made.gpu.units.val = str(gpu).encode()
    return made


def unit(count: int = 1, price: int = ONE, denom: str = "uact", **quantities: int) -> ResourceUnit:
    return ResourceUnit(
        resource=resource(**quantities), count=count, price=DecCoin(denom=denom, amount=str(price))
    )


@pytest.mark.parametrize(
    ("val", "value"), [(b"", 0), (b"0", 0), (b"1000", 1000), (b"18446744073709551615", 2**64 - 1)]
)
def test_values(val: bytes, value: int) -> None:
    assert resources.value_of(ResourceValue(val=val)) == value


@pytest.mark.parametrize("val", [b"-1", b"+1", b"1.5", b"x", b" 1", b"1" * 21])
def test_no_values(val: bytes) -> None:
    with pytest.raises(ValueError):
        resources.value_of(ResourceValue(val=val))


@pytest.mark.parametrize(
    ("quantities", "good"),
    [
        ({"cpu": 10}, True),
        ({"cpu": 9}, False),
        ({"cpu": 384_000}, True),
        ({"cpu": 384_001}, False),
        ({"memory": 2**20 - 1}, False),
        ({"memory": 2**41}, True),
        ({"memory": 2**41 + 1}, False),
        ({"storage": 5 * 2**20 - 1}, False),
        ({"storage": 32 * 2**40}, True),
        ({"storage": 32 * 2**40 + 1}, False),
        ({"gpu": 24}, True),
        ({"gpu": 25}, False),
    ],
)
def test_limits_of_a_replica(quantities: dict[str, int], good: bool) -> None:
    if good:
        resources.check_resource(resource(**quantities))
    else:
        with pytest.raises(ValueError, match="fails"):
            resources.check_resource(resource(**quantities))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda r: setattr(r, "id", 0),
        lambda r: r.ClearField("cpu"),
        lambda r: r.ClearField("gpu"),
        lambda r: r.ClearField("memory"),
        lambda r: r.ClearField("storage"),
        lambda r: r.gpu.attributes.add(key="vendor/nvidia", value="true"),
        lambda r: r.cpu.attributes.add(key="!", value=""),
        lambda r: [r.cpu.attributes.add(key=f"key{n}") for n in range(101)],
        lambda r: [r.storage.add() for _ in range(101)],
        lambda r: [r.endpoints.add() for _ in range(1001)],
        lambda r: setattr(r.memory.quantity, "val", b"x"),
    ],
)
def test_shapes(spoil: Any) -> None:
    made = resource()
    spoil(made)
    with pytest.raises((ValueError, ChainError)):
        resources.check_resource(made)


@pytest.mark.parametrize(
    ("units", "good"),
    [
        ([unit(50, cpu=384_000)], True),
        ([unit(51, cpu=384_000)], False),
        ([unit(50, gpu=24)], True),
        ([unit(51, gpu=24)], False),
        ([unit(50, memory=2**41)], True),
        ([unit(51, memory=2**41)], False),
        ([unit(51, storage=2**45)], False),
        ([unit(0)], False),
        ([], False),
        ([unit(), unit()], False),
    ],
)
def test_limits_of_a_group(units: list[ResourceUnit], good: bool) -> None:
    if good:
        resources.check_group(units)
    else:
        with pytest.raises(ValueError):
            resources.check_group(units)


def test_sums() -> None:
    units = [unit(2, cpu=100, gpu=1), unit(3, cpu=10, memory=2**21)]
    assert resources.group_quantities(units) == (230, 2, 2 * 2**20 + 3 * 2**21, 25 * 2**20)


@pytest.mark.parametrize(
    ("units", "price"),
    [
        ([unit(2, 3 * ONE), unit(1, ONE)], 7 * ONE),
        ([unit(2, 0)], 0),
        ([unit(1, 10_000_000 * ONE)], 10_000_000 * ONE),
        ([unit(1, 10_000_000 * ONE + 1)], None),
        ([unit(1, -1)], None),
        ([unit(1, denom="u")], None),
        ([unit(1, denom="uact"), unit(1, denom="uakt")], None),
    ],
)
def test_prices(units: list[ResourceUnit], price: int | None) -> None:
    if price is None:
        with pytest.raises(ValueError):
            resources.group_price(units)
    else:
        assert resources.group_price(units).amount.raw == price
