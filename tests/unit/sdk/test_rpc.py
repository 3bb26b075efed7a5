"""JSON-RPC: answers, refusals, subscriptions, and servers that speak something else."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
import pytest
from aiohttp import web
from web import answering, serving

from supercloud.sdk import rpc as module
from supercloud.sdk.errors import PermanentError, TemporaryError
from supercloud.sdk.rpc import RpcClient, RpcError, wait_for_node


async def test_a_call() -> None:
    asked: list[Any] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(orjson.loads(await request.read()))
        return web.json_response({"jsonrpc": "2.0", "id": asked[-1]["id"], "result": {"n": len(asked)}})

    async with serving(answer) as url, RpcClient(url + "/") as rpc:
        assert await rpc.call("status") == {"n": 1}
        assert await rpc.call("block", height="5") == {"n": 2}
    assert asked == [
        {"jsonrpc": "2.0", "id": 1, "method": "status", "params": {}},
        {"jsonrpc": "2.0", "id": 2, "method": "block", "params": {"height": "5"}},
    ]


async def test_a_refusal() -> None:
    error = {"code": -32603, "message": "Internal error", "data": "height 9 is not available"}
    async with serving(answering(orjson.dumps({"error": error}))) as url, RpcClient(url) as rpc:
        with pytest.raises(RpcError, match=r"^block: height 9 is not available$") as refused:
            await rpc.call("block", height="9")
    assert (refused.value.code, refused.value.message) == (-32603, "Internal error")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"<html>hello</html>", "did not answer with JSON"),
        (b"", "did not answer with JSON"),
        (b"[]", "not a JSON-RPC object"),
        (b"5", "not a JSON-RPC object"),
        (b"{}", "not a JSON-RPC object"),
        (b'{"error":"no"}', "not a JSON-RPC object"),
        (b'{"error":{"code":"x"}}', "status: "),
    ],
)
async def test_servers_that_speak_something_else(data: bytes, words: str) -> None:
    async with serving(answering(data)) as url, RpcClient(url) as rpc:
        with pytest.raises(PermanentError, match=words):
            await rpc.call("status")


async def test_a_null_result_is_a_result() -> None:
    async with serving(answering(b'{"result":null}')) as url, RpcClient(url) as rpc:
        assert await rpc.call("health") is None


async def test_answers_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ANSWER_BYTES_MAX", 100)
    async with serving(answering(b" " * 101)) as url, RpcClient(url) as rpc:
        with pytest.raises(PermanentError, match="more than 100 bytes"):
            await rpc.call("status")


async def test_a_node_in_trouble_may_be_well_later() -> None:
    async with serving(answering(b"", 503)) as url, RpcClient(url) as rpc:
        with pytest.raises(TemporaryError, match="HTTP 503"):
            await rpc.call("status")
    async with RpcClient(url) as rpc:
        with pytest.raises(TemporaryError, match=f"node at {url} does not answer: Connection refused"):
            await rpc.call("status")


@pytest.mark.parametrize("status", [404, 405, 501])
async def test_a_server_that_is_no_node_is_not_waited_for(status: int) -> None:
    async with serving(answering(b"{}", status)) as url, RpcClient(url) as rpc:
        with pytest.raises(PermanentError, match=rf"is no node's RPC \(HTTP {status}\).*26657"):
            await wait_for_node(rpc, 5)


async def test_a_node_that_hangs() -> None:
    async def hang(_: web.Request) -> web.Response:
        await asyncio.sleep(5)
        return web.Response()

    async with serving(hang) as url, RpcClient(url, timeout_s=0.05) as rpc:
        with pytest.raises(TemporaryError, match="TimeoutError"):
            await rpc.call("status")


@pytest.mark.parametrize("url", ["localhost:26657", "", "tcp://localhost:1"])
def test_addresses_that_lead_nowhere(url: str) -> None:
    with pytest.raises(PermanentError, match="expected http"):
        RpcClient(url)


def socket_of(*messages: bytes) -> Any:
    async def serve(request: web.Request) -> web.StreamResponse:
        assert request.path == "/websocket"
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        asked = await socket.receive_json()
        assert (asked["method"], asked["params"]) == ("subscribe", {"query": "q"})
        for message in messages:
            await socket.send_str(message.decode())
        await socket.close()
        return socket

    return serve


async def test_a_subscription_yields_until_it_breaks() -> None:
    server = socket_of(b'{"result":{}}', b'{"result":{"data":1}}')
    async with serving(server) as url, RpcClient(url) as rpc:
        found = []
        with pytest.raises(TemporaryError, match="ended the subscription"):
            async for event in rpc.subscribe("q"):
                found += [event]
    assert found == [{}, {"data": 1}]


@pytest.mark.parametrize(
    ("message", "kind"),
    [(b'{"error":{"code":-32603,"data":"too many"}}', RpcError), (b"hello", PermanentError)],
)
async def test_a_subscription_that_is_refused(message: bytes, kind: type[Exception]) -> None:
    async with serving(socket_of(message)) as url, RpcClient(url) as rpc:
        with pytest.raises(kind):
            await anext(aiter(rpc.subscribe("q")))


async def test_a_subscription_without_a_node() -> None:
    async with RpcClient("http://127.0.0.1:1") as rpc:
        with pytest.raises(TemporaryError, match="broke"):
            await anext(aiter(rpc.subscribe("q")))


async def test_waiting_for_the_first_block() -> None:
    heights = iter([0, 0, 1])

    async def answer(_: web.Request) -> web.Response:
        return web.json_response({"result": {"sync_info": {"latest_block_height": str(next(heights))}}})

    async with serving(answer) as url, RpcClient(url) as rpc:
        status = await wait_for_node(rpc, 5)
    assert status["sync_info"]["latest_block_height"] == "1"


async def test_waiting_in_vain_says_why() -> None:
    status = orjson.dumps({"result": {"sync_info": {"latest_block_height": "0"}}})
    async with serving(answering(status)) as url, RpcClient(url) as rpc:
        with pytest.raises(TemporaryError, match=r"has no block yet; waited for 0\.1 s"):
            await wait_for_node(rpc, 0.1)
    async with RpcClient(url) as rpc:
        with pytest.raises(TemporaryError, match=r"does not answer: .*; waited for 0\.1 s"):
            await wait_for_node(rpc, 0.1)
