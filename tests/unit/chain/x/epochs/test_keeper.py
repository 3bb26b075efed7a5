"""epochs: when they begin and end, whom they tell; queries, genesis; types, keys, abci.

What msg_server.py, query_server.py, genesis.py and abci.py do is driven through the routes and the blocks of a chain.
"""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf.duration_pb2 import Duration

from supercloud.chain.baseapp.router import Router
from supercloud.chain.baseapp.timestamps import SECOND, to_ns, to_timestamp
from supercloud.chain.x.epochs import genesis, keys, msg_server, types
from supercloud.codec.json import to_dict
from supercloud.pb.akash.epochs.v1beta1 import query_pb2
from supercloud.pb.akash.epochs.v1beta1.genesis_pb2 import EpochInfo
from supercloud.testing.staked import GENESIS_TIME, StakedChain, attributes
from supercloud.types.errors import ChainError, InvalidRequest, ProgrammerError, Undefined

START = "akash.epochs.v1beta1.EventEpochStart"
END = "akash.epochs.v1beta1.EventEpochEnd"


class Listener:
    """Writes down what it hears, and fails when told to."""

    def __init__(self, error: Exception | None = None) -> None:
        self.heard: list[tuple[str, int]] = []
        self.error = error

    def epoch_ended(self, ctx: Any, identifier: str, number: int) -> None:
        self.heard.append((identifier, number))
        ctx.kv(keys.STORE).set(b"\xff", b"written")
        if self.error is not None:
            raise self.error


def chain_with(*epochs: EpochInfo, block_s: int = 5) -> StakedChain:
    return StakedChain(genesis={"epochs": {"epochs": [to_dict(info) for info in epochs]}}, block_s=block_s)


def epoch(name: str, seconds: int, **more: Any) -> EpochInfo:
    return EpochInfo(id=name, duration=Duration(seconds=seconds), **more)


def numbers(chain: StakedChain) -> dict[str, int]:
    return {info.id: info.current_epoch for info in chain.k.epochs.epochs(chain.ctx())}


def test_a_new_network_counts_minutes_hours_days_and_weeks_from_its_start() -> None:
    chain = StakedChain()
    assert numbers(chain) == {"day": 1, "hour": 1, "minute": 1, "week": 1}
    for info in chain.k.epochs.epochs(chain.ctx()):
        assert to_ns(info.start_time) == to_ns(info.current_epoch_start_time) == GENESIS_TIME
        assert info.current_epoch_start_height == 1


def test_an_epoch_ends_after_its_length_not_at_it() -> None:
    chain = chain_with(epoch("short", 10))
    assert numbers(chain) == {"short": 1}
    assert attributes(chain.block(2), END) == []  # now exactly ten seconds after the start
    events = chain.block()
    assert attributes(events, END) == [{"epoch_number": '"1"'}]
    begun = {"epoch_number": '"2"', "epoch_start_time": f'"{GENESIS_TIME // SECOND + 10}"'}
    assert attributes(events, START) == [begun]
    assert chain.k.epochs.epoch(chain.ctx(), "short").current_epoch_start_height == 4


def test_an_epoch_in_the_future_waits_for_its_start() -> None:
    chain = chain_with(epoch("later", 10, start_time=to_timestamp(GENESIS_TIME + 12 * SECOND)))
    chain.block(2)
    assert numbers(chain) == {"later": 0}
    chain.block()
    assert numbers(chain) == {"later": 1}
    found = chain.k.epochs.epoch(chain.ctx(), "later")
    assert to_ns(found.current_epoch_start_time) == GENESIS_TIME + 12 * SECOND


def test_after_a_pause_it_catches_up_by_one_a_block() -> None:
    chain = chain_with(epoch("short", 10))
    chain.block(seconds=100)
    seen = [numbers(chain)["short"]]
    for _ in range(9):
        chain.block(seconds=0)
        seen.append(numbers(chain)["short"])
    assert seen == [2, 3, 4, 5, 6, 7, 8, 9, 10, 10]


def test_listeners_hear_of_the_epoch_that_ended() -> None:
    chain = chain_with(epoch("b", 10), epoch("a", 5))
    listener = Listener()
    chain.k.epochs.react_with(listener)
    chain.block(3)
    assert listener.heard == [("a", 1), ("a", 2), ("b", 1)]


def test_a_listener_that_fails_leaves_nothing_behind_and_stops_nothing() -> None:
    chain = chain_with(epoch("short", 10))
    chain.k.epochs.react_with(Listener(InvalidRequest("no")))
    chain.block(3)
    assert numbers(chain) == {"short": 2}
    assert chain.ctx().kv(keys.STORE).get(b"\xff") is None
    chain.k.epochs.react_with(Listener(ProgrammerError("a defect")))
    with pytest.raises(ProgrammerError):
        chain.block(2)


def test_queries() -> None:
    chain = StakedChain()
    service = "/akash.epochs.v1beta1.Query/"
    infos = chain.query(service + "EpochInfos", query_pb2.QueryEpochInfosRequest()).epochs
    assert [(info.id, info.duration.seconds) for info in infos] == [
        ("day", 86400),
        ("hour", 3600),
        ("minute", 60),
        ("week", 604800),
    ]
    request = query_pb2.QueryCurrentEpochRequest(identifier="hour")
    assert chain.query(service + "CurrentEpoch", request).current_epoch == 1
    for identifier, words in (("", "identifier is empty"), ("year", "not available identifier")):
        with pytest.raises(ChainError, match=words):
            chain.query(service + "CurrentEpoch", query_pb2.QueryCurrentEpochRequest(identifier=identifier))


def test_nobody_but_time_moves_them() -> None:
    router = Router()
    msg_server.register(router)
    assert router.messages == {}


def test_export_goes_on_where_it_was() -> None:
    chain = chain_with(epoch("short", 10))
    chain.block(3)
    again = StakedChain()
    again.load(chain.export(), chain.height)
    assert again.export()["epochs"] == chain.export()["epochs"]


@pytest.mark.parametrize(
    "info",
    [
        epoch("", 10),
        epoch("x" * 65, 10),
        epoch("none", 0),
        epoch("back", -5),
        epoch("long", 10**12),
        epoch("negative", 10, current_epoch=-1),
        epoch("height", 10, current_epoch_start_height=-1),
    ],
)
def test_records_that_mean_nothing_are_refused(info: EpochInfo) -> None:
    with pytest.raises(Undefined):
        types.check_epoch(info)


def test_genesis_refuses_doubles_and_too_many() -> None:
    with pytest.raises(Undefined, match="already exists"):
        chain_with(epoch("twice", 10), epoch("twice", 20))
    with pytest.raises(ValueError, match="at most"):
        chain_with(*[epoch(f"e{number}", 10) for number in range(types.EPOCHS_MAX + 1)])


def test_invariants_see_a_count_that_has_not_begun() -> None:
    chain = StakedChain()
    assert chain.violations() == []
    ctx = chain.ctx()
    ctx.kv(keys.STORE).set(
        keys.epoch_key("hour"), epoch("hour", 3600, current_epoch=3).SerializeToString(deterministic=True)
    )
    assert any("counts 3" in words for words in chain.violations())


def test_default_document_is_what_types_say() -> None:
    names = [info["id"] for info in genesis.default()["epochs"]]
    assert names == [name for name, _ in types.STANDARD]
    assert keys.epoch_key("day") == b"\x01day"
