"""The leases of one machine, carried out on the mock's: failures are kept, tried again, and close nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from supercloud import sdl
from supercloud.provider.cluster import service as module
from supercloud.provider.cluster.service import Cluster
from supercloud.provider.config import Config
from supercloud.provider.drivers.base import PermanentError, PortTaken, TemporaryError, Workload
from supercloud.provider.drivers.mock import MockDriver
from supercloud.provider.event import LeaseRef, OrderRef
from supercloud.provider.hostname.proxy import Route
from supercloud.provider.state import State
from supercloud.sdl import manifest as forms
from supercloud.testing import ports

SDL = """
version: "2.0"
services:
  web:
    image: example/web:1
    env: [NAME=one]
    expose:
      - {port: 8080, as: 80, accept: [a.example], to: [{global: true}]}
      - {port: 5432, as: 5433, to: [{global: true}]}
      - {port: 9999, to: [{service: web}]}
profiles:
  compute:
    web: {resources: {cpu: {units: 100m}, memory: {size: 64Mi}, storage: {size: 64Mi}}}
  placement:
    west: {pricing: {web: {denom: uakt, amount: 1000}}}
deployment:
  web: {west: {profile: web, count: %d}}
"""


PORTS = ports.row(10)
"""Ten ports of this process alone."""


def group(count: int = 1) -> forms.Group:
    return forms.parse(sdl.load(SDL % count).canonical_manifest).groups[0]


def lease(dseq: int = 7) -> LeaseRef:
    return LeaseRef(OrderRef("akash1owner", dseq, 1, 1), "akash1provider")


NAME = str(lease())


class Names:
    """A proxy that keeps what it was told."""

    available = True
    port = 80

    def __init__(self) -> None:
        self.routes: list[Route] = []

    async def apply(self, routes: list[Route]) -> None:
        self.routes = list(routes)


class Driver(MockDriver):
    """The mock's, whose next deployments and removals may fail."""

    def __init__(self) -> None:
        super().__init__()
        self.failures: list[Exception] = []
        self.removals: list[Exception] = []
        self.asked: list[Workload] = []
        self.holding: asyncio.Event | None = None

    async def deploy(self, workload: Workload, progress: Any = None) -> None:
        self.asked.append(workload)
        if self.holding is not None:
            await self.holding.wait()
        if self.failures:
            raise self.failures.pop(0)
        await super().deploy(workload, progress)

    async def remove(self, lease: str) -> None:
        if self.removals:
            raise self.removals.pop(0)
        await super().remove(lease)


class Machine:
    """A cluster with all that belongs to it."""

    def __init__(self, folder: Path) -> None:
        self.driver = Driver()
        self.names = Names()
        self.state = State(folder / "state.sqlite")
        self.config = Config(
            host="p.example", ports_first=PORTS, ports_last=PORTS + 9, ingress_domain="in.example"
        )
        proxy: Any = self.names
        self.cluster = Cluster(self.driver, proxy, self.state, self.config)

    async def look(self, over: dict[str, bool] | None = None) -> None:
        """Reconcile, and wait for the work that was begun."""
        await self.cluster.reconcile(over or {})
        await asyncio.gather(*self.cluster._work.values(), return_exceptions=True)
        await self.cluster.publish()

    def want(self, *leases: tuple[LeaseRef, forms.Group | None, str | None]) -> None:
        self.cluster.want({str(ref): (ref, group_, version) for ref, group_, version in leases})

    async def running(self) -> list[str]:
        return await self.cluster.running()


@pytest.fixture
async def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Machine]:
    monkeypatch.setattr(module, "RETRY_S", 0.0)
    monkeypatch.setattr(module, "RETRY_S_MAX", 0.0)
    made = Machine(tmp_path)
    yield made
    made.driver.holding = None
    await made.cluster.stop()
    for name in await made.running():
        await MockDriver.remove(made.driver, name)
    made.state.close()


async def test_a_lease_with_a_manifest_runs_and_is_reached(machine: Machine) -> None:
    machine.want((lease(), group(2), "v1"))
    await machine.look()
    assert await machine.running() == [NAME]
    status = await machine.cluster.status(NAME)
    assert status is not None and "errors" not in status
    web = status["services"]["web"]
    assert (web["available"], web["total"], web["ready_replicas"]) == (2, 2, 2)
    assert web["uris"][0].endswith(".in.example") and status["ips"] is None
    (port,) = status["forwarded_ports"]["web"]
    assert (port["host"], port["port"], port["proto"], port["name"]) == ("p.example", 5433, "TCP", "web")
    assert PORTS <= port["externalPort"] <= PORTS + 9
    (route,) = machine.names.routes
    assert route.name == web["uris"][0] and len(route.upstreams) == 2


async def test_containers_know_whose_they_are(machine: Machine) -> None:
    machine.want((lease(), group(), "v1"))
    await machine.look()
    (workload,) = machine.driver.asked
    assert workload.environment["AKASH_OWNER"] == "akash1owner"
    assert workload.environment["AKASH_DEPLOYMENT_SEQUENCE"] == "7"
    assert workload.environment["AKASH_CLUSTER_PUBLIC_HOSTNAME"] == "p.example"
    assert list(workload.ports) == [("web", 5432, "TCP")], "only what is global and no web port"


async def test_a_hostname_that_is_held_leads_there_too(machine: Machine) -> None:
    machine.state.hold_hostname("a.example", NAME, "web")
    machine.state.hold_hostname("b.example", "another", "web")
    machine.want((lease(), group(), "v1"))
    await machine.look()
    assert [route.name for route in machine.names.routes][1:] == ["a.example"]
    assert "a.example" in (await machine.cluster.status(NAME))["services"]["web"]["uris"]  # type: ignore[index]


async def test_without_a_manifest_nothing_is_done_and_nothing_known(machine: Machine) -> None:
    machine.want((lease(), None, None))
    await machine.look()
    assert await machine.running() == [] and machine.names.routes == []
    assert await machine.cluster.status(NAME) is None
    assert await machine.cluster.status("another") is None


async def test_looking_again_changes_nothing(machine: Machine) -> None:
    machine.want((lease(), group(), "v1"))
    for _ in range(3):
        await machine.look()
    assert len(machine.driver.asked) == 1


async def test_a_new_version_is_deployed_and_old_troubles_forgotten(machine: Machine) -> None:
    machine.driver.failures = [PermanentError("no such image")]
    machine.want((lease(), group(), "v1"))
    await machine.look()
    assert (await machine.cluster.status(NAME))["errors"] == ["no such image"]  # type: ignore[index]
    machine.want((lease(), group(2), "v2"))
    await machine.look()
    status = await machine.cluster.status(NAME)
    assert status is not None and "errors" not in status and status["services"]["web"]["available"] == 2
    assert [workload.version for workload in machine.driver.asked] == ["v1", "v2"]


async def test_until_a_new_manifest_is_carried_out_no_replica_is_an_updated_one(machine: Machine) -> None:
    async def web() -> tuple[int, int]:
        status = await machine.cluster.status(NAME)
        assert status is not None and "errors" not in status
        return status["services"]["web"]["available"], status["services"]["web"]["updated_replicas"]

    machine.want((lease(), group(), "01"))
    await machine.look()
    assert await web() == (1, 1)
    machine.cluster.held[NAME].error = "an old trouble"
    machine.state.save_manifest("akash1owner", 7, b"\x02", b"{}")
    assert await web() == (1, 0)
    machine.want((lease(), group(2), "02"))
    assert await web() == (1, 0)
    await machine.look()
    assert await web() == (2, 2)


@pytest.mark.parametrize(
    ("failure", "shown"),
    [(PermanentError("no such image"), ["no such image"]), (TemporaryError("engine is away", 0.0), None)],
)
async def test_a_failure_is_kept_tried_again_and_closes_nothing(
    machine: Machine, failure: Exception, shown: list[str] | None
) -> None:
    machine.driver.failures = [failure] * 2
    machine.want((lease(), group(), "v1"))
    await machine.look()
    assert machine.cluster.held[NAME].tries == 1
    status = await machine.cluster.status(NAME)
    assert (
        status is not None and status.get("errors") == shown and status["services"]["web"]["available"] == 0
    )
    await machine.look()
    await machine.look()
    assert await machine.running() == [NAME]
    assert (machine.cluster.held[NAME].tries, machine.cluster.held[NAME].error) == (0, "")


async def test_pauses_grow_up_to_a_limit(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RETRY_S", 2.0)
    monkeypatch.setattr(module, "RETRY_S_MAX", 10.0)
    monkeypatch.setattr(module.time, "monotonic", lambda: 0.0)
    machine.want((lease(), group(), "v1"))
    held, pauses = machine.cluster.held[NAME], []
    for _ in range(4):
        machine.cluster._failed(NAME, held, PermanentError("no"))
        pauses.append(held.retry_at)
    assert pauses == [4.0, 8.0, 10.0, 10.0]
    machine.cluster._failed(NAME, held, TemporaryError("busy", 77.0))
    assert held.retry_at == 77.0
    await machine.look()
    assert machine.driver.asked == [], "not before its time"


async def test_what_ends_because_it_is_replaced_is_no_failure(machine: Machine) -> None:
    async def errors() -> Any:
        status = await machine.cluster.status(NAME)
        assert status is not None
        return status.get("errors")

    machine.want((lease(), group(), "v1"))
    await machine.look()
    (item,) = machine.driver.machine.of(NAME)
    machine.driver.machine.deployed.pop(NAME)  # as while a driver replaces what runs
    machine.driver.holding = asyncio.Event()
    machine.want((lease(), group(2), "v2"))
    await machine.cluster.reconcile({})
    machine.driver.machine.end(item, 0)
    assert await errors() is None
    machine.driver.holding.set()
    await asyncio.gather(*machine.cluster._work.values())
    machine.driver.machine.end(item, 1)
    assert await errors() == [f"{item.name}: container exited with code 1"]


async def test_one_that_is_slow_holds_up_nobody(machine: Machine) -> None:
    other = lease(8)
    machine.driver.holding = asyncio.Event()
    machine.want((lease(), group(), "v1"))
    await machine.cluster.reconcile({})
    await asyncio.sleep(0)
    machine.driver.holding, gate = None, machine.driver.holding
    machine.want((lease(), group(), "v1"), (other, group(), "v1"))
    await machine.cluster.reconcile({})
    await asyncio.wait_for(machine.cluster._work[str(other)], 30)
    assert await machine.running() == [str(other)]
    await machine.cluster.reconcile({})
    assert len(machine.driver.asked) == 2, "no second time while the first is under way"
    gate.set()
    await machine.cluster._work[NAME]
    assert await machine.running() == sorted([NAME, str(other)])


async def test_a_lease_that_ends_while_its_image_arrives(machine: Machine) -> None:
    machine.driver.holding = asyncio.Event()
    machine.want((lease(), group(), "v1"))
    await machine.cluster.reconcile({})
    await asyncio.sleep(0)
    machine.want()
    await asyncio.gather(*machine.cluster._work.values(), return_exceptions=True)
    assert machine.cluster.held == {} and await machine.running() == [] and machine.cluster._work == {}


async def test_a_lease_counts_until_it_is_removed(machine: Machine) -> None:
    machine.want((lease(), group(), "v1"), (lease(8), None, None))
    assert machine.cluster.count() == 2
    await machine.look()
    machine.want()
    assert machine.cluster.count() == 2, "nobody has looked yet what runs"
    await machine.cluster.reconcile({NAME: True})
    assert machine.cluster.count() == 1, "the other one never ran"
    await machine.look({NAME: True})
    assert machine.cluster.count() == 0


async def test_what_the_ledger_closed_is_removed_and_forgotten(machine: Machine) -> None:
    machine.want((lease(), group(), "v1"))
    await machine.look()
    machine.want()
    await machine.look()
    assert await machine.running() == [NAME], "unknown is not closed"
    machine.driver.removals = [TemporaryError("busy")]
    await machine.look({NAME: True})
    assert await machine.running() == [NAME] and machine.cluster.changed.is_set()
    await machine.look({NAME: True})
    assert await machine.running() == []
    free = range(PORTS, PORTS + 1)
    assert machine.state.port("another", "web", 1, "TCP", free) == PORTS, "its ports are free again"


async def test_a_port_that_another_program_holds_is_exchanged(machine: Machine) -> None:
    machine.driver.failures = [PortTaken("taken", PORTS), PortTaken("taken", PORTS + 1)]
    machine.want((lease(), group(), "v1"))
    await machine.look()
    assert await machine.running() == [NAME]
    assert [list(workload.ports.values()) for workload in machine.driver.asked] == [
        [PORTS],
        [PORTS + 1],
        [PORTS + 2],
    ]


async def test_a_machine_whose_ports_are_all_taken_says_so(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PORT_TRIES", 2)
    machine.driver.failures = [PortTaken("taken", PORTS), PortTaken("taken", PORTS + 1)]
    machine.want((lease(), group(), "v1"))
    await machine.look()
    assert machine.cluster.held[NAME].tries == 1 and await machine.running() == []


async def test_a_bug_is_logged_and_tried_again_much_later(
    machine: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    machine.driver.failures = [ZeroDivisionError("oops")]
    machine.want((lease(), group(), "v1"))
    await machine.look()
    assert "work on a lease failed" in caplog.text
    status = await machine.cluster.status(NAME)
    assert status is not None and "oops" not in str(status), "tenants are not told of our insides"


async def test_an_engine_that_is_away_takes_nothing_away(machine: Machine) -> None:
    machine.want((lease(), group(), "v1"))
    await machine.look()

    async def away(_: str) -> Any:
        raise TemporaryError("engine is away")

    machine.driver.observe = away  # type: ignore[method-assign]
    status = await machine.cluster.status(NAME)
    assert status is not None and status["services"]["web"]["available"] == 0 and "errors" not in status


async def test_stopping_ends_deployments_and_leaves_what_runs(machine: Machine) -> None:
    machine.want((lease(), group(), "v1"))
    await machine.look()
    machine.driver.holding = asyncio.Event()
    machine.want((lease(), group(), "v1"), (lease(8), group(), "v1"))
    await machine.cluster.reconcile({})
    await asyncio.wait_for(machine.cluster.stop(), 30)
    assert await machine.running() == [NAME] and machine.cluster._work == {}


async def test_without_a_proxy_services_are_reached_by_port(machine: Machine) -> None:
    machine.names.available = False
    machine.want((lease(), group(), "v1"))
    await machine.look()
    status = await machine.cluster.status(NAME)
    assert status is not None and machine.names.routes == []
    (uri,) = status["services"]["web"]["uris"]
    assert uri.startswith("127.0.0.1:") and status["services"]["web"]["available"] == 1


async def test_running_is_not_ready_until_the_name_leads_there(machine: Machine) -> None:
    machine.want((lease(), group(), "v1"))
    await machine.look()
    machine.cluster._routed = frozenset()
    status = await machine.cluster.status(NAME)
    assert status is not None and status["services"]["web"]["available"] == 0
