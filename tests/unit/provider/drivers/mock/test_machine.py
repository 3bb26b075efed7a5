"""The mock's machine: files over volumes, faults to come, restarts."""

from __future__ import annotations

import asyncio
from types import ModuleType

import pytest

from supercloud.provider.drivers.base import PermanentError, TemporaryError
from supercloud.provider.drivers.mock.driver import MockDriver
from supercloud.provider.drivers.mock.machine import Files, MockMachine


def test_volumes_lie_over_own_files() -> None:
    volume: dict[str, str] = {}
    files = Files({"/data": volume})
    files["/data/a"], files["/datab"] = "1", "2"
    assert volume == {"/data/a": "1"} and sorted(files) == ["/data/a", "/datab"] and len(files) == 2
    del files["/data/a"]
    assert "/data/a" not in files


def test_faults_come_as_often_as_said() -> None:
    machine = MockMachine()
    machine.fail("deploy", TemporaryError("later"), times=2)
    machine.check("observe")
    for _ in range(2):
        with pytest.raises(TemporaryError, match="later"):
            machine.check("deploy")
    machine.check("deploy")


async def test_a_container_that_ends_is_started_again(make: ModuleType) -> None:
    machine = MockMachine()
    driver = MockDriver(machine)
    work = make.workload(make.service("web"))
    await driver.deploy(work)
    (item,) = machine.of(work.lease)
    machine.out_of_memory(item)
    assert not item.running and item.exit_code == 137 and "memory" in item.note
    async with asyncio.timeout(30):
        while not item.running:
            machine.changed.clear()
            await machine.changed.wait()
    assert "1 restart(s)" in item.note
    machine.end(item, 1)
    machine.delete(item)
    machine.rest()
    assert machine.of(work.lease) == []


async def test_images_that_are_in_no_registry(make: ModuleType) -> None:
    machine = MockMachine()
    machine.missing_images.add("localhost/probe:1")
    with pytest.raises(PermanentError, match="can not be pulled"):
        await MockDriver(machine).deploy(make.workload(make.service()))
    assert machine.containers == {}
