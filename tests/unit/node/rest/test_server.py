"""The REST application without a socket."""

import asyncio
import base64
from hashlib import sha256
from typing import Any

import orjson
import pytest
from small_node import ALICE_TEXT, BOB_TEXT, SmallNode, transfer

from supercloud.node.grpc.asgi import CrossOrigin
from supercloud.node.rest.server import Limits, RestServer
from supercloud.rates import Rates

Headers = tuple[tuple[bytes, bytes], ...]


class Client:
    """Calls the application."""

    def __init__(self, app: RestServer) -> None:
        self.app = app

    async def request(
        self, method: str, target: str, body: bytes = b"", headers: Headers = ()
    ) -> tuple[int, dict[bytes, bytes], Any]:
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body}

        async def send(message: Any) -> None:
            sent.append(message)

        path, _, query = target.partition("?")
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": list(headers),
        }
        await self.app(scope, receive, send)
        answer = sent[1]["body"]
        return sent[0]["status"], dict(sent[0]["headers"]), orjson.loads(answer) if answer else None

    async def get(self, target: str, headers: Headers = ()) -> tuple[int, Any]:
        status, _, document = await self.request("GET", target, headers=headers)
        return status, document

    async def post(self, target: str, document: Any) -> tuple[int, Any]:
        status, _, answer = await self.request("POST", target, orjson.dumps(document))
        return status, answer


@pytest.fixture
def client(small: SmallNode) -> Client:
    small.block()
    return Client(RestServer(small.dispatch, Limits(body_bytes=5000), CrossOrigin([])))


async def test_queries_with_and_without_repeated_path_fields(client: Client) -> None:
    path = f"/cosmos/bank/v1beta1/balances/{ALICE_TEXT}/by_denom"
    expected = (200, {"balance": {"denom": "uakt", "amount": str(10**15)}})
    assert await client.get(f"{path}?denom=uakt") == expected
    # Web clients repeat the path's fields, and add ones that nobody knows.
    assert await client.get(f"{path}?address={ALICE_TEXT}&denom=uakt&limit=1000") == expected


async def test_heights(small: SmallNode, client: Client) -> None:
    small.block(transfer(5, 0))
    path = f"/cosmos/bank/v1beta1/balances/{BOB_TEXT}/by_denom?denom=uakt"
    status, headers, document = await client.request("GET", path)
    assert (status, document["balance"]["amount"]) == (200, "5")
    assert headers[b"grpc-metadata-x-cosmos-block-height"] == b"2"
    status, headers, document = await client.request("GET", path, headers=((b"x-cosmos-block-height", b"1"),))
    assert document["balance"]["amount"] == "0"
    assert headers[b"grpc-metadata-x-cosmos-block-height"] == b"1"
    assert headers[b"x-cosmos-block-height"] == b"1"


@pytest.mark.parametrize(
    "target, status, code, words",
    [
        ("/nothing", 501, 12, "Not Implemented"),
        (f"/cosmos/auth/v1beta1/accounts/{BOB_TEXT}", 404, 5, "not found"),
        ("/cosmos/auth/v1beta1/accounts/zz", 500, 2, ""),
        (f"/cosmos/bank/v1beta1/balances/{BOB_TEXT}?pagination.limit=x", 400, 3, "not a whole number"),
        ("/cosmos/tx/v1beta1/txs", 400, 3, "query cannot be empty"),
        ("/cosmos/tx/v1beta1/txs/" + "AB" * 32, 404, 5, "tx not found"),
        ("/cosmos/base/tendermint/v1beta1/blocks/99", 400, 3, "bigger then the chain length"),
        ("/cosmos/bank/v1beta1/supply?" + "&".join(f"a{n}=1" for n in range(300)), 400, 3, ""),
    ],
)
async def test_refusals(client: Client, target: str, status: int, code: int, words: str) -> None:
    found, document = await client.get(target)
    assert (found, document["code"], document["details"]) == (status, code, [])
    assert words in document["message"]


@pytest.mark.parametrize("value, status", [(b"x", 400), (b"99", 400), (b"-1", 400), (b"1", 200)])
async def test_height_headers(client: Client, value: bytes, status: int) -> None:
    found, _ = await client.get("/cosmos/bank/v1beta1/supply", headers=((b"x-cosmos-block-height", value),))
    assert found == status


@pytest.mark.parametrize("name, mode", [("tx_bytes", "mode"), ("txBytes", "mode")])
async def test_broadcast_simulate_and_find(small: SmallNode, client: Client, name: str, mode: str) -> None:
    raw = transfer(5, 0)
    tx = base64.b64encode(raw).decode()
    status, simulated = await client.post("/cosmos/tx/v1beta1/simulate", {name: tx})
    assert status == 200 and int(simulated["gas_info"]["gas_used"]) > 0
    status, sent = await client.post("/cosmos/tx/v1beta1/txs", {name: tx, mode: "BROADCAST_MODE_SYNC"})
    hash_ = sha256(raw).hexdigest().upper()
    assert (status, sent["tx_response"]["code"], sent["tx_response"]["txhash"]) == (200, 0, hash_)
    small.block()
    _, found = await client.get(f"/cosmos/tx/v1beta1/txs/{hash_}")
    assert found["tx_response"]["height"] == "2"
    assert found["tx_response"]["tx"]["@type"] == "/cosmos.tx.v1beta1.Tx"
    _, searched = await client.get(f"/cosmos/tx/v1beta1/txs?query=message.sender='{ALICE_TEXT}'")
    assert searched["total"] == "1" and searched["tx_responses"][0]["txhash"] == hash_
    # The whole transaction as JSON simulates too, as one client posts it.
    status, again = await client.post("/cosmos/tx/v1beta1/decode", {name: tx})
    assert status == 200 and again["tx"]["body"]["messages"][0]["from_address"] == ALICE_TEXT


async def test_fields_that_nobody_knows_are_passed_over_but_not_in_messages(client: Client) -> None:
    tx = base64.b64encode(transfer(5, 0)).decode()
    asked = {"tx_bytes": tx, "mode": "BROADCAST_MODE_SYNC", "sequences": ["1"], "more": {"a": 1}}
    status, sent = await client.post("/cosmos/tx/v1beta1/txs", asked)
    assert (status, sent["tx_response"]["code"]) == (200, 0)
    send = {"@type": "/cosmos.bank.v1beta1.MsgSend", "to_adress": BOB_TEXT}
    encoded = {"tx": {"body": {"messages": [send]}}}
    status, refused = await client.post("/cosmos/tx/v1beta1/encode", encoded)
    assert status == 400 and "unknown field 'to_adress'" in refused["message"]


async def test_a_failed_check_is_an_answer(client: Client) -> None:
    tx = base64.b64encode(transfer(5, 9)).decode()
    status, sent = await client.post(
        "/cosmos/tx/v1beta1/txs", {"tx_bytes": tx, "mode": "BROADCAST_MODE_SYNC"}
    )
    assert (status, sent["tx_response"]["code"]) == (200, 32)


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"tx_bytes":5}', b'{"nothing":1}', b'{"tx_bytes":1.5}'])
async def test_bodies_that_do_not_fit(client: Client, body: bytes) -> None:
    status, _, document = await client.request("POST", "/cosmos/tx/v1beta1/txs", body)
    assert (status, document["code"]) == (400, 3)


async def test_one_address_asks_so_often_and_no_more(small: SmallNode) -> None:
    small.block()
    client = Client(RestServer(small.dispatch, Limits(requests_per_s=2), CrossOrigin([])))
    client.app._rates = Rates(2, lambda: 0.0)
    path = "/cosmos/bank/v1beta1/params"
    assert [(await client.get(path))[0] for _ in range(5)] == [200] * 4 + [429]
    _, headers, document = await client.request("GET", path)
    assert (headers[b"retry-after"], document["code"]) == (b"1", 8)
    assert document["message"] == "more than 2 requests a second from this address"


async def test_a_body_beyond_the_limit(client: Client) -> None:
    status, _, _ = await client.request("POST", "/cosmos/tx/v1beta1/txs", b"x" * 5001)
    assert status == 413


async def test_a_defect_is_an_answer(small: SmallNode, client: Client) -> None:
    def broken(*_: object) -> None:
        raise KeyError("inside")

    small.app.query_context = broken  # type: ignore[assignment, method-assign]
    status, document = await client.get("/cosmos/bank/v1beta1/supply")
    assert (status, document["code"]) == (500, 13)


async def test_the_door_describes_itself(small: SmallNode) -> None:
    client = Client(RestServer(small.dispatch, Limits(), CrossOrigin([]), "v7"))
    status, document = await client.get("/openapi.json")
    assert (status, document["info"]["version"]) == (200, "v7")
    assert "/cosmos/bank/v1beta1/balances/{address}" in document["paths"]
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/swagger/", "query_string": b"", "headers": []}
    await client.app(scope, lambda: None, send)  # type: ignore[arg-type,return-value]
    assert sent[0]["status"] == 200 and (b"content-type", b"text/html; charset=utf-8") in sent[0]["headers"]
    assert b"/cosmos/bank/v1beta1/balances/{address}" in sent[1]["body"]
    assert (await client.post("/openapi.json", {}))[0] == 501


async def test_a_body_that_stops_on_its_way(small: SmallNode) -> None:
    server = RestServer(small.dispatch, Limits(body_s=0.01), CrossOrigin([]))
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError("nothing comes")

    async def send(message: Any) -> None:
        sent.append(message)

    path = "/cosmos/tx/v1beta1/simulate"
    scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": []}
    await server(scope, receive, send)
    assert (sent[0]["status"], orjson.loads(sent[1]["body"])["code"]) == (408, 4)
