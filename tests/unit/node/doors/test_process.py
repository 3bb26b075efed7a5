"""The process of the doors without a node behind it."""

import asyncio
import socket
import struct
import sys

import orjson
import pytest

from supercloud.node.doors.link import Link
from supercloud.node.doors.relay import Kind, Progress, pack_error, unpack_error

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
