"""Promises on one machine."""

from __future__ import annotations

import pytest

from supercloud.provider.inventory.inventory import Available, GpuUnit, Inventory, Need

A100 = GpuUnit("nvidia", "a100", "80Gi", "sxm")
T4 = GpuUnit("nvidia", "t4", "16Gi", "pcie")
MACHINE = Inventory(Available(4000, 1000, {"ephemeral": 100, "beta3": 50}, (A100, A100, T4)), {})


def need(
    cpu: int = 0, memory: int = 0, storage: dict[str, int] | None = None, gpus: tuple = (), ips: int = 0
) -> Need:
    return Need(cpu, memory, storage or {}, gpus, ips)


def test_reserving_takes_and_releasing_gives_back() -> None:
    made = MACHINE.reserve("one", need(1000, 400, {"ephemeral": 60}))
    assert made is not None
    held, _ = made
    assert held.available == Available(3000, 600, {"ephemeral": 40, "beta3": 50}, (A100, A100, T4))
    assert held.release("one").available == MACHINE.available
    assert MACHINE.available.cpu == 4000


@pytest.mark.parametrize(
    "too_much",
    [
        need(cpu=4001),
        need(memory=1001),
        need(storage={"ephemeral": 101}),
        need(storage={"beta2": 1}),
        need(ips=1),
        need(gpus=((("vendor/nvidia/model/h100",), 1),)),
        need(gpus=((("vendor/nvidia/model/t4",), 2),)),
        need(gpus=((("vendor/nvidia/model/a100/ram/40Gi",), 1),)),
        need(gpus=((("vendor/nvidia/model/*",), 3),)),
    ],
)
def test_no_room(too_much: Need) -> None:
    assert MACHINE.reserve("one", too_much) is None


@pytest.mark.parametrize(
    ("too_much", "words"),
    [
        (need(cpu=4001), "cpu 4001m of 4000m left"),
        (need(memory=2**30), "memory 1.00Gi of 0.00Gi left"),
        (need(storage={"beta2": 5 * 2**29}), "storage beta2 2.50Gi of 0.00Gi left"),
        (
            need(gpus=((("vendor/nvidia/model/t4",), 2),)),
            "gpu 2 x vendor/nvidia/model/t4; left: " + ", ".join(gpu.key for gpu in (A100, A100, T4)),
        ),
        (need(cpu=5000, memory=2**31), "cpu 5000m of 4000m left; memory 2.00Gi of 0.00Gi left"),
        (need(cpu=4000), ""),
    ],
)
def test_what_is_lacking_is_named(too_much: Need, words: str) -> None:
    assert MACHINE.lacking(too_much) == words


@pytest.mark.parametrize(
    ("keys", "count", "taken"),
    [
        (("vendor/nvidia/model/a100",), 2, (A100, A100)),
        (("vendor/nvidia/model/*",), 2, (A100, A100)),
        (("vendor/nvidia/model/t4/ram/16Gi/interface/pcie",), 1, (T4,)),
        (("vendor/nvidia/model/h100", "vendor/nvidia/model/t4"), 1, (T4,)),
    ],
)
def test_gpus_of_one_request_are_alike(keys: tuple[str, ...], count: int, taken: tuple[GpuUnit, ...]) -> None:
    made = MACHINE.reserve("one", need(gpus=((keys, count),)))
    assert made is not None
    assert made[1].gpus == taken


def test_keeping_drops_promises_nobody_holds() -> None:
    made = MACHINE.reserve("one", need(1000))
    assert made is not None
    assert made[0].keep([]).available == MACHINE.available
    assert made[0].allocate("one").reservations["one"].allocated
