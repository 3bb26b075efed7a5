"""The mock driver's own ways; what all drivers share is in the contract (tests/integration/provider/drivers)."""

from __future__ import annotations

from types import ModuleType

from supercloud.provider.drivers.mock.driver import MockDriver


async def test_only_what_changed_is_replaced(make: ModuleType) -> None:
    driver = MockDriver()
    await driver.deploy(make.workload(make.service("web"), make.service("db")))
    before = {item.service.name: item.id for item in driver.machine.of(make.LEASE)}
    changed = make.service("web", env=("A=1",))
    await driver.deploy(make.workload(changed, make.service("db"), version="v2"))
    after = {item.service.name: item.id for item in driver.machine.of(make.LEASE)}
    assert after["db"] == before["db"] and after["web"] != before["web"]
    seen = await driver.observe(make.LEASE)
    assert seen is not None and seen.version == "v2" and seen.complete


async def test_the_same_steps_make_the_same_ids(make: ModuleType) -> None:
    ids = []
    for _ in range(2):
        driver = MockDriver()
        await driver.deploy(make.workload(make.service("web", count=2)))
        ids.append(sorted(driver.machine.containers))
    assert ids[0] == ids[1] and len(ids[0]) == 2


async def test_its_fingerprint_says_that_nothing_is_enforced() -> None:
    fingerprint = await MockDriver().fingerprint()
    assert "everything" in fingerprint.unenforced[0]
