"""A whole node over its own home: every door, a signed transfer through all of them, restarts and kill -9."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import random
import shutil
import signal
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import grpc
import grpc.aio
import lmdb
import pytest
from chain_client import ALICE, BECH32, CHAIN, RUN, Rpc, free_port, make_home, settings, transfer

from supercloud.chain.store.multistore import Made, MultiStore
from supercloud.crypto import ed25519
from supercloud.node import server
from supercloud.node.config import Config, ConfigError
from supercloud.node.engine import block as blocks
from supercloud.node.engine.embedded import EngineError
from supercloud.node.server import Node, NodeFailed
from supercloud.node.storage.blockstore import BlockStore
from supercloud.node.storage.damage import HEIGHTS_LOOKED_AT, StorageDamaged
from supercloud.node.storage.environment import HomeInUse
from supercloud.node.storage.lmdb import LmdbBackend
from supercloud.node.storage.seal import seal
from supercloud.pb.cosmos.tx.v1beta1 import service_pb2
from supercloud.pb.tendermint.types import block_pb2, types_pb2

pytestmark = pytest.mark.node


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture(params=[False, True], ids=["together", "apart"])
async def node(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Node]:
    """A node with its doors in the same process or in one beside it: nobody outside can tell."""
    config = settings()
    config.doors.apart = request.param
    node = Node(make_home(tmp_path / "home", config), config)
    await node.start()
    yield node
    await node.stop()


async def reach(node: Node, height: int) -> None:
    async with asyncio.timeout(30):
        while node.engine.state.height < height:  # noqa: ASYNC110 - the node has no such event to wait for
            await asyncio.sleep(0.02)


async def test_a_transfer_is_seen_through_every_door(node: Node, session: aiohttp.ClientSession) -> None:
    rpc = Rpc(session, node.rpc_url)
    await reach(node, 1)
    raw = transfer(1234, 0)
    hash_ = hashlib.sha256(raw).hexdigest().upper()
    async with session.ws_connect(node.rpc_url + "/websocket") as ws:
        for number, query in ((1, f"tm.event='Tx' AND tx.hash='{hash_}'"), (2, "tm.event='NewBlock'")):
            await ws.send_json(
                {"jsonrpc": "2.0", "id": number, "method": "subscribe", "params": {"query": query}}
            )
            answer = await ws.receive_json(timeout=30)
            assert answer == {"jsonrpc": "2.0", "id": number, "result": {}}
        checked = await rpc.send(raw)
        assert (checked["code"], checked["hash"]) == (0, hash_)
        while (event := await ws.receive_json(timeout=30))["id"] != 1:
            assert event["result"]["data"]["type"] == "tendermint/event/NewBlock"
    pushed = event["result"]["data"]["value"]["TxResult"]
    assert base64.b64decode(pushed["tx"]) == raw
    assert event["result"]["events"]["tx.hash"] == [hash_]

    found = await rpc.committed(raw)
    assert found["tx_result"]["code"] == 0, found
    assert found["height"] == pushed["height"] and found["hash"] == hash_
    entry = node.core.history.entry(int(found["height"]))
    assert entry is not None
    assert found["proof"]["root_hash"] == entry.block.header.data_hash.hex().upper()

    sender = BECH32.text(ALICE.address)
    for query in (
        f"transfer.sender='{sender}'",
        f"tx.hash='{hash_}'",
        f"message.sender='{sender}' AND tx.height>0",
    ):
        page = await rpc.call("tx_search", query=query, page="1", per_page="10")
        assert (page["total_count"], page["txs"][0]["hash"]) == ("1", hash_), query
    assert await rpc.bobs() == 1234
    assert await rpc.bobs(height=str(int(found["height"]) - 1)) == 0

    async with session.get(f"{node.rest_url}/cosmos/tx/v1beta1/txs/{hash_}") as response:
        rest = await response.json()
    assert rest["tx_response"]["txhash"] == hash_ and rest["tx_response"]["height"] == found["height"]
    assert rest["tx"]["body"]["messages"][0]["@type"] == "/cosmos.bank.v1beta1.MsgSend"

    async with grpc.aio.insecure_channel(node.grpc_address) as channel:
        call = channel.unary_unary(
            "/cosmos.tx.v1beta1.Service/GetTx",
            request_serializer=service_pb2.GetTxRequest.SerializeToString,
            response_deserializer=service_pb2.GetTxResponse.FromString,
        )
        answer = await call(service_pb2.GetTxRequest(hash=hash_))
    assert answer.tx_response.height == int(found["height"]) and answer.tx.SerializeToString() == raw


async def test_refusals_keep_their_words(node: Node, session: aiohttp.ClientSession) -> None:
    rpc = Rpc(session, node.rpc_url)
    await reach(node, 1)
    wrong = await rpc.send(transfer(1, 5))
    assert (wrong["code"], wrong["codespace"]) == (32, "sdk")
    assert "account sequence mismatch, expected 0, got 5" in wrong["log"]
    raw = transfer(1, 0)
    await rpc.send(raw)
    with pytest.raises(LookupError, match="tx already exists in cache"):
        await rpc.send(raw)
    with pytest.raises(LookupError, match="must be less than or equal to the current blockchain height"):
        await rpc.call("block", height="999999999")
    committed = await rpc.call("broadcast_tx_commit", tx=base64.b64encode(transfer(2, 1)).decode())
    assert committed["tx_result"]["code"] == 0 and int(committed["height"]) > 0


async def test_simulation_leaves_no_trace(node: Node, session: aiohttp.ClientSession) -> None:
    rpc = Rpc(session, node.rpc_url)
    await reach(node, 1)
    request = service_pb2.SimulateRequest(tx_bytes=transfer(5, 0))
    path = "/cosmos.tx.v1beta1.Service/Simulate"
    first = await rpc.query(path, request, service_pb2.SimulateResponse)
    body = {"tx_bytes": base64.b64encode(request.tx_bytes).decode()}
    async with session.post(f"{node.rest_url}/cosmos/tx/v1beta1/simulate", json=body) as response:
        over_rest = await response.json()
    assert int(over_rest["gas_info"]["gas_used"]) == first.gas_info.gas_used > 0
    assert await rpc.sequence() == 0


async def test_a_restart_goes_on_where_it_was(tmp_path: Path, session: aiohttp.ClientSession) -> None:
    home = make_home(tmp_path / "home", settings())
    node = Node(home, settings())
    await node.start()
    raw = transfer(77, 0)
    rpc = Rpc(session, node.rpc_url)
    await reach(node, 1)
    await rpc.send(raw)
    before = await rpc.committed(raw)
    await node.stop()
    height = node.engine.state.height
    # The index is derived: without it the node fills it again.
    (home / "data" / "index.sqlite").unlink()
    again = Node(home, settings())
    await again.start()
    rpc = Rpc(session, again.rpc_url)
    await reach(again, height + 2)
    assert await rpc.committed(raw) == before
    assert await rpc.bobs() == 77
    await again.stop()
    verify_chain(home)


async def test_two_processes_on_one_home_are_refused(node: Node) -> None:
    second = Node(node.home.folder, settings())
    with pytest.raises(HomeInUse):
        await second.start()
    await reach(node, node.engine.state.height + 2)


async def test_a_node_halts_at_its_height_and_keeps_answering(
    tmp_path: Path, session: aiohttp.ClientSession
) -> None:
    config = settings(0.02)
    config.engine.halt_height = 5
    node = Node(make_home(tmp_path / "home", config), config)
    await node.start()
    await asyncio.wait_for(node.wait(), 30)
    status = await Rpc(session, node.rpc_url).call("status")
    assert status["sync_info"]["latest_block_height"] == "5"
    await node.stop()


async def test_a_node_that_can_not_go_on_says_so(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(request: object) -> None:
        raise OSError("no space left on the disk")

    monkeypatch.setattr(node.app, "finalize_block", broken)
    with pytest.raises(NodeFailed, match="no space left"):
        await asyncio.wait_for(node.wait(), 30)


async def test_a_restored_backup_does_not_sign_again(tmp_path: Path) -> None:
    config = settings(0.02)
    home = make_home(tmp_path / "home", config)
    config.engine.halt_height = 3
    await run_to_halt(home, config)
    shutil.copytree(home / "data", tmp_path / "backup")
    config.engine.halt_height = 9
    await run_to_halt(home, config)
    record = (home / "data" / "priv_validator_state.json").read_bytes()
    shutil.rmtree(home / "data")
    shutil.copytree(tmp_path / "backup", home / "data")
    (home / "data" / "priv_validator_state.json").write_bytes(record)
    node = Node(home, config)
    with pytest.raises(EngineError, match="restored from an older copy"):
        await node.start()
    # Refusing has released the home: whoever brings the right data back can start.
    with pytest.raises(EngineError):
        await Node(home, config).start()


async def run_to_halt(home: Path, config: Config) -> None:
    node = Node(home, config)
    await node.start()
    await asyncio.wait_for(node.wait(), 30)
    await node.stop()


async def test_doors_that_are_taken_are_named(node: Node, tmp_path: Path) -> None:
    config = settings()
    config.rpc.listen = node.rpc_url.removeprefix("http://")
    other = Node(make_home(tmp_path / "other", config), config)
    with pytest.raises(ConfigError, match="cannot listen on"):
        await other.start()


def verify_chain(home: Path) -> int:
    """Check every block on disk as a verifier would; returns the last height."""
    store = BlockStore(home / "data" / "blocks")
    previous: types_pb2.Header | None = None
    last_id = blocks.ZERO_BLOCK_ID
    try:
        for height in range(1, store.height + 1):
            raw, sealed = store.block(height), store.commit(height)
            assert raw is not None and sealed is not None
            block, commit = block_pb2.Block.FromString(raw), types_pb2.Commit.FromString(sealed)
            named = blocks.block_id(block, raw)
            assert blocks.BlockID.from_pb(block.header.last_block_id) == last_id
            assert blocks.BlockID.from_pb(commit.block_id) == named
            vote = commit.signatures[0]
            signed = blocks.vote_sign_bytes(CHAIN, height, 0, named, blocks.time_ns(vote.timestamp))
            assert ed25519.verify(validator_key(home), signed, vote.signature)
            if previous is not None:
                assert blocks.time_ns(block.header.time) > blocks.time_ns(previous.time)
            previous, last_id = block.header, named
        return store.height
    finally:
        store.close()


def validator_key(home: Path) -> bytes:
    from supercloud.node.engine.signer import read_key_file

    return read_key_file(home / "config" / "priv_validator_key.json").public_key


async def test_kill_9_at_any_moment_loses_nothing_that_was_promised(
    tmp_path: Path, session: aiohttp.ClientSession
) -> None:
    config = settings(0.03)
    config.rpc.listen = f"127.0.0.1:{free_port()}"
    config.grpc.listen = config.rest.listen = ""
    home = make_home(tmp_path / "home", config)
    rpc = Rpc(session, f"http://{config.rpc.listen}")
    moments = random.Random(20)
    sent: list[bytes] = []
    seen: dict[str, str] = {}
    for _ in range(4):
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            RUN,
            str(home),
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            await rpc.answering()
            for hash_, height in seen.items():
                found = await rpc.call("tx", hash=hash_, prove=False)
                assert found["height"] == height
            until = time.monotonic() + moments.uniform(0.3, 0.9)
            sequence = await rpc.sequence()
            while time.monotonic() < until:
                raw = transfer(1, sequence)
                assert (await rpc.send(raw))["code"] == 0
                found = await rpc.committed(raw)
                seen[base64.b64encode(hashlib.sha256(raw).digest()).decode()] = found["height"]
                sent.append(raw)
                sequence += 1
        finally:
            process.send_signal(signal.SIGKILL)
            await process.wait()
    last = Node(home, config)
    await last.start()
    await reach(last, last.engine.state.height + 2)
    assert await rpc.bobs() == len(sent) > 4
    await last.stop()
    assert verify_chain(home) > 20


async def test_queries_are_answered_while_the_trees_are_loaded(
    tmp_path: Path, session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = settings()
    config.rpc.listen = f"127.0.0.1:{free_port()}"
    home, rpc = make_home(tmp_path / "home", config), Rpc(session, f"http://{config.rpc.listen}")
    node = Node(home, config)
    await node.start()
    raw = transfer(3, 0)
    await rpc.send(raw)
    await rpc.committed(raw)
    await node.stop()
    stopped = node.engine.state.height
    loaded, make_trees = threading.Event(), Node._make_trees

    def slow(self: Node) -> Made:
        assert loaded.wait(30)
        return make_trees(self)

    monkeypatch.setattr(Node, "_make_trees", slow)
    node = Node(home, config)
    starting = asyncio.create_task(node.start())
    try:
        await rpc.answering()
        assert await rpc.bobs() == 3 and not starting.done()
        asked = {"path": "/store/acc/key", "data": "00", "prove": True}
        answer = (await rpc.call("abci_query", **asked))["response"]
        assert answer["code"] and "still being loaded" in answer["log"]
    finally:
        loaded.set()
        await starting
    await reach(node, stopped + 1)
    assert not (await rpc.call("abci_query", **asked))["response"].get("code")
    await node.stop()


async def test_a_node_that_is_told_to_end_while_it_starts_does_not_wait_for_the_trees(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = settings()
    node = Node(make_home(tmp_path / "home", config), config)
    await node.start()
    await reach(node, 1)
    await node.stop()
    begun, go_on = threading.Event(), threading.Event()
    make_trees = Node._make_trees

    def slow(self: Node) -> Made:
        begun.set()
        assert go_on.wait(120)
        return make_trees(self)

    monkeypatch.setattr(Node, "_make_trees", slow)
    running = asyncio.create_task(server._run(Node(node.home.folder, config)))
    try:
        assert await asyncio.to_thread(begun.wait, 10)
        signal.raise_signal(signal.SIGTERM)
        assert await asyncio.wait_for(running, 30) == 0
    finally:
        go_on.set()
    monkeypatch.undo()
    again = Node(node.home.folder, config)
    await again.start()
    await again.stop()


async def test_what_lmdb_itself_finds_damaged_meanwhile_ends_the_node(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = settings()

    def check(store: MultiStore) -> Iterator[None]:
        yield
        raise lmdb.CorruptedError("mdb_cursor_get")

    monkeypatch.setattr(MultiStore, "check", check)
    node = Node(make_home(tmp_path / "home", config), config)
    await node.start()
    with pytest.raises(NodeFailed, match=r"state is damaged: .*mdb_cursor_get"):
        await asyncio.wait_for(node.wait(), 30)
    await node.stop()


async def test_what_can_not_be_let_go_holds_up_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = settings()
    node = Node(make_home(tmp_path / "home", config), config)
    await node.start()

    def failing() -> None:
        raise OSError("no room for the last flush")

    node._held.callback(failing)
    with pytest.raises(OSError, match="no room for the last flush"):
        await node.stop()
    assert (tmp_path / "home" / "data" / "state" / "LOCK").read_bytes() == b"", "an end in order"
    again = Node(node.home.folder, config)
    await again.start()
    await again.stop()


async def test_a_value_that_was_changed_after_an_orderly_end_is_found(tmp_path: Path) -> None:
    """A start takes values on trust that the trees of the end stand for; they are read while blocks are made."""
    config = settings()
    home = make_home(tmp_path / "home", config)
    node = Node(home, config)
    await node.start()
    # A start looks itself at what the last heights wrote.
    await reach(node, 2 + HEIGHTS_LOOKED_AT)
    await node.stop()
    backend = LmdbBackend(home / "data" / "state")
    key, value = next(iter(backend.range("acc", b"\x01", b"\x02")))
    environment, place = backend._environment, b"acc\0" + key
    other = seal(place, value + b"x")
    environment.write(lambda txn: txn.put(place, other, db=environment.table("current")))
    backend.close()
    node = Node(home, config)
    await node.start()
    async with asyncio.timeout(30):
        with pytest.raises(NodeFailed, match=r"state is damaged: store acc"):
            await node.wait()
    await node.stop()
    with pytest.raises(StorageDamaged, match="store acc"):
        await Node(home, config).start()
