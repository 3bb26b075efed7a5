"""The client of CometBFT's own RPC against a small server: refusals keep their codes, silence has a name."""

from __future__ import annotations

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

ANSWERS: dict[str, Any] = {
    "net_info": {"result": {"n_peers": "3"}},
    "num_unconfirmed_txs": {"result": {"n_txs": "2", "total": "2", "total_bytes": "9", "txs": None}},
    "unconfirmed_txs": {"result": {"n_txs": "1", "total": "2", "total_bytes": "9", "txs": ["YQ=="]}},
}


@pytest.fixture
async def rpc(tmp_path: Path) -> AsyncIterator[CometRpc]:
    async def answer(request: web.Request) -> web.Response:
        document = await request.json()
        return web.json_response({"jsonrpc": "2.0", "id": 1, **ANSWERS[document["method"]]})

    app = web.Application()
    app.router.add_post("/", answer)
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
