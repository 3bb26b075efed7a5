"""The RPC's ASGI application without a socket: bodies, batches, URIs, limits."""

import asyncio
import base64
from typing import Any

import orjson
import pytest
from small_node import SmallNode, transfer

from supercloud.node.grpc.asgi import CrossOrigin
from supercloud.node.grpc.readiness import Readiness
from supercloud.node.rpc.server import Limits, RpcServer
from supercloud.node.rpc.subscriptions import Hub
from supercloud.rates import Rates


class Client:
    """Calls an ASGI application."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def request(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        query: str = "",
        headers: tuple[tuple[bytes, bytes], ...] = (),
    ) -> tuple[int, dict[bytes, bytes], bytes]:
        sent: list[dict[str, Any]] = []
        parts = [
            {"type": "http.request", "body": body[:9], "more_body": True},
            {"type": "http.request", "body": body[9:]},
        ]

        async def receive() -> dict[str, Any]:
            return parts.pop(0)

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": list(headers),
            "client": ("127.0.0.1", 5),
        }
        await self.app(scope, receive, send)
        return sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"]

    async def post(self, document: Any) -> Any:
        status, _, body = await self.request("POST", "/", orjson.dumps(document))
        assert status == 200
        return orjson.loads(body)


@pytest.fixture
def client(small: SmallNode) -> Client:
    small.block()
    limits = Limits(body_bytes=1000, batch=3)
    return Client(RpcServer(small.view, small.dispatch, Hub(), limits, CrossOrigin(["https://page.example"])))


async def test_post(client: Client) -> None:
    assert await client.post({"jsonrpc": "2.0", "id": 5, "method": "health", "params": {}}) == {
        "jsonrpc": "2.0",
        "id": 5,
        "result": {},
    }
    answer = await client.post({"jsonrpc": "2.0", "id": 5, "method": "nothing"})
    assert answer["error"] == {"code": -32601, "message": "Method not found"}
    answer = await client.post({"jsonrpc": "2.0", "id": 5, "method": "block", "params": {"height": "x"}})
    assert answer["error"]["code"] == -32602


async def test_batches_are_answered_in_order_and_bounded(client: Client) -> None:
    asked = [
        {"id": 1, "method": "health"},
        {"method": "health"},
        {"id": "b", "method": "block", "params": ["99"]},
    ]
    answers = await client.post(asked)
    assert [answer["id"] for answer in answers] == [1, "b"]
    assert "error" in answers[1]
    assert (await client.post(asked * 2))["error"]["code"] == -32600
    assert (await client.post([]))["error"]["code"] == -32600


async def test_one_address_asks_so_often_and_no_more(small: SmallNode) -> None:
    """Over HTTP, in batches and over WebSockets together."""
    small.block()
    server = RpcServer(small.view, small.dispatch, Hub(), Limits(requests_per_s=2), CrossOrigin(["*"]))
    server._rates = Rates(2, lambda: 0.0)
    client = Client(server)
    asked = {"jsonrpc": "2.0", "id": 1, "method": "health"}
    assert await client.post([asked, asked, asked]) == [{"jsonrpc": "2.0", "id": 1, "result": {}}] * 3
    assert (await client.request("GET", "/health"))[0] == 200
    status, headers, body = await client.request("GET", "/health", headers=((b"origin", b"https://page"),))
    assert (status, headers[b"retry-after"], headers[b"access-control-allow-origin"]) == (429, b"1", b"*")
    refusal = {"code": -32000, "message": "Server error"}
    refusal["data"] = "more than 2 requests a second from this address"
    assert orjson.loads(body)["error"] == refusal
    assert server._admit("127.0.0.1") == refusal["data"] and server._admit("127.0.0.2") == ""


async def test_a_websocket_counts_whatever_it_is_asked(small: SmallNode) -> None:
    """Also what subscribes, and what can not be read."""
    server = RpcServer(small.view, small.dispatch, Hub(), Limits(requests_per_s=2), CrossOrigin([]))
    server._rates = Rates(2, lambda: 0.0)
    inbox: asyncio.Queue[Any] = asyncio.Queue()
    outbox: asyncio.Queue[Any] = asyncio.Queue()
    scope = {"type": "websocket", "path": "/websocket", "client": ("127.0.0.1", 1)}
    serving = asyncio.create_task(server(scope, outbox.get, inbox.put))
    outbox.put_nowait({"type": "websocket.connect"})
    query = {"query": "tm.event='NewBlock'"}
    subscribe = {"jsonrpc": "2.0", "id": 5, "method": "subscribe", "params": query}
    for text in (
        orjson.dumps(subscribe),
        b"{not json",
        orjson.dumps(subscribe | {"method": "unsubscribe"}),
        orjson.dumps(subscribe),
        orjson.dumps(subscribe | {"method": "unsubscribe"}),
    ):
        outbox.put_nowait({"type": "websocket.receive", "bytes": text})
    assert (await inbox.get())["type"] == "websocket.accept"
    answers = [orjson.loads((await inbox.get())["text"]) for _ in range(5)]
    errors = [answer.get("error", {}).get("code") for answer in answers]
    assert errors == [None, -32700, None, None, -32000]
    assert answers[-1]["id"] == 5 and "more than 2 requests a second" in answers[-1]["error"]["data"]
    outbox.put_nowait({"type": "websocket.disconnect", "code": 1000})
    await serving


async def test_bodies_that_are_nothing(client: Client) -> None:
    status, _, body = await client.request("POST", "/", b"{not json")
    assert (status, orjson.loads(body)["error"]["code"]) == (500, -32700)
    status, _, _ = await client.request("POST", "/", b"x" * 1001)
    assert status == 413
    status, _, _ = await client.request("POST", "/", b"", headers=((b"content-length", b"99999"),))
    assert status == 413


async def test_a_body_that_stops_on_its_way(small: SmallNode) -> None:
    server = RpcServer(small.view, small.dispatch, Hub(), Limits(body_s=0.01), CrossOrigin([]))
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError("nothing comes")

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/", "headers": []}
    await server(scope, receive, send)
    assert sent[0]["status"] == 408
    assert orjson.loads(sent[1]["body"])["error"]["data"] == "the body did not arrive within 0.01 seconds"


async def test_waiting_for_a_block_has_an_end(small: SmallNode) -> None:
    small.block()
    server = RpcServer(small.view, small.dispatch, Hub(), Limits(commit_s=0.01), CrossOrigin([]))
    params = {"tx": base64.b64encode(transfer(1, 0)).decode()}
    answer = await Client(server).post(
        {"jsonrpc": "2.0", "id": 1, "method": "broadcast_tx_commit", "params": params}
    )
    assert answer["error"]["data"] == "timed out waiting for tx to be included in a block"


async def test_uris(client: Client) -> None:
    status, headers, body = await client.request("GET", "/block", query="height=1")
    assert (status, headers[b"content-type"]) == (200, b"application/json")
    answer = orjson.loads(body)
    assert (answer["id"], answer["result"]["block"]["header"]["height"]) == (-1, "1")
    status, _, body = await client.request("GET", "/block", query="height=99")
    assert (status, orjson.loads(body)["error"]["code"]) == (500, -32603)
    status, _, _ = await client.request("GET", "/nothing")
    assert status == 404
    status, _, body = await client.request("GET", "/")
    assert status == 200 and b"/tx_search?query=_" in body
    status, _, _ = await client.request("GET", "/block", query="&".join(f"a{n}=1" for n in range(99)))
    assert status == 500


async def test_only_named_origins_may_read(client: Client) -> None:
    _, headers, _ = await client.request("GET", "/health", headers=((b"origin", b"https://page.example"),))
    assert headers[b"access-control-allow-origin"] == b"https://page.example"
    _, headers, _ = await client.request("GET", "/health", headers=((b"origin", b"https://other.example"),))
    assert b"access-control-allow-origin" not in headers
    status, headers, _ = await client.request("OPTIONS", "/", headers=((b"origin", b"https://page.example"),))
    assert status == 204 and b"POST" in headers[b"access-control-allow-methods"]


async def test_a_defect_is_an_answer(
    client: Client, small: SmallNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("inside")

    monkeypatch.setattr(small.view.history, "resolve", broken)
    answer = await client.post({"id": 1, "method": "block"})
    assert answer["error"]["code"] == -32603 and "KeyError" in answer["error"]["data"]
    status, _, body = await client.request("GET", "/block")
    error = orjson.loads(body)["error"]
    assert status == 500 and error["code"] == -32603 and "KeyError" in error["data"]


async def test_websockets_of_one_client_are_bounded(small: SmallNode) -> None:
    limits = Limits(sockets=3, sockets_per_client=2)
    server = RpcServer(small.view, small.dispatch, Hub(), limits, CrossOrigin([]))
    leave = asyncio.Event()

    async def connect(client: str) -> asyncio.Task[list[Any]]:
        """A socket that stays until `leave`; its result is what it was told."""
        told: list[Any] = []
        begin = [{"type": "websocket.connect"}]

        async def receive() -> dict[str, Any]:
            if begin:
                return begin.pop()
            await leave.wait()
            return {"type": "websocket.disconnect", "code": 1000}

        async def send(message: dict[str, Any]) -> None:
            told.append(message["type"])

        async def run() -> list[Any]:
            scope = {"type": "websocket", "path": "/websocket", "client": (client, 1)}
            await server(scope, receive, send)
            return told

        task = asyncio.create_task(run())
        await asyncio.sleep(0)
        return task

    tasks = [await connect(client) for client in ("one", "one", "one", "two", "two")]
    # The third of one client is one too many for it, the second of the other one too many for all.
    assert [task.done() for task in tasks] == [False, False, True, False, True]
    leave.set()
    told = [await asyncio.wait_for(task, 30) for task in tasks]
    assert [types[0] for types in told] == [
        "websocket.accept",
        "websocket.accept",
        "websocket.close",
        "websocket.accept",
        "websocket.close",
    ]
    assert not server._sockets_of, "a client that is gone leaves nothing behind"


async def test_load_balancers_are_answered_however_often_they_ask(small: SmallNode) -> None:
    readiness = Readiness(small.view, small.view.live, clock=lambda: small.now / 1e9)
    small.block()
    server = RpcServer(
        small.view, small.dispatch, Hub(), Limits(requests_per_s=1), CrossOrigin(["*"]), readiness
    )
    for _ in range(5):
        for path in ("/live", "/ready"):
            status, _, body = await Client(server).request("GET", path)
            assert status == 200 and orjson.loads(body)[path.strip("/")] is True
    small.now += 60 * 10**9
    status, headers, body = await Client(server).request(
        "GET", "/ready", headers=((b"origin", b"https://x"),)
    )
    assert status == 503 and "62 seconds old" in orjson.loads(body)["reason"]
    assert headers[b"access-control-allow-origin"] == b"*"
    # CometBFT's own method is what it was.
    assert orjson.loads((await Client(server).request("GET", "/health"))[2])["result"] == {}
