"""The process of the doors without a node behind it."""

import asyncio
import dataclasses
import socket
import struct
import sys
import threading
from types import SimpleNamespace
from typing import cast

import orjson
import pytest
from small_node import SmallNode, transfer

from supercloud.node.doors.link import Link
from supercloud.node.doors.open import Doors
from supercloud.node.doors.process import Process
from supercloud.node.doors.relay import Kind, Progress, pack_error, unpack_error
from supercloud.node.engine.history import History
from supercloud.node.engine.ports import Committed

pytestmark = pytest.mark.node


async def started(told: list[tuple[int, bytes]]) -> tuple[asyncio.subprocess.Process, Link]:
    ours, theirs = socket.socketpair()
    with theirs:
        command = [sys.executable, "-m", "supercloud.node.doors.process", str(theirs.fileno())]
        process = await asyncio.create_subprocess_exec(
            *command, pass_fds=[theirs.fileno()], stderr=asyncio.subprocess.PIPE
        )
    link = Link(
        lambda kind, body: b"", lambda *news: told.append(news), lambda: None, (pack_error, unpack_error)
    )
    await asyncio.get_running_loop().create_connection(lambda: link, sock=ours)
    return process, link


async def test_it_ends_with_its_link_and_answers_no_calls() -> None:
    process, link = await started([])
    with pytest.raises(Exception, match="the doors answer no call"):
        await link.call(99, struct.pack(">I", 1))
    link.close()
    assert await asyncio.wait_for(process.wait(), 20) == 0


async def test_a_home_that_it_can_not_read_is_named(tmp_path: object) -> None:
    told: list[tuple[int, bytes]] = []
    process, link = await started(told)
    setup = {
        "home": str(tmp_path),
        "config": {},
        "identity": {"version": "v0"},
        "validator_key": "",
        "ports": {},
    }
    link.tell(Kind.SETUP, orjson.dumps(setup))
    link.tell(Kind.BLOCK, Progress(b"", b"{}").to_bytes())
    async with asyncio.timeout(20):
        while not told:  # noqa: ASYNC110 - the other process answers when it does
            await asyncio.sleep(0.02)
    assert told[0][0] == Kind.FAILED and str(tmp_path) in told[0][1].decode()
    link.close()
    await asyncio.wait_for(process.wait(), 20)


async def test_the_index_is_first_and_calls_are_answered_meanwhile(small: SmallNode) -> None:
    small.block(transfer(1, 0))
    state = small.engine.state
    process, indexed, heard = Process(), asyncio.Event(), list[tuple[str, int, int]]()
    process._state, process._blocks = state, small.view.history._store  # type: ignore[assignment]
    history = History(process._blocks, lambda: process._state)
    process._view = dataclasses.replace(small.view, history=history)
    loop, free = asyncio.get_running_loop(), threading.Event()

    class Hearing:
        def __init__(self, name: str) -> None:
            self.name = name

        def block_committed(self, committed: Committed) -> None:
            if self.name == "index":
                loop.call_soon_threadsafe(indexed.set)
                free.wait(30)
            heard.append((self.name, committed.block.header.height, history.height))

    doors = SimpleNamespace(indexing=Hearing("index"), hearing=[Hearing("waiting"), Hearing("hub")])
    process._doors = cast(Doors, doors)
    small.block(transfer(1, 1))
    small.block(transfer(1, 2))
    news = Progress(small.app.store.app_hash, small.engine.state.to_bytes())
    following = asyncio.create_task(process._follow(news))
    await asyncio.wait_for(indexed.wait(), 30)
    assert history.height == 1 and history.entry(2) is None, "the loop is free, and the block not there yet"
    free.set()
    await following
    assert heard == [
        ("index", 2, 1), ("index", 3, 1), ("waiting", 2, 3), ("hub", 2, 3), ("waiting", 3, 3), ("hub", 3, 3),
    ]  # fmt: skip
    process._indexer.shutdown()
