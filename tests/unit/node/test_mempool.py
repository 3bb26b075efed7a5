"""Admission, order, bounds and departures."""

import pytest
from kv_app import KvApp

from supercloud.node.mempool import Limits, Mempool, Refused, tx_hash
from supercloud.pb.tendermint.abci import types_pb2 as abci


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def app() -> KvApp:
    return KvApp()


def pool(app: KvApp, clock: Clock, **limits: int) -> Mempool:
    return Mempool(app, Limits(**limits), clock)


async def test_order_is_that_of_arrival(app: KvApp, clock: Clock) -> None:
    mempool = pool(app, clock)
    for raw in (b"c=1", b"a=1", b"b=1"):
        assert mempool.admit(raw).code == 0
    assert mempool.reap(10**6) == [b"c=1", b"a=1", b"b=1"]
    assert (await mempool.waiting(2)).first == [b"c=1", b"a=1"]
    assert mempool.bytes == 9


def test_a_refused_transaction_does_not_wait_and_may_come_again(app: KvApp, clock: Clock) -> None:
    mempool = pool(app, clock)
    app.refuse.add(b"a=1")
    assert mempool.admit(b"a=1").code == 2
    assert len(mempool) == 0
    app.refuse.clear()
    assert mempool.admit(b"a=1").code == 0


@pytest.mark.parametrize(
    "limits, code, words",
    [
        ({"tx_bytes": 4}, 21, "Tx too large. Max size is 4, but got 5"),
        ({"count": 1}, 20, "mempool is full: number of txs 1 (max: 1)"),
        ({"bytes": 7}, 20, "mempool is full: number of txs 1 (max: 5000), total txs bytes 3 (max: 7)"),
    ],
)
def test_bounds(app: KvApp, clock: Clock, limits: dict[str, int], code: int, words: str) -> None:
    mempool = pool(app, clock, **limits)
    mempool.admit(b"a=1")
    with pytest.raises(Refused) as refusal:
        mempool.admit(b"bb=22")
    assert (refusal.value.error.codespace, refusal.value.error.code) == ("sdk", code)
    assert str(refusal.value).startswith(words)
    assert mempool.reap(10**6) == [b"a=1"]


def test_the_same_bytes_twice(app: KvApp, clock: Clock) -> None:
    mempool = pool(app, clock)
    mempool.admit(b"a=1")
    with pytest.raises(Refused, match="tx already exists in cache") as refusal:
        mempool.admit(b"a=1")
    assert refusal.value.error.code == 19
    mempool.update(1, [b"a=1"], [abci.ExecTxResult()])
    with pytest.raises(Refused, match="cache"):
        mempool.admit(b"a=1")


def test_a_transaction_that_failed_in_a_block_may_come_again(app: KvApp, clock: Clock) -> None:
    mempool = pool(app, clock)
    mempool.admit(b"a=1")
    mempool.update(1, [b"a=1"], [abci.ExecTxResult(code=5)])
    assert mempool.admit(b"a=1").code == 0


def test_the_memory_of_seen_transactions_is_bounded(app: KvApp, clock: Clock) -> None:
    mempool = pool(app, clock, seen=2)
    for number in range(3):
        mempool.admit(b"k=%d" % number)
    assert mempool.admit(b"k=0").code == 0


def test_reap_counts_framing(app: KvApp, clock: Clock) -> None:
    mempool = pool(app, clock)
    for number in range(3):
        mempool.admit(b"k=%d" % number)
    assert len(mempool.reap(14)) == 2
    assert len(mempool.reap(15)) == 3


async def test_recheck_leaves_a_reason_for_ten_minutes(app: KvApp, clock: Clock) -> None:
    mempool = pool(app, clock)
    mempool.admit(b"a=1")
    mempool.admit(b"b=1")
    app.refuse.add(b"a=1")
    mempool.update(1, [], [])
    assert mempool.reap(10**6) == [b"b=1"]
    assert await mempool.reason(tx_hash(b"a=1")) == "no longer valid: no key (kv 2)"
    assert await mempool.reason(tx_hash(b"b=1")) is None
    clock.now += 599
    assert await mempool.reason(tx_hash(b"a=1")) is not None
    clock.now += 2
    assert await mempool.reason(tx_hash(b"a=1")) is None


@pytest.mark.parametrize(
    "limits, seconds, blocks, words",
    [({"ttl_s": 60}, 61, 1, "60 seconds"), ({"ttl_blocks": 5, "ttl_s": 0}, 10_000, 6, "5 blocks")],
)
async def test_age_ends_the_wait(
    app: KvApp, clock: Clock, limits: dict[str, int], seconds: int, blocks: int, words: str
) -> None:
    mempool = pool(app, clock, **limits)
    mempool.admit(b"a=1")
    clock.now += seconds
    mempool.update(blocks, [], [])
    assert len(mempool) == 0 and mempool.bytes == 0
    assert words in (await mempool.reason(tx_hash(b"a=1")) or "")
    assert mempool.admit(b"a=1").code == 0
    assert await mempool.reason(tx_hash(b"a=1")) is None
