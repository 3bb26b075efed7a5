"""One WebSocket connection: subscriptions, limits, slow readers."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest
from small_node import SmallNode

from supercloud.node.rpc import websocket
from supercloud.node.rpc.jsonrpc import Request, success
from supercloud.node.rpc.subscriptions import Hub
from supercloud.node.rpc.websocket import Connection

PATIENCE_S = 30


class Peer:
    """The client's side of a connection."""

    def __init__(self, hub: Hub, subscriptions_max: int = 2) -> None:
        self.inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.outbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.reads = asyncio.Event()
        self.reads.set()

        async def call(request: Request) -> bytes:
            return success(request.id, {"called": request.method})

        self.connection = Connection(hub, call, subscriptions_max)
        self.task = asyncio.create_task(self.connection.serve(self.outbox.get, self.send))

    async def send(self, message: dict[str, Any]) -> None:
        await self.reads.wait()
        self.inbox.put_nowait(message)

    def ask(self, id_: int, method: str, **params: Any) -> None:
        self.say(orjson.dumps({"jsonrpc": "2.0", "id": id_, "method": method, "params": params}).decode())

    def say(self, text: str) -> None:
        self.outbox.put_nowait({"type": "websocket.receive", "text": text})

    async def hear(self) -> Any:
        message = await asyncio.wait_for(self.inbox.get(), PATIENCE_S)
        if message["type"] == "websocket.accept":
            return await self.hear()
        return orjson.loads(message["text"]) if message["type"] == "websocket.send" else message


@pytest.fixture
async def hub(small: SmallNode) -> Hub:
    hub = Hub()
    small.engine.listeners.append(hub)
    return hub


@pytest.fixture
async def peer(hub: Hub) -> AsyncIterator[Peer]:
    peer = Peer(hub)
    yield peer
    peer.outbox.put_nowait({"type": "websocket.disconnect", "code": 1000})
    await asyncio.wait_for(peer.task, PATIENCE_S)


async def test_events_carry_the_id_of_their_subscription(small: SmallNode, peer: Peer, hub: Hub) -> None:
    peer.ask(41, "subscribe", query="tm.event='NewBlockHeader'")
    assert await peer.hear() == {"jsonrpc": "2.0", "id": 41, "result": {}}
    small.block()
    event = await peer.hear()
    assert event["id"] == 41 and event["result"]["data"]["value"]["header"]["height"] == "1"
    peer.ask(42, "unsubscribe", query="tm.event='NewBlockHeader'")
    assert await peer.hear() == {"jsonrpc": "2.0", "id": 42, "result": {}}
    small.block()
    peer.ask(43, "status")
    assert await peer.hear() == {"jsonrpc": "2.0", "id": 43, "result": {"called": "status"}}
    assert len(hub) == 0


@pytest.mark.parametrize(
    "asked, words",
    [
        (("subscribe", "tm.event='Tx"), "failed to parse query"),
        (("subscribe", ""), "failed to parse query"),
        (("subscribe", "tm.event='A'"), "already subscribed"),
        (("subscribe", "tm.event='C'"), "max_subscriptions_per_client 2 reached"),
        (("unsubscribe", "tm.event='C'"), "subscription not found"),
    ],
)
async def test_refusals(peer: Peer, asked: tuple[str, str], words: str) -> None:
    for query in ("tm.event='A'", "tm.event='B'"):
        peer.ask(1, "subscribe", query=query)
        await peer.hear()
    if words.startswith("failed"):
        peer.ask(1, "unsubscribe", query="tm.event='B'")
        await peer.hear()
    method, query = asked
    peer.ask(9, method, query=query)
    answer = await peer.hear()
    assert answer["id"] == 9 and words in answer["error"]["data"]


async def test_unsubscribe_all(peer: Peer, hub: Hub) -> None:
    peer.ask(1, "unsubscribe_all")
    assert "subscription not found" in (await peer.hear())["error"]["data"]
    peer.ask(2, "subscribe", query="tm.event='A'")
    await peer.hear()
    peer.ask(3, "unsubscribe_all")
    assert (await peer.hear())["result"] == {}
    assert len(hub) == 0


async def test_junk_is_answered(peer: Peer) -> None:
    peer.say("{")
    assert (await peer.hear())["error"]["code"] == -32700
    peer.say("[]")
    assert (await peer.hear())["error"]["code"] == -32600
    peer.say('{"method":"status"}')
    peer.ask(5, "health")
    assert (await peer.hear())["id"] == 5


async def test_a_slow_reader_is_cut_off_and_others_are_not(
    small: SmallNode, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websocket, "WAITING_MESSAGES_MAX", 5)
    slow, quick = Peer(hub), Peer(hub)
    for peer in (slow, quick):
        peer.ask(1, "subscribe", query="tm.event='NewBlockHeader'")
        await peer.hear()
    slow.reads.clear()
    for height in range(1, 12):
        small.block()
        assert (await quick.hear())["result"]["data"]["value"]["header"]["height"] == str(height)
    await asyncio.wait_for(slow.task, PATIENCE_S)
    assert len(hub) == 1 and not quick.task.done()
    quick.connection.close()
    assert (await quick.hear())["type"] == "websocket.close"
    await asyncio.wait_for(quick.task, PATIENCE_S)
    assert len(hub) == 0


async def test_who_hangs_up_is_forgotten(small: SmallNode, hub: Hub) -> None:
    peer = Peer(hub)
    peer.ask(1, "subscribe", query="tm.event='NewBlock'")
    await peer.hear()
    peer.outbox.put_nowait({"type": "websocket.disconnect", "code": 1000})
    await asyncio.wait_for(peer.task, PATIENCE_S)
    assert len(hub) == 0
    small.block()


async def test_subscriptions_of_a_client_are_bounded_over_its_sockets(small: SmallNode) -> None:
    hub = Hub(3)
    one, two = Peer(hub), Peer(hub)
    for peer, height in ((one, 1), (one, 2), (two, 1)):
        peer.ask(1, "subscribe", query=f"tx.height={height}")
        assert (await peer.hear())["result"] == {}
    two.ask(2, "subscribe", query="tx.height=2")
    assert "max_subscriptions_per_client 3 reached" in (await two.hear())["error"]["data"]
    one.outbox.put_nowait({"type": "websocket.disconnect", "code": 1000})
    await asyncio.wait_for(one.task, PATIENCE_S)
    two.ask(3, "subscribe", query="tx.height=2")
    assert (await two.hear())["result"] == {}
    two.outbox.put_nowait({"type": "websocket.disconnect", "code": 1000})
    await asyncio.wait_for(two.task, PATIENCE_S)
    assert len(hub) == 0
