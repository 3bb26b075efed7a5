"""The JSON-RPC door with envelopes, parameters, paths, frames and queries that make no sense."""

from __future__ import annotations

import asyncio
import json
from random import Random
from typing import Any

import aiohttp
import pytest
from effort import Effort
from messages import text
from target import ANSWER_S_MAX, Target

pytestmark = [pytest.mark.node, pytest.mark.xdist_group("fuzz")]

ENVELOPES = (
    b"",
    b"nonsense",
    b"null",
    b"[]",
    b"[[]]",
    b"[null, 1, true, {}]",
    b"[" * 100_000,
    b"[" * 100_000 + b"]" * 100_000,
    b'{"id":1,"method":"status","params":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    b'{"a":' * 100_000,
    b'{"id":1,"method":"status","params":' + b"[" * 900 + b"]" * 900 + b"}",
    b'{"id":{},"method":"status"}',
    b'{"id":1e308,"method":"status"}',
    b'{"id":1e400,"method":"status"}',
    b'{"id":-0.5,"method":"status"}',
    b'{"id":' + b"9" * 5000 + b',"method":"status"}',
    b'{"id":true,"method":"status"}',
    b'{"id":"' + b"x" * 5000 + b'","method":"status"}',
    b'{"id":"\\ud800","method":"status"}',
    b'{"id":1,"method":"\\u0000"}',
    b'{"id":1,"method":{"a":1}}',
    b'{"id":1,"method":"status","params":"x"}',
    b'{"id":1,"method":"status","params":7}',
    b'{"id":1,"method":"block","params":{"height":{}}}',
    b'{"id":1,"method":"block","params":{"height":99999999999999999999999}}',
    b'{"id":1,"method":"block","params":{"height":-1}}',
    b'{"id":1,"method":"block","params":[1,2,3]}',
    b"[" + b",".join([b'{"id":1,"method":"status"}'] * 5000) + b"]",
    b"\xff\xfe\x00",
    b'{"id":1,"method":"tx","params":{"hash":"\xff"}}',
    b'{"jsonrpc":"1.0","id":1,"method":"health"}',
)
VALUES: tuple[Any, ...] = (
    None,
    0,
    -1,
    2**63 - 1,
    2**63,
    2**64,
    "9223372036854775807",
    "-9223372036854775808",
    "x",
    "",
    "AA==",
    "00ff",
    "0x",
    True,
    1.5,
    [],
    {},
    [[1]],
    {"a": {"b": []}},
    "tm.event='Tx'",
    "tx.height > 5 AND tx.hash EXISTS",
    "'" * 500,
    "desc",
    "\x00",
)
NAMES = (
    "height",
    "minHeight",
    "maxHeight",
    "hash",
    "tx",
    "query",
    "page",
    "per_page",
    "prove",
    "order_by",
    "path",
    "data",
    "limit",
    "chunk",
    "evidence",
)
SLOW = ("broadcast_tx_commit",)


def methods(target: Target) -> list[str]:
    """What the door lists to browsers."""
    page = target.get(target.rpc + "/")[1].decode()
    found = [part.partition('"')[0].partition("?")[0] for part in page.split('href="/')[1:]]
    assert len(found) > 25
    return [name for name in found if name not in SLOW]


def sane(status: int, body: bytes, seconds: float, where: object) -> None:
    """Answered in time, with a result or an error that is nobody's exception."""
    assert seconds < ANSWER_S_MAX, where
    assert b"Traceback" not in body and b"Error:" not in body, (where, body[:500])
    assert status in (200, 404, 413, 500), (where, status)
    if body and not body.startswith(b"<"):
        json.loads(body)


@pytest.mark.parametrize("number", range(len(ENVELOPES)))
def test_envelopes(target: Target, number: int) -> None:
    body = ENVELOPES[number]
    status, answer, seconds = target.post(body)
    sane(status, answer, seconds, body[:100])
    assert target.height() > 0


def test_parameters(target: Target, effort: Effort) -> None:
    with target.unharmed():
        for random in effort.rounds(6):
            for method in methods(target):
                params = {name: random.choice(VALUES) for name in NAMES if random.random() < 0.7}
                body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
                sane(*target.post(body), (random.seed_used, method, params))


def test_uris(target: Target, effort: Effort) -> None:
    junk = (
        "%00",
        "%ff",
        '"',
        "'",
        "0x",
        "0xzz",
        "-1",
        "9" * 40,
        "1e9",
        '""',
        '"\\u0000"',
        "true",
        "%22%ff%22",
    )
    with target.unharmed():
        for random in effort.rounds(3):
            for method in methods(target):
                query = "&".join(f"{name}={random.choice(junk)}" for name in NAMES)
                query = query.replace('"', "%22").replace("'", "%27").replace("\\", "%5c")
                sane(*target.get(f"{target.rpc}/{method}?{query}"), (random.seed_used, method, query))
        for path in ("/no", "/%00", "/" + "a" * 5000, "/status/status", "/websocket"):
            status, _, _ = target.get(target.rpc + path)
            assert status in (404, 400, 426, 500), path


PATHS = (
    "",
    "/",
    "//",
    "store",
    "/store/bank/key",
    "/store/bank/subspace",
    "/store/../key",
    "/store/no/key",
    "/app",
    "/app/version",
    "/app/simulate",
    "/p2p/filter/addr/x",
    "/custom/bank",
    "/cosmos.bank.v1beta1.Query/Balance",
    "/cosmos.bank.v1beta1.Query/No",
    "/cosmos.tx.v1beta1.Service/Simulate",
    "/cosmos.tx.v1beta1.Service/BroadcastTx",
    "/cosmos.tx.v1beta1.Service/GetTxsEvent",
    "\x00",
    "é" * 3000,
)


def test_abci_queries(target: Target, effort: Effort) -> None:
    with target.unharmed():
        for random in effort.rounds(8):
            for path in PATHS:
                params = {
                    "path": path,
                    "data": random.randbytes(random.choice((0, 1, 30, 5000))).hex(),
                    "height": random.choice(("0", "1", "-1", "9223372036854775807", "2")),
                    "prove": random.random() < 0.5,
                }
                body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "abci_query", "params": params})
                sane(*target.post(body.encode()), (random.seed_used, params))


QUERIES = (
    "",
    " ",
    "tm.event",
    "tm.event=",
    "tm.event='Tx' AND",
    "AND AND AND",
    "tm.event='Tx' OR a=1",
    "a.b > '5'",
    "a.b CONTAINS 5",
    "a.b > TIME 9999-99-99T99:99:99Z",
    "a.b > DATE 0000-00-00",
    "a.b > TIME 0001-01-01T00:00:00+23:59",
    "a.b > " + "9" * 400,
    "(" * 400,
    "x EXISTS " + "AND x EXISTS " * 35,
    "'" * 511,
    "\x00='\x00'",
    "é='é'",
    "tx.height=99999999999999999999999999",
    "a" * 100_000,
)


def frames(random: Random) -> list[str | bytes]:
    """Frames of a client that has gone mad."""
    made: list[str | bytes] = [body for body in ENVELOPES if len(body) < 1000]
    for method in ("subscribe", "unsubscribe", "unsubscribe_all"):
        asked = [{"query": query} for query in (*random.sample(QUERIES, 8), text(random))]
        for params in (*asked, random.choice(VALUES)):
            id_ = random.choice((1, "x", -5))
            made += [json.dumps({"jsonrpc": "2.0", "id": id_, "method": method, "params": params})]
    return made


async def test_websocket_frames(target: Target, effort: Effort) -> None:
    """Each frame gets an answer or none, the connection stays, and an ordinary request after all of them is answered."""
    with target.unharmed():
        for random in effort.rounds(3):
            async with (
                aiohttp.ClientSession() as session,
                session.ws_connect(f"{target.rpc}/websocket") as socket,
            ):
                for frame in frames(random):
                    await (socket.send_str(frame) if isinstance(frame, str) else socket.send_bytes(frame))
                await socket.send_str('{"jsonrpc":"2.0","id":"the end","method":"health"}')
                async with asyncio.timeout(ANSWER_S_MAX):
                    while True:
                        answer = await socket.receive_json()
                        assert "Error:" not in str(answer.get("error", "")), (random.seed_used, answer)
                        if answer.get("id") == "the end":
                            break


@pytest.mark.parametrize(
    "junk",
    [
        b"",
        b"\x00" * 100,
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x82\xff" + b"\xff" * 60,
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
async def test_bytes_that_are_no_http(target: Target, junk: bytes) -> None:
    with target.unharmed():
        for port in target.ports:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(junk)
            writer.write_eof()
            async with asyncio.timeout(ANSWER_S_MAX * 4):
                while await reader.read(4096):
                    pass
            writer.close()


@pytest.mark.parametrize("length", [0, 2**16, 2**63])
async def test_websocket_frames_of_impossible_lengths(target: Target, length: int) -> None:
    """Raw frames: an unmasked one, one longer than allowed, one longer than anything."""
    head = (
        b"GET /websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    with target.unharmed():
        reader, writer = await asyncio.open_connection("127.0.0.1", target.ports[0])
        writer.write(head)
        await reader.readuntil(b"\r\n\r\n")
        masked = 0 if length == 2**16 else 0x80
        writer.write(bytes((0x81, masked | 127)) + length.to_bytes(8, "big") + b"abcd" + b"x" * 100)
        async with asyncio.timeout(ANSWER_S_MAX):
            while await reader.read(4096):
                pass
        writer.close()
