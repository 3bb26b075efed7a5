"""Small values: coins of messages, timestamps, block bounds, events (coins, timestamps, proposals)."""

from __future__ import annotations

import datetime

import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from supercloud.chain.baseapp import proposals
from supercloud.chain.baseapp.attributes import compact_json
from supercloud.chain.baseapp.coins import (
    checked_coins,
    coins_or_none,
    coins_to_pb,
    pb_coins_text,
    subtract_coins,
)
from supercloud.chain.baseapp.context import Event
from supercloud.chain.baseapp.events import BlockResponse, abci_events, encode_result
from supercloud.chain.baseapp.execution import Failure, Outcome
from supercloud.chain.baseapp.genesis import GenesisError, read_state, write_state
from supercloud.chain.baseapp.timestamps import (
    checked_duration_ns,
    checked_ns,
    rfc3339,
    time_key,
    to_ns,
    to_timestamp,
)
from supercloud.pb.cosmos.auth.v1beta1.genesis_pb2 import GenesisState
from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import Coin as CoinPb
from supercloud.pb.tendermint.abci import types_pb2 as abci
from supercloud.pb.tendermint.types import params_pb2
from supercloud.types.coin import Coin
from supercloud.types.errors import InvalidCoins, InvalidRequest


def pb(*coins: tuple[str, str]) -> list[CoinPb]:
    return [CoinPb(denom=denom, amount=amount) for denom, amount in coins]


@pytest.mark.parametrize(
    ("coins", "valid"),
    [
        (pb(("uakt", "1")), True),
        (pb(("uact", "1"), ("uakt", "2")), True),
        (pb(("uakt", "1"), ("uact", "2")), False),
        (pb(("uakt", "1"), ("uakt", "2")), False),
        (pb(("uakt", "0")), False),
        (pb(("uakt", "-1")), False),
        (pb(("uakt", "")), False),
        (pb(("uakt", "1.5")), False),
        (pb(("uakt", "1_000")), False),
        (pb(("uakt", " 1")), False),
        (pb(("uakt", "٣")), False),
        (pb(("u", "1")), False),
        (pb(("", "1")), False),
        (pb(("uakt", str(2**256 - 1))), True),
        (pb(("uakt", str(2**256))), False),
        (pb(("uakt", "9" * 500)), False),
    ],
)
def test_coins_of_messages(coins: list[CoinPb], valid: bool) -> None:
    assert (coins_or_none(coins) is not None) == valid
    if valid:
        assert coins_to_pb(checked_coins(coins)) == coins
    else:
        with pytest.raises(InvalidCoins) as caught:
            checked_coins(coins)
        assert str(caught.value) == f"{pb_coins_text(coins)}: invalid coins"


def test_no_coins_are_a_set_but_no_payment() -> None:
    assert coins_or_none([]) == []
    with pytest.raises(InvalidCoins):
        checked_coins([])


@pytest.mark.parametrize(
    ("minuend", "subtrahend", "left"),
    [
        ([("a", 5)], [("a", 5)], []),
        ([("a", 5)], [("a", 6)], None),
        ([("a", 5)], [("b", 1)], None),
        ([("a", 5), ("b", 1)], [("b", 1)], [("a", 5)]),
        ([("b", 5)], [], [("b", 5)]),
    ],
)
def test_subtraction(minuend: list, subtrahend: list, left: list | None) -> None:
    found = subtract_coins([Coin(*each) for each in minuend], [Coin(*each) for each in subtrahend])
    assert found == (None if left is None else [Coin(*each) for each in left])


@pytest.mark.parametrize("ns", [0, 1, 10**9, 1_760_000_000_123_456_789, -1])
def test_times_there_and_back(ns: int) -> None:
    assert to_ns(to_timestamp(ns)) == checked_ns(to_timestamp(ns)) == ns


@pytest.mark.parametrize(
    "stamp",
    [Timestamp(seconds=2**62), Timestamp(seconds=-(2**62)), Timestamp(nanos=-1), Timestamp(nanos=10**9)],
)
def test_times_beyond_the_calendar_are_refused(stamp: Timestamp) -> None:
    with pytest.raises(InvalidRequest):
        checked_ns(stamp)


def test_durations_are_bounded() -> None:
    assert checked_duration_ns(Duration(seconds=3, nanos=5)) == 3_000_000_005
    with pytest.raises(InvalidRequest):
        checked_duration_ns(Duration(seconds=2**62))


def test_time_keys_sort_as_times() -> None:
    times = [0, 1, 10**9, 10**18, 2**63, 253_402_300_799 * 10**9]
    assert sorted(map(time_key, times)) == list(map(time_key, times))


@pytest.mark.parametrize(
    "day", ["1970-01-01", "2000-02-29", "2026-11-24", "2100-03-01", "1999-12-31", "2400-02-29"]
)
def test_dates_agree_with_the_calendar(day: str) -> None:
    moment = datetime.datetime.fromisoformat(day + "T23:59:58+00:00")
    assert rfc3339(int(moment.timestamp()) * 10**9) == day + "T23:59:58Z"


@pytest.mark.parametrize(("size", "whole"), [(0, 2), (1, 3), (127, 129), (128, 131), (16_384, 16_388)])
def test_bytes_in_a_block_count_tag_and_length(size: int, whole: int) -> None:
    assert proposals.tx_bytes_in_block(b"x" * size) == whole


@pytest.mark.parametrize(
    ("given", "limit"), [(-1, 104_857_600), (0, 104_857_600), (1000, 1000), (2**40, 104_857_600)]
)
def test_block_bytes(given: int, limit: int) -> None:
    params = params_pb2.ConsensusParams(block=params_pb2.BlockParams(max_bytes=given))
    assert proposals.block_bytes_max(params) == limit


def test_events_of_a_blocks_end_say_so() -> None:
    answer = BlockResponse()
    answer.add_events([Event("a", (("k", "v"),))])
    answer.add_events([Event("a", ())], "EndBlock")
    plain, marked = answer.message().events
    assert [(a.key, a.value, a.index) for a in plain.attributes] == [("k", "v", True)]
    assert [(a.key, a.value) for a in marked.attributes] == [("mode", "EndBlock")]


LONG = "x" * 20_000


@pytest.mark.parametrize(
    "failure", [None, Failure("sdk", 5, "why"), Failure("", 111222, LONG), Failure("a", 1, "")]
)
@pytest.mark.parametrize(
    "events", [[], [("", [])], [("kind", [("", ""), ("k", "ü"), (LONG, LONG)]), (LONG, [])]]
)
@pytest.mark.parametrize(("data", "gas"), [(b"", 0), (b"d", 127), (b"d" * 300, 2**63 - 1)])
def test_results_are_written_as_protobuf_writes_them(
    failure: Failure | None, events: list, data: bytes, gas: int
) -> None:
    outcome = Outcome()
    outcome.failure, outcome.events, outcome.data = failure, [Event(*each) for each in events], data
    outcome.gas_wanted = outcome.gas_used = gas
    expected = abci.ExecTxResult(data=data, gas_wanted=gas, gas_used=gas)
    if failure is not None:
        expected.codespace, expected.code, expected.log = failure
    for kind, attributes in events:
        pairs = [abci.EventAttribute(key=key, value=value, index=True) for key, value in attributes]
        expected.events.append(abci.Event(type=kind, attributes=pairs))
    assert abci.ExecTxResult.FromString(encode_result(outcome)) == expected
    assert abci_events(outcome.events) == list(expected.events)


def test_json_is_gos() -> None:
    assert compact_json({"b": "<ü>\u2028", "a": [1, None]}) == '{"b":"\\u003cü\\u003e\\u2028","a":[1,null]}'


def test_module_documents_are_strict() -> None:
    document = {"params": {"tx_sig_limit": "7"}, "accounts": []}
    assert write_state(read_state(document, GenesisState))["params"]["tx_sig_limit"] == "7"
    for wrong in ({"parms": {}}, {"params": {"tx_sig_limit": "x"}}, [], {"accounts": [{"@type": "/none"}]}):
        with pytest.raises(GenesisError):
            read_state(wrong, GenesisState)  # type: ignore[arg-type]
