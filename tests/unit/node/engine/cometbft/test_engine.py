"""A node whose CometBFT comes and goes, with a few requests in its place: what is forgotten, waited for, never executed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from memory_blocks import MemoryBlocks
from small_node import PROFILE, SmallNode

from supercloud.chain.app import build_app
from supercloud.chain.store.backend import MemoryBackend
from supercloud.node.abci.framing import Unframer, frame
from supercloud.node.config import Config
from supercloud.node.engine.choice import EngineFiles, make_engine
from supercloud.node.engine.cometbft.engine import CometEngine, CometError
from supercloud.node.engine.ports import StoredBlock
from supercloud.pb.tendermint.abci import types_pb2 as abci

ROOT = Path(__file__).resolve().parents[5]


class Client:
    """Four connections, as CometBFT has them; requests go over the last."""

    def __init__(self, streams: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]]) -> None:
        self._streams = streams
        self._incoming = Unframer()

    async def ask(self, kind: str, request: Any) -> Any:
        """The answer; EOFError when the node hangs up instead."""
        wrapped = abci.Request()
        getattr(wrapped, kind).SetInParent()
        getattr(wrapped, kind).CopyFrom(request)
        reader, writer = self._streams[-1]
        writer.write(frame(wrapped.SerializeToString()))
        while data := await reader.read(65536):
            for message in list(self._incoming.feed(data)):
                response = abci.Response.FromString(message)
                assert response.WhichOneof("value") == kind, response
                return getattr(response, kind)
        raise EOFError

    async def height(self) -> int:
        return int((await self.ask("info", abci.RequestInfo())).last_block_height)

    def leave(self) -> None:
        for _, writer in self._streams:
            writer.close()


class Apart:
    """An engine that waits for somebody else's CometBFT."""

    def __init__(self, small: SmallNode, folder: Path, halt_height: int = 0) -> None:
        config = Config()
        config.engine.kind, config.engine.start_cometbft = "cometbft", False
        config.engine.halt_height = halt_height
        self.app = build_app(MemoryBackend(), PROFILE)
        files = EngineFiles(
            folder / "key.json", folder / "record.json", folder / "node.json", folder, folder / "cometbft"
        )
        engine = make_engine(self.app, MemoryBlocks(), small.genesis, files, config).engine
        assert isinstance(engine, CometEngine)
        self.engine = engine
        self.folder = folder / "cometbft"
        self.socket = engine._home.abci_socket
        self.genesis = abci.RequestInitChain(
            chain_id="c",
            initial_height=1,
            consensus_params=small.genesis.consensus_params,
            validators=small.genesis.validators,
        )
        self.genesis.time.seconds = 1_700_000_000

    @asynccontextmanager
    async def running(self) -> AsyncIterator[asyncio.Task[None]]:
        task = asyncio.create_task(self.engine.run())
        try:
            yield task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def client(self) -> Client:
        async with asyncio.timeout(10):
            while not self.socket.exists():  # noqa: ASYNC110 - a file
                await asyncio.sleep(0.001)
        return Client([await asyncio.open_unix_connection(self.socket) for _ in range(4)])

    async def waits(self) -> None:
        async with asyncio.timeout(10):
            while not self.engine.peers.waiting_for:  # noqa: ASYNC110 - no event of the engine's
                await asyncio.sleep(0.001)


def block(height: int) -> abci.RequestFinalizeBlock:
    request = abci.RequestFinalizeBlock(height=height, hash=bytes([height]) * 32, proposer_address=b"p" * 20)
    request.time.seconds = 1_700_000_000 + height
    return request


@pytest.fixture
def apart(small: SmallNode, tmp_path: Path) -> Apart:
    return Apart(small, tmp_path)


async def test_what_was_not_committed_is_executed_again(apart: Apart) -> None:
    async with apart.running():
        await apart.waits()
        assert "cometbft start --home" in apart.engine.peers.waiting_for
        answers = []
        for _ in range(3):
            client = await apart.client()
            assert await client.height() == 0 and apart.engine.peers.waiting_for == ""
            await client.ask("init_chain", apart.genesis)
            answers.append(await client.ask("finalize_block", block(1)))
            client.leave()
            await apart.waits()
        assert answers[0] == answers[1] == answers[2] and answers[0].app_hash
        client = await apart.client()
        await client.ask("init_chain", apart.genesis)
        await client.ask("finalize_block", block(1))
        await client.ask("commit", abci.RequestCommit())
        client.leave()
        client = await apart.client()
        assert await client.height() == 1
        assert (await client.ask("info", abci.RequestInfo())).last_block_app_hash == answers[0].app_hash
        second = await client.ask("finalize_block", block(2))
        client.leave()
        client = await apart.client()
        assert await client.ask("finalize_block", block(2)) == second
        client.leave()


async def test_a_first_block_that_was_stored_and_not_committed_is_executed_again(apart: Apart) -> None:
    async with apart.running():
        client = await apart.client()
        await client.ask("init_chain", apart.genesis)
        client.leave()
    store = apart.engine._store
    store.save(1, bytes(32), StoredBlock(b"", b"", b"", b"of after it"))
    apart.engine.load()
    assert apart.engine.state.next_height == 1 and apart.engine.state.validators
    store.save(2, bytes(32), StoredBlock(b"", b"", b"", b"of after it"))
    store.prune(2, 1)
    with pytest.raises(CometError, match="lacks height 0"):
        apart.engine.load()


async def test_a_node_that_ends_lets_go_of_it(apart: Apart) -> None:
    async with apart.running():
        client = await apart.client()
        assert await client.height() == 0
    with pytest.raises((EOFError, OSError)):
        await asyncio.wait_for(client.height(), 10)
    client.leave()


async def test_the_unit_of_the_examples_is_what_it_waits_for(apart: Apart) -> None:
    unit = (ROOT / "examples/validator/apart/cometbft.service").read_text()
    async with apart.running():
        await apart.waits()
        command = apart.engine.peers.waiting_for.partition(": ")[2]
    for place in (apart.socket.parent, apart.folder):
        command = command.replace(str(place), "/var/lib/supercloud/node/cometbft")
    assert f"ExecStart=/usr/local/bin/{command}\n" in unit and "Restart=always\n" in unit


async def test_no_block_after_the_halt_height(small: SmallNode, tmp_path: Path) -> None:
    apart = Apart(small, tmp_path, halt_height=1)
    async with apart.running() as task:
        client = await apart.client()
        await client.ask("init_chain", apart.genesis)
        await client.ask("finalize_block", block(1))
        await client.ask("commit", abci.RequestCommit())
        with pytest.raises(EOFError):
            await client.ask("finalize_block", block(2))
        await asyncio.wait_for(task, 10)
        assert apart.app.info(abci.RequestInfo()).last_block_height == 1
        assert apart.engine.peers.waiting_for == ""
        client.leave()
        with pytest.raises(OSError):
            await asyncio.open_unix_connection(apart.socket)


async def test_a_state_machine_that_fails_ends_it(apart: Apart) -> None:
    async with apart.running() as task:
        client = await apart.client()
        with pytest.raises(AssertionError, match="before init_chain"):
            await client.ask("finalize_block", block(1))
        with pytest.raises(Exception, match="the state machine failed: finalize_block before init_chain"):
            await asyncio.wait_for(task, 10)
        client.leave()


async def test_one_with_settings_of_before_has_to_start_again(apart: Apart) -> None:
    settings = apart.folder / "config" / "config.toml"
    settings.write_text(settings.read_text() + "# older\n")
    async with apart.running():
        client = await apart.client()
        with pytest.raises((EOFError, OSError)):
            await Client(client._streams[:1]).height()
        client.leave()
        await apart.waits()
        client = await apart.client()
        assert await client.height() == 0
        client.leave()
