"""`supercloud node backup` of a node that runs and is used, with either engine, and the way back.

With CometBFT: skipped, with the reason, where there is none (scripts/cometbft builds it).
"""

from __future__ import annotations

import asyncio
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest
from chain_client import PATIENCE_S, RUN, Rpc, free_port, make_home, settings, transfer
from comet import absent

from supercloud.node.backup.restoring import restore
from supercloud.node.backup.taking import KEYS, RECORD
from supercloud.node.config import Config, load
from supercloud.node.verify import verify

pytestmark = pytest.mark.node


def embedded() -> Config:
    return settings(0.1)


def cometbft() -> Config:
    config = settings(0.2)
    config.engine.kind = "cometbft"
    config.p2p.listen = f"127.0.0.1:{free_port()}"
    return config


engines = pytest.mark.parametrize(
    "engine",
    [embedded, pytest.param(cometbft, marks=pytest.mark.skipif(bool(absent()), reason=absent()))],
)


@asynccontextmanager
async def running(home: Path, session: aiohttp.ClientSession) -> AsyncIterator[tuple[Rpc, Any]]:
    """A node as a process of its own; the end is a kill -9."""
    config = load(home / "config" / "config.toml", {})
    with (home.parent / f"{home.name}.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", RUN, str(home), stderr=log)
    try:
        rpc = Rpc(session, f"http://{config.rpc.listen}")
        await rpc.answering()
        yield rpc, process
    finally:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGKILL)
        await process.wait()


async def supercloud(*words: Any) -> Any:
    """What the command prints with --json."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "supercloud", *map(str, words), "--json", stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    assert process.returncode == 0
    return orjson.loads(out)


async def flowing(rpc: Rpc, sent: list[bytes]) -> None:
    """Transfers until cancelled."""
    while True:
        raw = transfer(1, len(sent))
        with suppress(LookupError):
            if (await rpc.send(raw))["code"] == 0:
                sent.append(raw)
        await asyncio.sleep(0.01)


async def height(rpc: Rpc) -> int:
    return int((await rpc.call("status"))["sync_info"]["latest_block_height"])


async def reach(rpc: Rpc, wanted: int) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while await height(rpc) < wanted:  # noqa: ASYNC110 - another process has no event to wait for
            await asyncio.sleep(0.05)


async def chain(rpc: Rpc, last: int) -> list[Any]:
    """Headers and results of all blocks, as the node tells them."""
    return [
        [(await rpc.call(method, height=str(at))) for method in ("header", "block_results")]
        for at in range(1, last + 1)
    ]


@engines
async def test_a_node_in_use_is_backed_up_and_comes_back(
    engine: Callable[[], Config], tmp_path: Path
) -> None:
    config = engine()
    config.rpc.listen = f"127.0.0.1:{free_port()}"
    home, away = make_home(tmp_path / "h", config), tmp_path / "r"
    async with aiohttp.ClientSession() as session:
        async with running(home, session) as (rpc, _):
            sent: list[bytes] = []
            load_ = asyncio.create_task(flowing(rpc, sent))
            await reach(rpc, 5)
            taken = [await supercloud("node", "backup", "--home", home, "--output", tmp_path / "b.tar")]
            output = tmp_path / "k.tar"
            taken += [await supercloud("node", "backup", "--home", home, "--output", output, "--with-keys")]
            load_.cancel()
            await reach(rpc, taken[1]["last_block"] + 3)
            told = await chain(rpc, taken[1]["last_block"])
        for each in taken:
            assert 0 < each["height"] <= each["last_block"] and each["first_block"] == 1
            header = told[each["height"] - 1][1]
            assert header["app_hash"] and each["chain_id"] == "supercloud-test"
            assert (each["held_ms"] > 0) == (config.engine.kind == "cometbft")
        assert await _is_refused_without_keys(tmp_path / "b.tar", tmp_path / "b")
        # As one goes back to the moment of the backup, where nothing that was signed since matters.
        restore(output, away, with_record=True)
        assert verify(away).height == taken[1]["height"]
        async with running(away, session) as (rpc, _):
            await reach(rpc, taken[1]["last_block"] + 3)
            assert await chain(rpc, taken[1]["last_block"]) == told
            assert await rpc.bobs() <= len(sent) and await rpc.bobs() > 0
            raw = transfer(1, await rpc.sequence())
            assert (await rpc.send(raw))["code"] == 0 and (await rpc.committed(raw))["tx_result"]["code"] == 0


async def _is_refused_without_keys(file: Path, home: Path) -> bool:
    """A home as a backup without keys leaves it starts no node; with the key, but no record of what it signed, neither."""
    restore(file, home)
    whole = await _ends(home)
    for name in KEYS:
        shutil.copy(home.parent / "h" / name, home / name)
    return whole and await _ends(home) and not (home / RECORD).exists()


async def _ends(home: Path) -> bool:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", RUN, str(home), stderr=asyncio.subprocess.DEVNULL
    )
    async with asyncio.timeout(PATIENCE_S):
        return await process.wait() == 1


async def test_the_newest_record_keeps_the_key_from_signing_again(tmp_path: Path) -> None:
    config = embedded()
    config.rpc.listen = f"127.0.0.1:{free_port()}"
    home, away = make_home(tmp_path / "h", config), tmp_path / "r"
    async with aiohttp.ClientSession() as session, running(home, session) as (rpc, _):
        taken = await supercloud("node", "backup", "--home", home, "--output", tmp_path / "b.tar")
        await reach(rpc, taken["last_block"] + 3)
    restore(tmp_path / "b.tar", away)
    for name in (*KEYS, RECORD):
        shutil.copy(home / name, away / name)
    assert await _ends(away)
    # A stopped node is backed up the same way, and what it signed last fits then.
    stopped = await supercloud(
        "node", "backup", "--home", home, "--output", tmp_path / "s.tar", "--with-keys"
    )
    restore(tmp_path / "s.tar", tmp_path / "s", with_record=True)
    async with aiohttp.ClientSession() as session, running(tmp_path / "s", session) as (rpc, _):
        await reach(rpc, stopped["last_block"] + 2)


@pytest.mark.skipif(bool(absent()), reason=absent())
async def test_cometbft_goes_on_when_the_backup_is_killed(tmp_path: Path) -> None:
    config = cometbft()
    config.rpc.listen = f"127.0.0.1:{free_port()}"
    home = make_home(tmp_path / "h", config)
    hold = (
        "import pathlib, sys, time; from supercloud.node.backup.standstill import comet_of, held\n"
        "with held(comet_of(pathlib.Path(sys.argv[1]))):\n    print('held', flush=True)\n    time.sleep(60)"
    )
    async with aiohttp.ClientSession() as session, running(home, session) as (rpc, _):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", hold, str(home), stdout=asyncio.subprocess.PIPE
        )
        assert process.stdout is not None and await process.stdout.readline() == b"held\n"
        before = await height(rpc)
        await asyncio.sleep(1)
        assert await height(rpc) <= before + 1
        process.send_signal(signal.SIGKILL)
        await process.wait()
        await reach(rpc, before + 4)
