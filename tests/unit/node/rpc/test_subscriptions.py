"""Who hears of what, and in which form."""

from typing import Any

import orjson
import pytest
from small_node import ALICE_TEXT, SmallNode, transfer

from supercloud.node.indexer.query import parse
from supercloud.node.rpc import subscriptions
from supercloud.node.rpc.frames import Batch
from supercloud.node.rpc.subscriptions import Hub, Subscription, TooMany, flat
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
    messages = list(batch.messages)
    assert heard["b"] == [batch] and len(messages) == batch.count == 2 and batch.frames is batch.frames
    assert batch.size == sum(map(len, messages))
    assert next(heard["other head"][0].messages) == b"2" + messages[0][1:]
    assert [list(entry.messages) for entry in heard["other query"]] == [
        [message.replace(b"tm.event='Tx'", b"tm.event='Tx' AND tx.height=1", 1) for message in messages]
    ]


def test_who_asks_for_the_same_in_many_ways_costs_little_memory(small: SmallNode) -> None:
    hub = Hub()
    small.engine.listeners.append(hub)
    heard: list[Batch] = []
    for number in range(50):
        query = f"tm.event='Tx' AND tx.height > 0{' ' * number}"
        hub.add(Subscription(parse(query), b"%d" % number, heard.append))
    small.block(transfer(5, 0))
    assert len(heard) == 50 and len({next(batch.messages) for batch in heard}) == 50
    assert len({id(tail) for batch in heard for tail in batch.tails}) == 1, "what they share is there once"
    assert heard[0].frames is not heard[0].frames, "what one alone is sent is not kept"


def test_a_client_has_so_many_on_all_its_connections(small: SmallNode) -> None:
    hub = Hub(2)
    mine = [Subscription(parse(f"tx.height={n}"), b"", lambda batch: None, "me") for n in range(3)]
    hub.add(mine[0])
    hub.add(mine[1])
    with pytest.raises(TooMany, match="max_subscriptions_per_client 2 reached"):
        hub.add(mine[2])
    hub.add(Subscription(parse("tx.height=1"), b"", lambda batch: None, "you"))
    hub.remove(mine[2])
    hub.remove(mine[0])
    hub.remove(mine[0])
    hub.add(mine[2])
    assert len(hub) == 3
    for each in mine:
        hub.remove(each)
    assert hub._of == {"you": 1}, "a client that is gone leaves nothing behind"


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
