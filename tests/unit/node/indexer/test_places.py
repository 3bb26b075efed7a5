"""Rows of an index out of a block's events."""

from supercloud.node.indexer.places import collect
from supercloud.node.indexer.port import EVENTS_MAX, VALUE_LENGTH_MAX
from supercloud.pb.tendermint.abci import types_pb2 as abci


def event(kind: str, key: str, value: str, index: bool = True) -> abci.Event:
    return abci.Event(type=kind, attributes=[abci.EventAttribute(key=key, value=value, index=index)])


def test_places_of_the_block_and_of_transactions() -> None:
    response = abci.ResponseFinalizeBlock(
        events=[event("mint", "a", "1"), event("mint", "a", "2"), event("mint", "a", "1")],
        tx_results=[
            abci.ExecTxResult(events=[event("mint", "a", "1")]),
            abci.ExecTxResult(events=[event("x", "hidden", "1", index=False), event("x", "a", "1")]),
        ],
    )
    assert collect(response) == {
        ("mint.a", "1"): [0, 2, EVENTS_MAX],
        ("mint.a", "2"): [1],
        ("x.a", "1"): [2 * EVENTS_MAX + 1],
    }


def test_long_values_and_nameless_ones() -> None:
    response = abci.ResponseFinalizeBlock(
        events=[event("n", "k", "x" * 5000), event("", "k", "v"), event("n", "", "v")]
    )
    assert collect(response) == {("n.k", "x" * VALUE_LENGTH_MAX): [0]}
