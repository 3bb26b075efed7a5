"""What the doors ask of a node arrives as if they asked in its own process."""

import asyncio
import hashlib
import socket
from collections.abc import AsyncIterator

import pytest
from small_node import SmallNode, transfer

from supercloud.node.doors.link import Link
from supercloud.node.doors.relay import (
    Answers,
    Progress,
    RelayedLive,
    RelayedPeers,
    RelayedPool,
    pack_error,
    pack_standing,
    unpack_error,
)
from supercloud.node.engine.peers import Alone, PeersError
from supercloud.node.grpc.dispatch import Failed
from supercloud.node.live import Here
from supercloud.node.mempool import Refused
from supercloud.pb.cosmos.tx.v1beta1 import service_pb2
from supercloud.pb.tendermint.abci import types_pb2 as abci
from supercloud.types.errors import INTERNAL, TxInMempoolCache


class Others(Alone):
    async def ask(self, method: str, **params: object) -> dict[str, object]:
        if method == "broken":
            raise PeersError("no such method")
        return {"method": method, **params}


@pytest.fixture
async def link(small: SmallNode) -> AsyncIterator[Link]:
    answers = Answers(small.mempool, Here(small.app), Others())
    errors = (pack_error, unpack_error)
    ends = [Link(each, lambda kind, body: None, lambda: None, errors) for each in (answers, answers)]
    loop = asyncio.get_running_loop()
    for each, end in zip(ends, socket.socketpair(), strict=True):
        await loop.create_connection(lambda each=each: each, sock=end)  # type: ignore[misc]
    yield ends[0]
    for each in ends:
        each.close()


async def test_the_mempool(small: SmallNode, link: Link) -> None:
    pool = RelayedPool(link)
    small.block()
    raw = transfer(5, 0)
    assert (await pool.submit(raw)).code == 0
    with pytest.raises(Refused, match="tx already exists in cache") as refused:
        await pool.submit(raw)
    assert isinstance(refused.value.error, TxInMempoolCache)
    assert (await pool.submit(transfer(5, 9))).code == 32
    assert await pool.waiting(1) == (1, len(raw), [raw])
    assert await pool.waiting(0) == (1, len(raw), [])
    assert await pool.reason(hashlib.sha256(raw).digest()) is None


async def test_the_state_machine(small: SmallNode, link: Link) -> None:
    live, here = RelayedLive(link), Here(small.app)
    small.block()
    raw = transfer(5, 0)
    request = service_pb2.SimulateRequest(tx_bytes=raw)
    assert await live.simulate(request) == await here.simulate(request)
    with pytest.raises(Failed) as failed:
        await live.simulate(service_pb2.SimulateRequest())
    assert (failed.value.code, failed.value.message) == (3, "empty txBytes is not allowed")
    proof = abci.RequestQuery(path="/store/bank/key", data=b"x", prove=True)
    assert await live.query(proof) == await here.query(proof)
    assert (await live.check_tx(transfer(5, 9))).code == 32
    assert (await live.check_tx(raw)).code == 0


async def test_the_others(link: Link) -> None:
    peers = RelayedPeers(link)
    assert await peers.ask("net_info", limit="1") == {"method": "net_info", "limit": "1"}
    with pytest.raises(PeersError, match="no such method"):
        await peers.ask("broken")


def test_how_the_engine_stands(link: Link) -> None:
    peers = RelayedPeers(link)
    assert peers.catching_up is False and peers.signing_key == b""
    others = Others()
    others.catching_up, others.signing_key = True, b"\1" * 32  # type: ignore[misc]
    peers.heard(pack_standing(others))
    assert peers.catching_up is True and peers.signing_key == b"\1" * 32 and peers.waiting_for == ""
    others.waiting_for = "CometBFT über alles"  # type: ignore[misc]
    peers.heard(pack_standing(others))
    assert peers.signing_key == b"\1" * 32 and peers.waiting_for == others.waiting_for
    peers.heard(pack_standing(Alone()))
    assert peers.catching_up is False and peers.signing_key == b""


async def test_a_node_that_is_gone(link: Link) -> None:
    link.close()
    await asyncio.sleep(0.01)
    with pytest.raises(PeersError, match="gone"):
        await RelayedPeers(link).ask("net_info")


def test_defects_are_named_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    error = unpack_error(pack_error(RuntimeError("odd")))
    assert isinstance(error, Failed) and (error.code, error.message) == (INTERNAL, "RuntimeError: odd")
    assert "a call of the doors failed" in caplog.text


def test_raw_bytes_in_a_text_are_replaced() -> None:
    assert str(unpack_error(pack_error(PeersError("bytes \udcff")))) == "bytes ?"


def test_progress() -> None:
    for progress in (Progress(b"", b"state"), Progress(b"h" * 32, b"")):
        assert Progress.from_bytes(progress.to_bytes()) == progress
