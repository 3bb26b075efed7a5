"""What happened to leases: kept, bounded, heard by those who follow."""

from __future__ import annotations

import asyncio

from supercloud.provider.drivers.base import namespace
from supercloud.provider.drivers.journal import EVENTS_MAX, LEASES_MAX, Journal

STARTED = ("Normal", "Started", "Started container")


async def _read(journal: Journal, *services: str) -> list[str]:
    return [item["note"] async for item in journal.read("l", services, follow=False)]


async def test_form_is_the_networks() -> None:
    journal = Journal()
    journal.add("l", "web", "web-x-0", STARTED)
    assert [item async for item in journal.read("l", (), follow=False)] == [
        {
            "type": "Normal",
            "reason": "Started",
            "note": "Started container",
            "object": {"kind": "Pod", "namespace": namespace("l"), "name": "web-x-0"},
        }
    ]


async def test_services_are_told_apart_and_the_last_are_kept() -> None:
    journal = Journal()
    for number in range(EVENTS_MAX + 5):
        journal.add("l", "web" if number % 2 else "db", "x", ("Normal", "Note", str(number)))
    assert await _read(journal) == [str(number) for number in range(5, EVENTS_MAX + 5)]
    assert all(int(note) % 2 for note in await _read(journal, "web"))
    journal.forget("l")
    assert await _read(journal) == [] and not journal.knows("l")


def test_leases_are_bounded() -> None:
    journal = Journal()
    for number in range(LEASES_MAX + 1):
        journal.add(str(number), "web", "x", STARTED)
    assert not journal.knows("0") and journal.knows(str(LEASES_MAX))


async def test_follow_hears_what_comes_and_is_forgotten_when_it_ends() -> None:
    journal, heard = Journal(), asyncio.Queue[str]()

    async def listen() -> None:
        async for item in journal.read("l", ("web",), follow=True):
            heard.put_nowait(item["note"])

    journal.add("l", "web", "x", ("Normal", "A", "before"))
    task = asyncio.create_task(listen())
    assert await heard.get() == "before"
    await asyncio.sleep(0)
    journal.add("l", "db", "x", ("Normal", "A", "other"))
    journal.add("l", "web", "x", ("Normal", "A", "after"))
    assert await heard.get() == "after"
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert not journal._listeners
