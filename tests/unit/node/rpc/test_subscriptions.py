"""Who hears of what, and in which form."""

from typing import Any

import orjson
import pytest
from small_node import ALICE_TEXT, SmallNode, transfer

from supercloud.node.indexer.query import parse
from supercloud.node.rpc import subscriptions
from supercloud.node.rpc.frames import Batch
from supercloud.node.rpc.subscriptions import Hub, Subscription, flat
from supercloud.pb.tendermint.abci import types_pb2 as abci


def listen(hub: Hub, query: str) -> list[dict[str, Any]]:
    heard: list[dict[str, Any]] = []
    hub.add(
        Subscription(
            parse(query),
            b'{"result":',
            lambda batch: heard.extend(orjson.loads(message)["result"] for message in batch.messages),
        )
    )
    return heard


def test_each_query_hears_its_own(small: SmallNode) -> None:
    hub = Hub()
    small.engine.listeners.append(hub)
    queries = {
        "tm.event='NewBlock'": 3,
        "tm.event='NewBlockHeader'": 3,
        "tm.event='NewBlockEvents' AND block.height > 2": 1,
        "tm.event='Tx'": 2,
        f"tm.event='Tx' AND transfer.sender='{ALICE_TEXT}'": 2,
        "tm.event='Tx' AND tx.height=3": 1,
        "tm.event='Vote'": 0,
    }
    heard = {query: listen(hub, query) for query in queries}
    small.block()
    small.block(transfer(5, 0))
    small.block(transfer(9, 1))
    assert {query: len(results) for query, results in heard.items()} == queries
    block = heard["tm.event='NewBlock'"][2]
    assert block["data"]["type"] == "tendermint/event/NewBlock"
    assert block["data"]["value"]["block"]["header"]["height"] == "3"
    assert block["data"]["value"]["result_finalize_block"]["tx_results"][0]["code"] == 0
    header = heard["tm.event='NewBlockHeader'"][0]
    assert (
        header["data"]["value"]["header"]["height"] == "1" and header["query"] == "tm.event='NewBlockHeader'"
    )
    tx = heard["tm.event='Tx'"][1]
    assert tx["data"]["value"]["TxResult"]["height"] == "3"
    assert tx["events"]["tx.height"] == ["3"] and ALICE_TEXT in tx["events"]["transfer.sender"]


def test_who_left_hears_nothing(small: SmallNode) -> None:
    hub = Hub()
    small.engine.listeners.append(hub)
    heard: list[Batch] = []
    subscription = Subscription(parse("tm.event='NewBlock'"), b'{"result":', heard.append)
    hub.add(subscription)
    small.block()
    hub.remove(subscription)
    hub.remove(subscription)
    small.block()
    assert len(heard) == 1 and len(hub) == 0


def test_an_event_is_serialised_once(small: SmallNode, monkeypatch: pytest.MonkeyPatch) -> None:
    hub = Hub()
    small.engine.listeners.append(hub)
    for _ in range(50):
        listen(hub, "tm.event='NewBlock'")
    told = []
    real = subscriptions._tail
    monkeypatch.setattr(
        subscriptions, "_tail", lambda occurrence: told.append(occurrence) or real(occurrence)
    )
    small.block()
    # Each is one object; a node of another test may live in this process.
    assert told and len({id(occurrence) for occurrence in told}) == len(told) < 50


def test_who_asked_alike_gets_the_same_batch(small: SmallNode) -> None:
    hub = Hub()
    small.engine.listeners.append(hub)
    heard: dict[str, list[Batch]] = {"a": [], "b": [], "other head": [], "other query": []}
    for name, head, query in (
        ("a", b"1", "tm.event='Tx'"),
        ("b", b"1", "tm.event='Tx'"),
        ("other head", b"2", "tm.event='Tx'"),
        ("other query", b"1", "tm.event='Tx' AND tx.height=1"),
    ):
        hub.add(Subscription(parse(query), head, heard[name].append))
    small.block(transfer(5, 0), transfer(6, 1))
    small.block()
    (batch,) = heard["a"]
    assert heard["b"] == [batch] and len(batch.messages) == 2 and batch.frames is batch.frames
    assert heard["other head"][0].messages[0] == b"2" + batch.messages[0][1:]
    assert [entry.messages for entry in heard["other query"]] == [
        [message.replace(b"tm.event='Tx'", b"tm.event='Tx' AND tx.height=1", 1) for message in batch.messages]
    ]


def test_validator_changes_are_told() -> None:
    update, gone = abci.ValidatorUpdate(power=7), abci.ValidatorUpdate(power=0)
    update.pub_key.ed25519, gone.pub_key.ed25519 = b"\1" * 32, b"\2" * 32
    committed = subscriptions.Committed(
        subscriptions.forms.block_pb2.Block(),
        subscriptions.forms.BlockID(b"", 0, b""),
        abci.ResponseFinalizeBlock(validator_updates=[update, gone]),
    )
    hub = Hub()
    heard = listen(hub, "tm.event='ValidatorSetUpdates'")
    hub.block_committed(committed)
    assert [entry["voting_power"] for entry in heard[0]["data"]["value"]["validator_updates"]] == ["7"]


def test_events_flatten_in_order() -> None:
    def event(kind: str, *pairs: tuple[str, str]) -> abci.Event:
        return abci.Event(type=kind, attributes=[abci.EventAttribute(key=k, value=v) for k, v in pairs])

    events = [event("a", ("x", "1"), ("", "no")), event("", ("x", "no")), event("a", ("x", "2"), ("y", "3"))]
    assert flat(events) == {"a.x": ["1", "2"], "a.y": ["3"]}
