"""The sender: order, other users of the key, a node that falls silent, crashes of our own."""

from __future__ import annotations

import asyncio
import hashlib
from fractions import Fraction
from typing import Any

import pytest
from memory_node import MemoryNode, client_of

from supercloud.pb.cosmos.bank.v1beta1.tx_pb2 import MsgSend, MsgSendResponse
from supercloud.pb.cosmos.tx.v1beta1.tx_pb2 import AuthInfo, TxRaw
from supercloud.sdk import tx as sending
from supercloud.sdk.client import Client
from supercloud.sdk.errors import PermanentError, TemporaryError, TxFailed, TxUncertain
from supercloud.sdk.tx import GasPrice, Signed, TxSender


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "DELIVERY_PAUSE_S", 0.0)
    monkeypatch.setattr(sending, "POLL_S", 0.001)


@pytest.fixture
def alice(client: Client, node: MemoryNode) -> TxSender:
    return TxSender(client, node.ledger.alice.key)


def transfer(node: MemoryNode, amount: int = 1) -> MsgSend:
    message = MsgSend(from_address=node.ledger.alice.text, to_address=node.ledger.dave.text)
    message.amount.add(denom="uakt", amount=str(amount))
    return message


def received(node: MemoryNode) -> int:
    """What dave got."""
    return node.ledger.balance(node.ledger.dave) - 10**15


def sequence_of(raw: bytes) -> int:
    return int(AuthInfo.FromString(TxRaw.FromString(raw).auth_info_bytes).signer_infos[0].sequence)


async def test_a_send(alice: TxSender, node: MemoryNode) -> None:
    result = await alice.send([transfer(node, 7)], memo="hello")
    assert received(node) == 7
    assert (result.code, result.height) == (0, node.ledger.next_height - 1)
    assert result.hash == hashlib.sha256(node.delivered[0]).hexdigest().upper()
    assert 0 < result.gas_used <= result.gas_wanted
    assert {event["type"] for event in result.raw_events} >= {"coin_received", "transfer"}
    (answer,) = result.responses()
    assert answer.type_url == "/" + MsgSendResponse.DESCRIPTOR.full_name


async def test_many_under_way_keep_their_order(alice: TxSender, node: MemoryNode) -> None:
    await asyncio.gather(*(alice.send([transfer(node)]) for _ in range(20)))
    assert received(node) == 20
    assert [sequence_of(raw) for raw in node.delivered] == list(range(20))


async def test_the_key_was_used_elsewhere(alice: TxSender, node: MemoryNode) -> None:
    """Code 32 names the sequence that the node expects; nothing is asked of the ledger, which does not know it yet."""
    await alice.send([transfer(node)])
    await TxSender(client_of(node), node.ledger.alice.key).broadcast([transfer(node, 2)], gas=200_000)
    assert len(node.pending) == 1
    await alice.send([transfer(node, 3)], gas=200_000)
    assert received(node) == 6
    assert [sequence_of(raw) for raw in node.delivered] == [0, 1, 1, 2]


async def test_two_programs_that_send_the_same_bytes_send_twice(alice: TxSender, node: MemoryNode) -> None:
    """Equal messages at an equal sequence are one transaction; the second program must not take it for its own."""
    other = TxSender(client_of(node), node.ledger.alice.key)
    hashes = [await sender.broadcast([transfer(node)], gas=200_000) for sender in (alice, other, alice)]
    for sender, hash_ in zip((alice, other, alice), hashes, strict=True):
        await sender.wait_committed(hash_)
    assert (len(set(hashes)), received(node)) == (3, 3)


async def test_the_simulation_notices_it_too(alice: TxSender, node: MemoryNode) -> None:
    await alice.send([transfer(node)])
    await TxSender(client_of(node), node.ledger.alice.key).send([transfer(node)])
    await alice.send([transfer(node)])
    assert received(node) == 3


async def test_senders_at_once_with_one_key(node: MemoryNode) -> None:
    senders = [TxSender(client_of(node), node.ledger.alice.key) for _ in range(4)]
    await asyncio.gather(*(sender.send([transfer(node)]) for sender in senders for _ in range(3)))
    assert received(node) == 12


async def test_a_key_that_is_always_used_elsewhere(alice: TxSender, node: MemoryNode) -> None:
    def always_behind(**_: Any) -> Any:
        log = "account sequence mismatch, expected 99, got 0: incorrect account sequence"
        return {"hash": "", "code": 32, "codespace": "sdk", "log": log}

    node._broadcast_tx_sync = always_behind  # type: ignore[method-assign]
    with pytest.raises(TemporaryError, match="in use elsewhere at the same time"):
        await alice.send([transfer(node)], gas=200_000)


@pytest.mark.parametrize("silence", [["before"], ["after"], ["before", "after", "before"], ["after"] * 4])
async def test_a_node_that_falls_silent_gets_the_same_bytes_again(
    alice: TxSender, node: MemoryNode, silence: list[str]
) -> None:
    node.silent = list(silence)
    await alice.send([transfer(node, 5)])
    assert received(node) == 5
    assert len(set(node.delivered)) == 1


async def test_what_arrived_unnoticed_and_is_in_a_block_is_not_sent_again(
    alice: TxSender, node: MemoryNode
) -> None:
    """The node came back with an empty mempool: it knows the transaction from the ledger alone."""
    node.silent = ["after"]
    deliver = node._broadcast_tx_sync

    def forget(tx: str) -> Any:
        if node.delivered:
            node.block()
            node.seen.clear()
        return deliver(tx)

    node._broadcast_tx_sync = forget  # type: ignore[method-assign]
    await alice.send([transfer(node, 5)], gas=200_000)
    await alice.send([transfer(node, 1)], gas=200_000)
    assert received(node) == 6


async def test_uncertainty_names_the_transaction_and_can_be_resolved(
    alice: TxSender, node: MemoryNode
) -> None:
    node.silent = ["after"] + ["before"] * 10
    with pytest.raises(TxUncertain, match=r"nobody knows whether transaction [0-9A-F]{64} arrived") as unsure:
        await alice.send([transfer(node, 5)])
    node.silent = []
    result = await alice.resume(unsure.value.signed)
    assert (result.hash, received(node)) == (unsure.value.signed.hash, 5)
    assert (await alice.resume(unsure.value.signed)).height == result.height, "harmless a second time"
    await alice.send([transfer(node, 1)])
    assert received(node) == 6


@pytest.mark.parametrize("how", ["before", "after"])
async def test_after_a_crash_it_is_known_what_was_sent(node: MemoryNode, how: str) -> None:
    """Kept before it leaves: a new process resumes it, and the coins move once."""
    kept: list[Signed] = []
    sender = TxSender(client_of(node), node.ledger.alice.key, keep=kept.append)
    node.silent = [how] + ["before"] * 9
    with pytest.raises(TxUncertain):
        await sender.send([transfer(node, 5)])
    (signed,) = kept
    assert signed == Signed.of(signed.raw)
    node.silent = []
    again = TxSender(client_of(node), node.ledger.alice.key)
    assert (await again.resume(signed)).code == 0
    assert received(node) == 5


async def test_nothing_leaves_that_could_not_be_kept(node: MemoryNode) -> None:
    def full(_: Signed) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        await TxSender(client_of(node), node.ledger.alice.key, keep=full).send([transfer(node)])
    assert node.delivered == []


async def test_a_resumed_transaction_may_have_become_impossible(alice: TxSender, node: MemoryNode) -> None:
    node.silent = ["before"] * 10
    with pytest.raises(TxUncertain) as unsure:
        await alice.send([transfer(node)])
    node.silent = []
    await alice.send([transfer(node, 3)])
    with pytest.raises(TxFailed, match="code 32"):
        await alice.resume(unsure.value.signed)
    assert received(node) == 3


async def test_a_refusal_has_the_networks_words(alice: TxSender, node: MemoryNode) -> None:
    with pytest.raises(TxFailed, match=r"failed at height \d+: sdk code 5: .*insufficient") as failed:
        await alice.send([transfer(node, 10**18)], gas=200_000)
    assert failed.value.result.code == 5
    with pytest.raises(TxFailed, match="before it reached a block"):
        await alice.send([transfer(node)], gas=1)
    await alice.send([transfer(node)])
    assert received(node) == 1, "a refusal does not disturb the sequence"


async def test_an_account_without_coins(node: MemoryNode) -> None:
    sender = TxSender(client_of(node), node.ledger.actor("nobody").key)
    with pytest.raises(PermanentError, match=r"account akash1\w+ does not exist on supercloud-test"):
        await sender.send([transfer(node)])


async def test_a_node_that_restarts_while_we_wait(alice: TxSender, node: MemoryNode) -> None:
    node.deaf = 3
    assert (await alice.send([transfer(node)])).code == 0


async def test_what_a_killed_node_lost_is_handed_over_again(
    alice: TxSender, node: MemoryNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "REDELIVER_S", 0.0)
    tx_hash = await alice.broadcast([transfer(node, 4)])
    node.pending.clear()
    node.seen.clear()
    node.ledger.restart()
    assert (await alice.wait_committed(tx_hash)).code == 0
    assert (received(node), len(node.delivered), len(set(node.delivered))) == (4, 2, 1)
    assert not alice._on_the_way


async def test_what_was_lost_and_can_not_come_any_more_is_not_waited_for(
    alice: TxSender, node: MemoryNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "REDELIVER_S", 0.0)
    tx_hash = await alice.broadcast([transfer(node, 4)])
    node.pending.clear()
    node.seen.clear()
    node.ledger.restart()
    await TxSender(client_of(node), node.ledger.alice.key).send([transfer(node)])
    with pytest.raises(TemporaryError, match=f"{tx_hash} was lost and another one took its place"):
        await alice.wait_committed(tx_hash)
    assert received(node) == 1


async def test_what_has_taken_its_place_in_the_mempool_alone_proves_nothing(
    alice: TxSender, node: MemoryNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever hears that a transaction is lost sends it again: that has to be true, or it happens twice."""
    monkeypatch.setattr(sending, "REDELIVER_S", 0.0)
    tx_hash = await alice.broadcast([transfer(node, 4)])
    node.pending.clear()
    node.seen.clear()
    node.ledger.restart()
    node.stands_still = True
    await TxSender(client_of(node), node.ledger.alice.key).broadcast([transfer(node)])
    with pytest.raises(TemporaryError, match=f"{tx_hash} was accepted but is in no block"):
        await alice.wait_committed(tx_hash, 0.1)


async def test_few_of_those_that_nobody_waits_for_are_remembered(
    alice: TxSender, node: MemoryNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "ON_THE_WAY_MAX", 2)
    hashes = [await alice.broadcast([transfer(node)], gas=200_000) for _ in range(3)]
    assert list(alice._on_the_way) == hashes[1:]


async def test_patience_ends(alice: TxSender, node: MemoryNode) -> None:
    node.stands_still = True
    tx_hash = await alice.broadcast([transfer(node)])
    with pytest.raises(TemporaryError, match=f"{tx_hash} was accepted but is in no block after 0.05 s"):
        await alice.wait_committed(tx_hash, 0.05)


async def test_a_full_mempool(alice: TxSender, node: MemoryNode) -> None:
    node._broadcast_tx_sync = lambda **_: {"hash": "", "code": 20, "log": "full"}  # type: ignore[method-assign]
    with pytest.raises(TemporaryError, match="mempool is full"):
        await alice.send([transfer(node)], gas=200_000)


async def test_gas_is_what_is_used_and_a_margin(alice: TxSender, node: MemoryNode) -> None:
    used = await alice.simulate([transfer(node)])
    result = await alice.send([transfer(node)])
    assert used < result.gas_wanted < used * 2
    fee = AuthInfo.FromString(TxRaw.FromString(node.delivered[-1]).auth_info_bytes).fee
    assert fee.amount[0] == alice.gas_price.fee(fee.gas_limit)


@pytest.mark.parametrize(
    ("text", "amount", "denom"),
    [
        ("0.025uakt", Fraction(1, 40), "uakt"),
        ("1ibc/AB", Fraction(1), "ibc/AB"),
        ("0uakt", Fraction(0), "uakt"),
    ],
)
def test_gas_prices(text: str, amount: Fraction, denom: str) -> None:
    assert GasPrice.parse(text) == (amount, denom)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "uakt",
        "0.025",
        "1.2.3uakt",
        "-1uakt",
        ".5uakt",
        "1 uakt",
        "1u",
        "9" * 99 + "uakt",
        "٣uakt",
    ],
)
def test_texts_that_are_no_gas_price(text: str) -> None:
    with pytest.raises(PermanentError, match=r"expected a number and a denom"):
        GasPrice.parse(text)


def test_fees_are_rounded_up() -> None:
    price = GasPrice.parse("0.0025uakt")
    assert [price.fee(gas).amount for gas in (0, 1, 400, 401)] == ["0", "1", "1", "2"]
