"""kill -9 of a node under load, again and again: what was reported committed stays, and the chain goes on."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import re
import signal
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from chain_client import PATIENCE_S, RUN, WEALTH, Rpc, free_port, make_home, settings
from transfers import FEE, Load, alices, follow

from supercloud.node.verify import verify

pytestmark = pytest.mark.node


@pytest.mark.parametrize("rounds", [15, pytest.param(100, marks=pytest.mark.slow)])
async def test_a_node_killed_under_load(tmp_path: Path, rounds: int) -> None:
    config = settings(0.03)
    config.rpc.listen = f"127.0.0.1:{free_port()}"
    config.grpc.listen = config.rest.listen = ""
    home = make_home(tmp_path / "home", config)
    moments = random.Random(rounds)
    async with aiohttp.ClientSession() as session:
        rpc = Rpc(session, f"http://{config.rpc.listen}")
        load = Load(rpc)
        for round_ in range(rounds + 1):
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-c", RUN, str(home), stderr=asyncio.subprocess.DEVNULL
            )
            try:
                await rpc.answering()
                await load.check()
                if round_ < rounds:
                    working = asyncio.create_task(load.run())
                    await asyncio.sleep(moments.uniform(0.05, 0.7))
                    process.send_signal(signal.SIGKILL)
                    await process.wait()
                    await working
                else:
                    sent, sequence = await rpc.bobs(), await rpc.sequence()
            finally:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
    # Every transfer moved one and raised the sequence by one: none was applied twice, none by halves.
    assert sent == sequence >= len(load.committed) > rounds
    assert alices(home) == WEALTH - sent - FEE * sent
    assert follow(home) > rounds


async def _begun(home: Path, rpc: Rpc, log: Path) -> asyncio.subprocess.Process:
    """A node that answers."""
    with log.open("wb") as told:
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", RUN, str(home), stderr=told)
    await rpc.answering()
    return process


async def _height(rpc: Rpc) -> int:
    return int((await rpc.call("status"))["sync_info"]["latest_block_height"])


async def _how(log: Path) -> tuple[str, int]:
    """What a node says of where its trees came from, soon after it answers, and how many writes it took up on them."""
    async with asyncio.timeout(PATIENCE_S):
        while not (said := _of_trees(log)):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return said["text"], said.get("writes_since", 0)


def _of_trees(log: Path) -> dict[str, Any]:
    lines = re.findall(r'.*"trees .*\n', log.read_text())
    return json.loads(lines[0]) if lines else {}


async def test_trees_kept_while_blocks_are_made_spare_a_killed_node_the_hashing(tmp_path: Path) -> None:
    config = settings(0.03)
    config.rpc.listen = f"127.0.0.1:{free_port()}"
    config.grpc.listen = config.rest.listen = ""
    # Every block writes some, also when it is empty: the file is made anew again and again.
    config.state.trees_kept_writes = 40
    home, log = make_home(tmp_path / "home", config), tmp_path / "log"
    kept = home / "data" / "trees"
    async with aiohttp.ClientSession() as session:
        rpc = Rpc(session, f"http://{config.rpc.listen}")
        for expected in ("", "trees taken from those kept", "trees built of all values"):
            process = await _begun(home, rpc, log)
            if expected:
                text, writes = await _how(log)
                assert text == expected and 0 <= writes < 400
            height = await _height(rpc)
            former = kept.stat().st_ino if kept.exists() else 0
            async with asyncio.timeout(PATIENCE_S):
                while not kept.exists() or kept.stat().st_ino == former:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
                while await _height(rpc) < height + 5:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
            process.send_signal(signal.SIGKILL)
            await process.wait()
            if expected:
                content = bytearray(kept.read_bytes())
                content[len(content) // 2] ^= 1
                kept.write_bytes(content)
    assert follow(home) > 10
    verify(home)
