"""Containers that end are started again, with a reason that is kept; on an engine made of a list."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import aiodocker
import pytest

from supercloud.provider.drivers.journal import Journal
from supercloud.provider.drivers.podman import container, found, keeper
from supercloud.provider.drivers.podman.keeper import End, Keeper

LEASE = "akash1owner/7/1/1/akash1provider"


class Item:
    """One container of the list."""

    def __init__(self, state: str = "exited", exit_code: int = 3, out_of_memory: bool = False) -> None:
        self.state, self.exit_code, self.out_of_memory = state, exit_code, out_of_memory
        self.starts = 0
        self.refuses = False

    async def show(self) -> dict[str, Any]:
        return {"State": {"ExitCode": self.exit_code, "OOMKilled": self.out_of_memory, "Pid": 0}}

    async def start(self) -> None:
        if self.refuses:
            raise aiodocker.DockerError(500, {"message": "no"})
        self.starts += 1


class Engine:
    """What the keeper asks of a connection."""

    def __init__(self, **items: Item) -> None:
        self.items = items

    async def revive(self) -> None:
        pass

    async def containers(self, label: str, value: str) -> list[found.Found]:
        labels = {
            container.LABEL_SCOPE: "mine", container.LABEL_LEASE: LEASE, container.LABEL_SERVICE: "web"
        }  # fmt: skip
        return [
            found.read(
                {"Id": name, "Names": [f"/{name}"], "State": item.state, "Status": "", "Labels": labels}
            )
            for name, item in self.items.items()
        ]

    @property
    def api(self) -> Any:
        class Containers:
            container = staticmethod(lambda reference: self.items[reference])

        class Api:
            containers = Containers

        return Api


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Callable[[Engine], tuple[Keeper, Journal]]:
    async def said(api: Any, reference: str, count: int) -> list[str]:
        return ["one", "last words"]

    monkeypatch.setattr(keeper.streams, "last_lines", said)

    def build(engine: Any) -> tuple[Keeper, Journal]:
        journal = Journal()
        return Keeper(engine, "mine", journal, renames_ports=False), journal

    return build


async def test_what_ended_waits_then_starts_and_says_why(looks: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    item = Item()
    engine = Engine(a=item)
    kept, journal = looks(engine)
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    await kept._look()
    assert item.starts == 0 and kept.changed.is_set()
    seen = (await engine.containers("", ""))[0]
    assert kept.exit_code(seen) == 3
    assert (
        kept.note(seen) == "exited with code 3; it said: one | last words, 0 restart(s), started again in 1 s"
    )
    now[0] += 1.0
    await kept._look()
    assert item.starts == 1 and kept.restarts(seen) == 1
    item.state = "running"
    seen = (await engine.containers("", ""))[0]
    assert kept.exit_code(seen) is None
    assert kept.note(seen) == "exited with code 3; it said: one | last words, 1 restart(s)"
    told = [document async for document in journal.read(LEASE, (), False)]
    assert [document["reason"] for document in told] == ["BackOff"]


async def test_memory_that_ran_out_is_told(looks: Any) -> None:
    kept, journal = looks(Engine(a=Item(exit_code=137, out_of_memory=True)))
    await kept._look()
    told = [document async for document in journal.read(LEASE, (), False)]
    assert told[0]["reason"] == "OOMKilling" and "ran out of memory" in told[0]["note"]


async def test_a_lease_that_is_being_changed_is_left_alone(looks: Any) -> None:
    kept, journal = looks(Engine(a=Item()))
    async with kept.lock(LEASE):
        await kept._look()
        kept.forget(LEASE)  # held: it stays
        assert kept.lock(LEASE).locked()
    assert not journal.knows(LEASE)


async def test_a_start_that_is_refused_is_tried_again(looks: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    item = Item()
    item.refuses = True
    kept, _ = looks(Engine(a=item))
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    for _round in range(2):
        await kept._look()
        now[0] += 1.0
    assert item.starts == 0
    item.refuses = False
    for _round in range(2):
        now[0] += 600.0
        await kept._look()
    assert item.starts == 1


def test_engine_messages_wake_it_up(looks: Any) -> None:
    kept, _ = looks(Engine())
    kept._hear({"Action": "exec_start"})
    assert not kept._wake.is_set()
    kept._hear({"Action": "die"})
    assert kept._wake.is_set() and kept.changed.is_set()


async def test_it_stops(looks: Any) -> None:
    kept, _ = looks(Engine())
    kept.start()
    await asyncio.sleep(0)
    await kept.stop()
    assert all(task.done() for task in kept._tasks)


def test_how_it_ended_in_words() -> None:
    assert End(1, False, ()).text == "exited with code 1"
    assert len(End(1, False, ("x" * 5000,)).text) < 1100
