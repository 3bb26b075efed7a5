"""A node whose blocks are decided by a real CometBFT: doors, restarts, kill -9, going on from the embedded engine.

Needs CometBFT: scripts/cometbft builds it. Skipped, with that reason, where there is none.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from chain_client import RUN, Rpc, free_port, make_home, settings, transfer
from comet import absent

from supercloud.node.config import Config
from supercloud.node.engine.cometbft.engine import PROGRAM_VARIABLE, CometError, find_program
from supercloud.node.server import Node

pytestmark = [pytest.mark.node, pytest.mark.skipif(bool(absent()), reason=absent())]


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def comet_settings() -> Config:
    config = settings(0.2)
    config.engine.kind = "cometbft"
    config.p2p.listen = f"127.0.0.1:{free_port()}"
    return config


async def reach(node: Node, height: int) -> None:
    async with asyncio.timeout(30):
        while node.engine.state.height < height:  # noqa: ASYNC110 - the node has no such event to wait for
            await asyncio.sleep(0.02)


async def test_transfers_refusals_and_questions(tmp_path: Path, session: aiohttp.ClientSession) -> None:
    config = comet_settings()
    node = Node(make_home(tmp_path / "h", config), config)
    await node.start()
    try:
        rpc = Rpc(session, node.rpc_url)
        await rpc.answering()
        raw = transfer(7, 0)
        assert (await rpc.send(raw))["code"] == 0
        with pytest.raises(LookupError, match="already exists in cache"):
            await rpc.send(raw)
        assert (await rpc.send(transfer(7, 9)))["code"] == 32
        found = await rpc.committed(raw)
        height = int(found["height"])
        assert found["tx_result"]["code"] == 0 and await rpc.bobs() == 7
        # The copy is the block that CometBFT decided: its votes are for this very id.
        await reach(node, height + 1)
        ours = await rpc.call("block", height=str(height))
        theirs = await node.engine.rpc.call("block", height=str(height))  # type: ignore[attr-defined]
        assert ours == theirs
        after = await rpc.call("block", height=str(height + 1))
        assert after["block"]["last_commit"]["block_id"] == ours["block_id"]
        assert (await rpc.call("net_info"))["listening"] is True
        assert (await rpc.call("unconfirmed_txs"))["total"] == "0"
    finally:
        await node.stop()


async def test_going_on_where_the_embedded_engine_stopped(
    tmp_path: Path, session: aiohttp.ClientSession
) -> None:
    config = settings(0.05)
    home = make_home(tmp_path / "h", config)
    node = Node(home, config)
    await node.start()
    raw = transfer(5, 0)
    await Rpc(session, node.rpc_url).send(raw)
    before = await Rpc(session, node.rpc_url).committed(raw)
    await node.stop()
    stopped = node.engine.state.height
    other = Node(home, comet_settings())
    await other.start()
    try:
        await reach(other, stopped + 3)
        rpc = Rpc(session, other.rpc_url)
        assert await rpc.committed(raw) == before
        second = transfer(6, 1)
        assert (await rpc.send(second))["code"] == 0
        assert int((await rpc.committed(second))["height"]) > stopped
        assert await rpc.bobs() == 11 and await rpc.bobs(height=str(stopped)) == 5
    finally:
        await other.stop()


async def test_kill_9_loses_nothing_that_was_promised(tmp_path: Path, session: aiohttp.ClientSession) -> None:
    config = comet_settings()
    config.rpc.listen = f"127.0.0.1:{free_port()}"
    config.grpc.listen = config.rest.listen = ""
    home = make_home(tmp_path / "h", config)
    rpc = Rpc(session, f"http://{config.rpc.listen}")
    moments = random.Random(7)
    seen: dict[bytes, Any] = {}
    for _ in range(4):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", RUN, str(home), stderr=asyncio.subprocess.DEVNULL
        )
        try:
            await rpc.answering()
            for raw, height in seen.items():
                assert (await rpc.committed(raw))["height"] == height
            for sequence in range(await rpc.sequence(), await rpc.sequence() + 2):
                raw = transfer(1, sequence)
                assert (await rpc.send(raw))["code"] == 0
                seen[raw] = (await rpc.committed(raw))["height"]
            await asyncio.sleep(moments.uniform(0, 0.4))
        finally:
            process.send_signal(signal.SIGKILL)
            await process.wait()
    last = Node(home, config)
    await last.start()
    try:
        await reach(last, last.engine.state.height + 2)
        assert await rpc.bobs() == len(seen) == 8
    finally:
        await last.stop()


async def test_a_node_halts_for_an_upgrade_and_goes_on_after_it(tmp_path: Path) -> None:
    config = comet_settings()
    config.engine.halt_height = 3
    home = make_home(tmp_path / "h", config)
    for _ in range(2):
        node = Node(home, config)
        await node.start()
        try:
            await asyncio.wait_for(node.wait(), 20)
            assert node.engine.state.height == 3 and not _children(str(tmp_path / "h"))
        finally:
            await node.stop()
    config.engine.halt_height = 0
    node = Node(home, config)
    await node.start()
    try:
        await reach(node, 5)
    finally:
        await node.stop()


async def test_an_engine_that_ends_is_told(tmp_path: Path) -> None:
    config = comet_settings()
    node = Node(make_home(tmp_path / "h", config), config)
    await node.start()
    try:
        await reach(node, 1)
        (pid,) = _children(str(tmp_path / "h"))
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(Exception, match="CometBFT ended by itself"):
            await asyncio.wait_for(node.wait(), 10)
    finally:
        await node.stop()


def _children(home: str) -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if words[0].endswith(b"cometbft") and any(home.encode() in word for word in words):
            found.append(int(folder.name))
    return found


def test_an_engine_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PROGRAM_VARIABLE, "/nowhere/cometbft")
    with pytest.raises(CometError, match="scripts/cometbft"):
        find_program()
