"""A node whose CometBFT somebody else runs: either may come first, go and come back; nothing is lost or done twice.

Needs CometBFT: scripts/cometbft builds it. Skipped, with that reason, where there is none.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import beside
import orjson
import pytest
from beside import Beside
from chain_client import PATIENCE_S, RUN, Rpc, free_port, make_home, settings, transfer
from comet import absent

from supercloud.chain.app import build_app
from supercloud.chain.store.backend import MemoryBackend
from supercloud.node.config import Config
from supercloud.node.engine.cometbft.engine import PROGRAM_VARIABLE, CometEngine
from supercloud.node.engine.cometbft.home import CometHome
from supercloud.node.home import profile_of
from supercloud.node.server import Node
from supercloud.node.verify import verify
from supercloud.pb.tendermint.abci import types_pb2 as abci

pytestmark = [pytest.mark.node, pytest.mark.skipif(bool(absent()), reason=absent())]

BURST = 10


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def apart(interval_s: float = 0.05) -> Config:
    config = settings(interval_s)
    config.engine.kind, config.engine.start_cometbft = "cometbft", False
    config.p2p.listen = f"127.0.0.1:{free_port()}"
    config.rpc.listen = f"127.0.0.1:{free_port()}"
    config.grpc.listen = config.rest.listen = ""
    return config


@contextlib.asynccontextmanager
async def started(node: Node) -> AsyncIterator[CometEngine]:
    await node.start()
    try:
        assert isinstance(node.engine, CometEngine)
        yield node.engine
    finally:
        await node.stop()


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not is_so():  # noqa: ASYNC110 - other processes
            await asyncio.sleep(0.02)


async def why_not_ready(session: aiohttp.ClientSession, url: str) -> str:
    async with session.get(f"{url}/ready") as answer:
        return str((await answer.json()).get("reason", ""))


async def committed(rpc: Rpc, sequence: int) -> int:
    """Send a transfer, again until there is somebody to take it; its height."""
    raw = transfer(1, sequence)
    async with asyncio.timeout(PATIENCE_S):
        while True:
            with contextlib.suppress(LookupError):
                assert (await rpc.send(raw))["code"] == 0
                break
            await asyncio.sleep(0.05)
    return int((await rpc.committed(raw))["height"])


async def test_the_node_is_first(
    tmp_path: Path, session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = apart()
    home = make_home(tmp_path / "h", config)
    node = Node(home, config)
    rpc = Rpc(session, f"http://{config.rpc.listen}")
    with monkeypatch.context() as without:
        without.setenv(PROGRAM_VARIABLE, "/nowhere/cometbft")
        await node.start()
    try:
        # It answers, and says what is missing.
        assert (await rpc.call("status"))["sync_info"]["catching_up"] is True
        socket = CometHome(home / "cometbft", home, home, home).abci_socket
        command = f"cometbft start --home {home}/cometbft --proxy_app unix://{socket}"
        reason = await why_not_ready(session, node.rpc_url)
        assert reason == f"waits for CometBFT, which somebody else runs: {command}"
        with pytest.raises(LookupError, match="does not answer"):
            await rpc.send(transfer(1, 0))
        async with beside.running(home) as comet:
            await rpc.answering()
            assert await committed(rpc, 0) > 0 and not comet.statuses
            await until(lambda: not node.core.peers.catching_up)
            assert await why_not_ready(session, node.rpc_url) == ""
            assert (await rpc.call("net_info"))["listening"] is True
    finally:
        await node.stop()


async def test_cometbft_is_first(tmp_path: Path, session: aiohttp.ClientSession) -> None:
    config = apart()
    home = make_home(tmp_path / "h", config)
    rpc = Rpc(session, f"http://{config.rpc.listen}")
    async with beside.running(home) as comet:
        # Without settings and genesis, which the node writes, it ends.
        await comet.ended(1)
        async with started(Node(home, config)) as engine:
            assert await committed(rpc, 0) > 0
            top = engine.state.height
        # Without a node it ends, with a status that tells of no failure, and the next one waits for a node.
        await until(lambda: comet.statuses[-1] == 0)
        await until(lambda: comet.runs)
        ended = len(comet.statuses)
        async with started(Node(home, config)) as engine:
            await until(lambda: engine.state.height > top)
            assert await committed(rpc, 1) > top
            assert len(comet.statuses) == ended


async def test_settings_that_changed_are_read(tmp_path: Path) -> None:
    config = apart()
    home = make_home(tmp_path / "h", config)
    async with beside.running(home) as comet:
        async with started(Node(home, config)) as engine:
            await until(lambda: engine.state.height > 1)
            ended = len(comet.statuses)
        await comet.ended(ended + 1)
        # The next one waits for the node and has read what was there.
        await until(lambda: comet.runs)
        config.node.moniker = "another"
        async with started(Node(home, config)) as engine:
            top = engine.state.height
            await until(lambda: engine.state.height > top)
            assert len(comet.statuses) == ended + 2
            assert (await engine.rpc.status())["node_info"]["moniker"] == "another"


# --- It goes and comes back


class Witness:
    """What a node is asked to execute, and the moments at which its CometBFT dies."""

    def __init__(self, node: Node, comet: Beside) -> None:
        self.init: list[abci.RequestInitChain] = []
        self.blocks: dict[int, abci.RequestFinalizeBlock] = {}
        self.again = 0
        """How often a block was executed a second time."""
        self._comet = comet
        self._at = ""
        assert isinstance(node.engine, CometEngine)
        app, store = node.app, node.engine._store
        self._wrap(app, "init_chain", lambda request: self.init.append(request))
        self._wrap(app, "finalize_block", self._executes)
        self._wrap(app, "commit", lambda request: None)
        self._wrap(store, "save", lambda *args: None)

    def _wrap(self, owner: Any, name: str, note: Callable[..., Any]) -> None:
        original = getattr(owner, name)

        def wrapped(*args: Any) -> Any:
            self._strike(f"before {name}")
            note(*args)
            result = original(*args)
            self._strike(f"after {name}")
            return result

        setattr(owner, name, wrapped)

    def _strike(self, at: str) -> None:
        if at == self._at:
            self._at = ""
            self._comet.end()

    def _executes(self, request: abci.RequestFinalizeBlock) -> None:
        known = self.blocks.setdefault(request.height, request)
        assert known == request
        self.again += known is not request

    async def death(self, at: str) -> None:
        """Let CometBFT die at a moment, and wait until it has."""
        ended = len(self._comet.statuses)
        self._at = at
        await self._comet.ended(ended + 1)

    def replay(self, config: Config) -> dict[int, bytes]:
        """App hash after each height, by a state machine that has seen nothing else."""
        app = build_app(MemoryBackend(), profile_of(config))
        app.init_chain(self.init[0])
        hashes = {}
        for height, request in sorted(self.blocks.items()):
            hashes[height] = app.finalize_block(request).app_hash
            app.commit()
        return hashes


MOMENTS = (
    "before finalize_block",
    "after finalize_block",
    "before save",
    "after save",
    "before commit",
    "after commit",
)


class Senders:
    """Transfers, sent again and again until they are in a block, whoever dies meanwhile."""

    def __init__(self, rpc: Rpc) -> None:
        self._rpc = rpc

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            sequence = await self._rpc.sequence()
            for number in range(sequence, sequence + BURST):
                # One that waited in a mempool that is gone is sent again.
                with contextlib.suppress(LookupError):
                    await self._rpc.send(transfer(1, number))
            async with asyncio.timeout(PATIENCE_S):
                while await self._rpc.sequence() == sequence:
                    with contextlib.suppress(LookupError):
                        await self._rpc.send(transfer(1, sequence))
                    await asyncio.sleep(0.02)


@pytest.mark.parametrize("rounds", [1, pytest.param(12, marks=pytest.mark.slow)])
async def test_kill_9_of_cometbft_while_the_node_stays(
    tmp_path: Path, session: aiohttp.ClientSession, rounds: int
) -> None:
    config = apart()
    home = make_home(tmp_path / "h", config)
    node = Node(home, config)
    rpc = Rpc(session, f"http://{config.rpc.listen}")
    moments = random.Random(rounds)
    async with started(node) as engine, beside.running(home) as comet:
        witness = Witness(node, comet)
        await rpc.answering()
        sending = asyncio.create_task(Senders(rpc).run())
        try:
            for _ in range(rounds):
                for at in moments.sample(MOMENTS, len(MOMENTS)):
                    top = engine.state.height
                    await until(lambda top=top: engine.state.height > top)  # type: ignore[misc]
                    await witness.death(at)
                for how in (signal.SIGKILL, signal.SIGTERM):
                    await asyncio.sleep(moments.uniform(0, 1))
                    await until(lambda: comet.runs)
                    ended = len(comet.statuses)
                    comet.end(how)
                    await comet.ended(ended + 1)
            top = engine.state.height
            await until(lambda: engine.state.height > top + 1)
        finally:
            sending.cancel()
            (stopped,) = await asyncio.gather(sending, return_exceptions=True)
        assert isinstance(stopped, asyncio.CancelledError), stopped
        assert -signal.SIGKILL in comet.statuses and witness.again > 0
        await rpc.answering()
        await until(lambda: not node.core.peers.catching_up)
        async with asyncio.timeout(PATIENCE_S):
            while int((await rpc.call("num_unconfirmed_txs"))["total"]):  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.02)
        sequence = await rpc.sequence()
        assert await committed(rpc, sequence) > 0
        # Every transfer moved one and raised the sequence by one.
        assert await rpc.bobs() == await rpc.sequence() == sequence + 1 >= BURST
        top = engine.state.height
        hashes = witness.replay(config)
        for height in range(1, top):
            header = (await rpc.call("header", height=str(height + 1)))["header"]
            assert header["app_hash"] == hashes[height].hex().upper(), height
    assert {asked.app_state_bytes for asked in witness.init} == {witness.init[0].app_state_bytes}
    verify(home)


@pytest.mark.parametrize("rounds", [2, pytest.param(15, marks=pytest.mark.slow)])
async def test_kill_9_of_the_node(tmp_path: Path, session: aiohttp.ClientSession, rounds: int) -> None:
    config = apart(0.1)
    home = make_home(tmp_path / "h", config)
    rpc = Rpc(session, f"http://{config.rpc.listen}")
    moments = random.Random(rounds)
    seen: dict[bytes, str] = {}
    async with beside.running(home) as comet:
        for _ in range(rounds):
            with (tmp_path / "node.log").open("ab") as log:
                process = await asyncio.create_subprocess_exec(
                    sys.executable, "-c", RUN, str(home), stderr=log
                )
            try:
                await rpc.answering()
                for raw, height in seen.items():
                    assert (await rpc.committed(raw))["height"] == height
                for sequence in range(await rpc.sequence(), await rpc.sequence() + 3):
                    await committed(rpc, sequence)
                    raw = transfer(1, sequence)
                    seen[raw] = (await rpc.committed(raw))["height"]
                await asyncio.sleep(moments.uniform(0, 0.3))
                ended = len(comet.statuses)
            finally:
                process.send_signal(signal.SIGKILL)
                await process.wait()
            # It does not go on without a state machine.
            await comet.with_the_node(ended + 1)
        async with started(Node(home, config)) as engine:
            await rpc.answering()
            top = engine.state.height
            await until(lambda: engine.state.height > top + 1)
            assert await rpc.bobs() == await rpc.sequence() == len(seen) == 3 * rounds
    verify(home)


# --- It stops on purpose


async def test_a_node_halts_and_goes_on_after_it(tmp_path: Path, session: aiohttp.ClientSession) -> None:
    config = apart()
    config.engine.halt_height = 3
    home = make_home(tmp_path / "h", config)
    rpc = Rpc(session, f"http://{config.rpc.listen}")
    async with beside.running(home) as comet:
        node = Node(home, config)
        async with started(node) as engine:
            witness = Witness(node, comet)
            ended = len(comet.statuses)
            await asyncio.wait_for(node.wait(), PATIENCE_S)
            # CometBFT ends, and the one after it waits; the node takes no block more and goes on answering.
            await comet.ended(ended + 1)
            await until(lambda: comet.runs)
            assert engine.state.height == 3 == max(witness.blocks)
            assert (await rpc.call("status"))["sync_info"]["latest_block_height"] == "3"
        again = Node(home, config)
        async with started(again) as engine:
            await asyncio.wait_for(again.wait(), PATIENCE_S)
            assert engine.state.height == 3
        config.engine.halt_height = 0
        async with started(Node(home, config)) as engine:
            await until(lambda: engine.state.height > 5)
    verify(home)


NEXT = f"""\
import sys
from supercloud.chain import upgrades
from supercloud.chain.upgrades.upgrade import Upgrade
upgrades.UPGRADES = (Upgrade("v2", lambda ctx, keepers, versions: None),)
{RUN}
"""


async def test_an_upgrade_is_made_by_the_next_program(tmp_path: Path, session: aiohttp.ClientSession) -> None:
    config = apart()
    home = make_home(tmp_path / "h", config)
    document = orjson.loads((home / "config" / "genesis.json").read_bytes())
    document["app_state"]["upgrade"] = {"plan": {"name": "v2", "height": "4"}}
    (home / "config" / "genesis.json").write_bytes(orjson.dumps(document))
    rpc = Rpc(session, f"http://{config.rpc.listen}")
    async with beside.running(home):
        with (tmp_path / "node.log").open("ab") as log:
            first = await asyncio.create_subprocess_exec(sys.executable, "-c", RUN, str(home), stderr=log)
            assert await asyncio.wait_for(first.wait(), PATIENCE_S) == 1
            noted = orjson.loads((home / "data" / "upgrade-info.json").read_bytes())
            assert (noted["name"], noted["height"]) == ("v2", 4)
            second = await asyncio.create_subprocess_exec(sys.executable, "-c", NEXT, str(home), stderr=log)
        try:
            await rpc.answering()
            assert await committed(rpc, 0) > 3
        finally:
            second.terminate()
            assert await second.wait() == 0
