"""Doors in a process of their own: what only shows when one of the two processes dies."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from chain_client import RUN, Rpc, free_port, make_home, settings, transfer

from supercloud.node.config import Config, ConfigError
from supercloud.node.doors.beside import Beside
from supercloud.node.server import Node

pytestmark = pytest.mark.node


def apart() -> Config:
    config = settings()
    config.doors.apart = True
    config.metrics.listen = "127.0.0.1:0"
    return config


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[Node]:
    node = Node(make_home(tmp_path / "home", apart()), apart())
    await node.start()
    yield node
    await node.stop()


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def process_of(node: Node) -> int:
    assert isinstance(node._doors, Beside) and node._doors._process is not None
    return node._doors._process.pid


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


def children_of(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


async def gone(pid: int) -> None:
    async with asyncio.timeout(15):
        while alive(pid):  # noqa: ASYNC110 - another's child has no event to wait for
            await asyncio.sleep(0.02)


async def test_a_killed_process_is_started_again_and_misses_nothing(
    node: Node, session: aiohttp.ClientSession
) -> None:
    rpc = Rpc(session, node.rpc_url)
    await rpc.answering()
    raws = [transfer(1, number) for number in range(3)]
    assert (await rpc.send(raws[0]))["code"] == 0
    await rpc.committed(raws[0])
    grpc = node.grpc_address
    first = process_of(node)
    os.kill(first, signal.SIGKILL)
    # The port stays taken: who calls now waits, and is answered by the next process.
    async with aiohttp.ClientSession() as later:
        assert (await Rpc(later, node.rpc_url).send(raws[1]))["code"] == 0
        found = await Rpc(later, node.rpc_url).committed(raws[1])
        before = await Rpc(later, node.rpc_url).committed(raws[0])
        assert int(before["height"]) < int(found["height"])
    assert process_of(node) != first and node.grpc_address == grpc
    host, _, port = grpc.rpartition(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.close()


async def test_metrics_show_what_the_doors_have_counted(node: Node, session: aiohttp.ClientSession) -> None:
    await Rpc(session, node.rpc_url).answering()
    async with asyncio.timeout(15):
        while True:
            async with session.get(f"{node.metrics_url}/metrics") as answer:
                page = await answer.text()
            if 'requests_total{door="rpc",status="200"}' in page:
                return
            await asyncio.sleep(0.1)


async def test_both_processes_say_whether_the_node_is_ready(
    node: Node, session: aiohttp.ClientSession
) -> None:
    await Rpc(session, node.rpc_url).answering()
    for url in (node.rpc_url, node.metrics_url):
        for path in ("live", "ready"):
            async with session.get(f"{url}/{path}") as response:
                said = await response.json()
            assert response.status == 200 and said[path] is True and said["height"] > 0


async def test_the_process_ends_with_the_node(tmp_path: Path) -> None:
    node = Node(make_home(tmp_path / "home", apart()), apart())
    await node.start()
    pid = process_of(node)
    await node.stop()
    assert not alive(pid)


async def test_the_process_ends_with_a_node_that_is_killed(tmp_path: Path) -> None:
    config = apart()
    config.rpc.listen = f"127.0.0.1:{free_port()}"
    config.metrics.listen = ""
    home = make_home(tmp_path / "home", config)
    node = await asyncio.create_subprocess_exec(sys.executable, "-c", RUN, str(home), stderr=-3)
    try:
        async with aiohttp.ClientSession() as session:
            await Rpc(session, f"http://{config.rpc.listen}").answering()
        children = children_of(node.pid)
        assert len(children) == 1
    finally:
        node.kill()
        await node.wait()
    await gone(int(children[0]))


async def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    config = apart()
    home = make_home(tmp_path / "home", config)
    taken = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    port = taken.sockets[0].getsockname()[1]
    for door, error in ((config.rpc, ConfigError), (config.grpc, Exception)):
        was, door.listen = door.listen, f"127.0.0.1:{port}"
        begun = time.monotonic()
        node = Node(home, config)
        with pytest.raises(error, match=str(port)):
            await node.start()
        assert time.monotonic() - begun < 60
        door.listen = was
    taken.close()
