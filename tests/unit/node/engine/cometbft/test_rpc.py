"""The client of CometBFT's own RPC against a small server: refusals keep their codes, silence has a name."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from supercloud.node.engine.cometbft.rpc import (
    CometRpc,
    CometRpcError,
    CometUnreachable,
    RemoteMempool,
    RemotePeers,
)
from supercloud.node.engine.peers import Alone, PeersError
from supercloud.node.mempool import Refused

HANG_UP = base64.b64encode(b"hang up").decode()
ANSWERS: dict[str, Any] = {
    "net_info": {"result": {"n_peers": "3"}},
    "num_unconfirmed_txs": {"result": {"n_txs": "2", "total": "2", "total_bytes": "9", "txs": None}},
    "unconfirmed_txs": {"result": {"n_txs": "1", "total": "2", "total_bytes": "9", "txs": ["YQ=="]}},
}


LINES: list[int] = []
"""How many calls each line carried."""


def _answer(document: Any) -> dict[str, Any]:
    found = ANSWERS[document["method"]]
    if callable(found):
        found = found(document["params"])
    return {"jsonrpc": "2.0", "id": 1, **found}


@pytest.fixture
async def rpc(tmp_path: Path) -> AsyncIterator[CometRpc]:
    async def answer(request: web.Request) -> web.Response:
        return web.json_response(_answer(await request.json()))

    async def line(request: web.Request) -> web.WebSocketResponse:
        number = len(LINES)
        LINES.append(0)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            LINES[number] += 1
            document = json.loads(message.data)
            if document["params"]["tx"] == HANG_UP:
                break
            # Long enough for others to be under way.
            await asyncio.sleep(0.05)
            await socket.send_json(_answer(document))
        return socket

    LINES.clear()
    app = web.Application()
    app.router.add_post("/", answer)
    app.router.add_get("/websocket", line)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.UnixSite(runner, str(tmp_path / "rpc.sock")).start()
    client = CometRpc(tmp_path / "rpc.sock")
    yield client
    await client.close()
    await runner.cleanup()


async def test_what_waits(rpc: CometRpc) -> None:
    pool = RemoteMempool(rpc)
    assert await pool.waiting(0) == (2, 9, [])
    assert await pool.waiting(1) == (2, 9, [b"a"])
    assert await pool.reason(b"") is None


async def test_peers_are_asked(rpc: CometRpc) -> None:
    assert await RemotePeers(rpc).ask("net_info") == {"n_peers": "3"}
    assert await Alone().ask("net_info") is None and Alone.catching_up is False


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ("tx already exists in cache", 19),
        ("mempool is full: number of txs 2 (max: 2), total txs bytes 9 (max: 10)", 20),
        ("Tx too large. Max size is 1, but got 2", 21),
    ],
)
async def test_refusals_keep_their_codes(
    rpc: CometRpc, monkeypatch: pytest.MonkeyPatch, data: str, code: int
) -> None:
    error = {"code": -32603, "message": "Internal error", "data": data}
    monkeypatch.setitem(ANSWERS, "broadcast_tx_sync", {"error": error})
    with pytest.raises(Refused, match=data.split("(", maxsplit=1)[0]) as refused:
        await RemoteMempool(rpc).submit(b"raw")
    assert refused.value.error.code == code


async def test_other_errors_and_silence(
    rpc: CometRpc, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    error = {"code": -32602, "message": "Invalid params", "data": "no"}
    monkeypatch.setitem(ANSWERS, "broadcast_tx_sync", {"error": error})
    with pytest.raises(CometRpcError, match="Invalid params: no"):
        await RemoteMempool(rpc).submit(b"raw")
    nobody = CometRpc(tmp_path / "nobody.sock")
    with pytest.raises(CometUnreachable, match="does not answer") as silent:
        await nobody.status()
    assert isinstance(silent.value, PeersError)
    await nobody.close()


def _taken(params: dict[str, str]) -> dict[str, Any]:
    return {"result": {"code": 0, "data": params["tx"], "log": ""}}


async def test_transactions_share_lines_and_never_answers(
    rpc: CometRpc, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ANSWERS, "broadcast_tx_sync", _taken)
    pool = RemoteMempool(rpc)
    for _ in range(3):
        raws = [b"tx %d" % number for number in range(5)]
        assert [
            (await answer).data for answer in [asyncio.create_task(pool.submit(raw)) for raw in raws]
        ] == raws
    assert LINES == [3] * 5
    # Nobody waits for this answer any more; it is not the next one's.
    given_up = asyncio.create_task(pool.submit(b"given up"))
    await asyncio.sleep(0.02)
    given_up.cancel()
    await asyncio.gather(given_up, return_exceptions=True)
    assert (await pool.submit(b"next")).data == b"next"


async def test_a_line_that_hangs_up_is_silence_and_an_old_one_is_not_used(
    rpc: CometRpc, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ANSWERS, "broadcast_tx_sync", _taken)
    pool = RemoteMempool(rpc)
    with pytest.raises(CometUnreachable):
        await pool.submit(b"hang up")
    assert (await pool.submit(b"a")).data == (await pool.submit(b"a")).data == b"a"
    assert LINES == [1, 2]
    await rpc.hang_up()
    assert (await pool.submit(b"c")).data == b"c"
    assert LINES == [1, 2, 1]
    monkeypatch.setattr("supercloud.node.engine.cometbft.rpc.LINE_IDLE_S", 0.0)
    assert (await pool.submit(b"b")).data == b"b"
    assert LINES == [1, 2, 1, 1]
