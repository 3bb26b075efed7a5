"""Messages that travel together: one bad one costs no other, and nobody is left waiting."""

from __future__ import annotations

import asyncio

import pytest
from memory_node import MemoryNode

from supercloud.pb.cosmos.bank.v1beta1.tx_pb2 import MsgSend
from supercloud.pb.cosmos.tx.v1beta1.tx_pb2 import TxBody, TxRaw
from supercloud.sdk import batch as batching
from supercloud.sdk import tx as sending
from supercloud.sdk.batch import BatchSender
from supercloud.sdk.client import Client
from supercloud.sdk.errors import SdkError, TemporaryError, TxFailed
from supercloud.sdk.tx import TxSender


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "POLL_S", 0.001)
    monkeypatch.setattr(sending, "DELIVERY_PAUSE_S", 0.0)
    monkeypatch.setattr(batching, "GATHER_S", 0.005)


@pytest.fixture
def sender(client: Client, node: MemoryNode) -> TxSender:
    return TxSender(client, node.ledger.alice.key)


def transfer(node: MemoryNode, amount: int = 1) -> MsgSend:
    message = MsgSend(from_address=node.ledger.alice.text, to_address=node.ledger.dave.text)
    message.amount.add(denom="uakt", amount=str(amount))
    return message


def sizes(node: MemoryNode) -> list[int]:
    """Messages in each transaction that arrived."""
    bodies = [TxBody.FromString(TxRaw.FromString(raw).body_bytes) for raw in node.delivered]
    return [len(body.messages) for body in bodies]


async def test_what_comes_together_travels_together(sender: TxSender, node: MemoryNode) -> None:
    async with BatchSender(sender) as batch:
        results = await asyncio.gather(*(batch.submit(transfer(node)) for _ in range(5)))
        assert batch.statistics() == {"queued": 0}
    assert sizes(node) == [5]
    assert {result.hash for result in results} == set(node.found)


async def test_a_transaction_has_a_largest_size(sender: TxSender, node: MemoryNode) -> None:
    async with BatchSender(sender, messages_max=2) as batch:
        await asyncio.gather(*(batch.submit(transfer(node)) for _ in range(5)))
    assert sorted(sizes(node)) == [1, 2, 2]


async def test_the_one_that_fails_is_told_and_the_others_go_on(sender: TxSender, node: MemoryNode) -> None:
    async with BatchSender(sender) as batch:
        amounts = [1, 10**18, 2]
        told = await asyncio.gather(
            *(batch.submit(transfer(node, amount)) for amount in amounts), return_exceptions=True
        )
    assert isinstance(told[1], SdkError) and "insufficient" in str(told[1])
    assert not isinstance(told[0], BaseException) and not isinstance(told[2], BaseException)
    assert node.ledger.balance(node.ledger.dave) == 10**15 + 3


async def test_one_that_fails_in_its_block(
    sender: TxSender, node: MemoryNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The simulation saw no harm, the block does."""

    async def blind(body: bytes) -> int:
        return 500_000

    monkeypatch.setattr(sender, "_simulate", blind)
    async with BatchSender(sender) as batch:
        told = await asyncio.gather(
            *(batch.submit(transfer(node, amount)) for amount in (10**18, 4)), return_exceptions=True
        )
    assert isinstance(told[0], TxFailed) and not isinstance(told[1], BaseException)
    assert node.ledger.balance(node.ledger.dave) == 10**15 + 4


async def test_a_node_that_does_not_answer_is_everybodys_trouble(sender: TxSender, node: MemoryNode) -> None:
    node.silent = ["before"] * 99
    async with BatchSender(sender) as batch:
        told = await asyncio.gather(*(batch.submit(transfer(node)) for _ in range(3)), return_exceptions=True)
    assert all(isinstance(error, TemporaryError) for error in told)


async def test_programmers_errors_reach_whoever_sent(sender: TxSender, node: MemoryNode) -> None:
    async with BatchSender(sender) as batch:
        with pytest.raises(SdkError, match="AttributeError"):
            await batch.submit(None)  # type: ignore[arg-type]
        await batch.submit(transfer(node))
    assert sizes(node) == [1]


@pytest.mark.parametrize("gather_s", [0.0, 5.0])
async def test_closing_leaves_nobody_waiting(
    sender: TxSender, node: MemoryNode, monkeypatch: pytest.MonkeyPatch, gather_s: float
) -> None:
    """Neither those on the queue nor those just taken off it."""
    monkeypatch.setattr(batching, "GATHER_S", gather_s)
    node.stands_still = True
    async with asyncio.timeout(30):
        batch = BatchSender(sender)
        await batch.__aenter__()
        waiting = [asyncio.ensure_future(batch.submit(transfer(node))) for _ in range(3)]
        await asyncio.sleep(0.02)
        node.stands_still = False
        await batch.__aexit__(None, None, None)
        told = await asyncio.gather(*waiting, return_exceptions=True)
        with pytest.raises(TemporaryError, match="the sender is closed"):
            await batch.submit(transfer(node))
    if gather_s:
        assert all(isinstance(error, TemporaryError) for error in told) and sizes(node) == []
    else:
        assert not any(isinstance(error, BaseException) for error in told) and sum(sizes(node)) == 3


async def test_whoever_stops_waiting_disturbs_nobody(sender: TxSender, node: MemoryNode) -> None:
    async with BatchSender(sender) as batch:
        impatient = asyncio.ensure_future(batch.submit(transfer(node)))
        patient = asyncio.ensure_future(batch.submit(transfer(node)))
        await asyncio.sleep(0)
        impatient.cancel()
        assert (await patient).code == 0
