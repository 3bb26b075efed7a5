"""Waiting for transactions."""

from hashlib import sha256

import pytest

from supercloud.node.engine import waiting
from supercloud.node.engine.block import ZERO_BLOCK_ID
from supercloud.node.engine.ports import Committed
from supercloud.node.engine.waiting import Included, TooManyWait, Waiting
from supercloud.pb.tendermint.abci import types_pb2 as abci
from supercloud.pb.tendermint.types import block_pb2


def committed(height: int, *txs: bytes) -> Committed:
    block = block_pb2.Block()
    block.header.height = height
    block.data.txs.extend(txs)
    results = [abci.ExecTxResult(data=tx) for tx in txs]
    return Committed(block, ZERO_BLOCK_ID, abci.ResponseFinalizeBlock(tx_results=results))


async def test_all_who_wait_are_told() -> None:
    waits = Waiting()
    key = sha256(b"a=1").digest()
    with waits.expect(key) as first, waits.expect(key) as second:
        waits.block_committed(committed(4, b"b=1"))
        assert not first.done()
        waits.block_committed(committed(5, b"b=2", b"a=1"))
        expected = Included(5, abci.ExecTxResult(data=b"a=1"))
        assert await first == await second == expected
    assert waits._futures == {}


async def test_only_so_many_may_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "WAITING_MAX", 1)
    waits = Waiting()
    with waits.expect(b"x"), pytest.raises(TooManyWait), waits.expect(b"y"):
        pass
    with waits.expect(b"z"):
        pass
