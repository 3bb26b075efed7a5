"""oracle: sources, entries, agreement, pruning; messages, queries, genesis; types, keys, abci.

What msg_server.py, query_server.py, genesis.py and abci.py do is driven through the routes and the blocks of a chain.
"""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf.any_pb2 import Any as PackedAny
from google.protobuf.duration_pb2 import Duration

from supercloud.chain.baseapp.genesis import GenesisError
from supercloud.chain.baseapp.timestamps import SECOND, to_ns, to_timestamp
from supercloud.chain.x.oracle import keys, types
from supercloud.chain.x.oracle.keys import Entry, Pair
from supercloud.pb.akash.oracle.v2.msgs_pb2 import MsgUpdateParams
from supercloud.pb.akash.oracle.v2.query_pb2 import PricesFilter
from supercloud.pb.cosmos.base.query.v1beta1.pagination_pb2 import PageRequest
from supercloud.testing.staked import GENESIS_TIME, StakedChain, attributes
from supercloud.types.dec import Dec
from supercloud.types.errors import ChainError, Undefined

EVENTS = "akash.oracle.v2."


# Who may report what, and when.


def test_only_sources_report(market: Any) -> None:
    here = market("carol")
    assert here.refused(here.entry("alice", "1.5"))[:2] == ("sdk", 4)
    events = here.feed("carol", "1.5")
    (told,) = attributes(events, EVENTS + "EventPriceData")
    assert told["price"] == '"1.500000000000000000"'
    assert told["id"] == '{"denom":"akt","base_denom":"usd"}'


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"denom": "btc"}, "unsupported denom btc"),
        ({"base": "eur"}, "unsupported base denom eur"),
        ({"price": "0"}, "must be positive"),
        ({"price": "-1"}, "must be positive"),
        ({"price": "1000000000000000000.1"}, "must not be above"),
        ({"ago_s": 13}, "too old"),
        ({"ago_s": -11}, "too far in the future"),
    ],
)
def test_entries_that_are_refused(market: Any, changes: dict[str, Any], words: str) -> None:
    here = market("carol")
    given = {"price": "1.5", "ago_s": 0, **changes}
    price, ago = given.pop("price"), given.pop("ago_s")
    codespace, code, text = here.refused(here.entry("carol", price, ago, **given))
    assert (codespace, code) == ("sdk", 18) and words in text


def test_a_first_entry_may_be_twelve_seconds_old_and_later_ones_never_go_back(market: Any) -> None:
    here = market("carol")
    here.feed("carol", "1.5", 12)
    here.feed("carol", "1.6", 12)
    here.feed("carol", "1.7", 3)
    assert here.refused(here.entry("carol", "1.8", 4))[1] == 18


def test_entries_of_one_moment_are_all_kept_whichever_blocks_they_came_in(market: Any) -> None:
    here = market("carol")
    here.feed("carol", "1")
    here.feed("carol", "2")
    here.chain.block()
    here.feed("carol", "3", 5)
    kept = [(entry.sequence, price.text()[:1]) for entry, price in here.k.prices(here.chain.ctx())]
    assert kept == [(0, "1"), (1, "2"), (2, "3")]
    assert here.k.latest(here.chain.ctx(), 1, Pair("akt", "usd")).sequence == 2


# What the entries mean.


def test_a_price_is_there_after_the_block_that_brought_it(market: Any) -> None:
    here = market("carol")
    assert here.price() is None
    here.feed("carol", "1.5")
    assert here.price() is None
    events = here.chain.block()
    assert here.price() == "1.5"
    assert (here.price("akt"), here.price("uact"), here.price("act")) == ("1.5", "1", "1")
    assert len(attributes(events, EVENTS + "EventPriceRecovered")) == 1
    (told,) = attributes(events, EVENTS + "EventAggregatedPrice")
    assert '"twap":"1.500000000000000000"' in told["price"]


def test_a_silent_source_stalls_the_price_until_it_speaks_again(market: Any) -> None:
    here = market("carol")
    here.feed("carol", "1.5")
    for _ in range(7):  # the last of them lies exactly at the staleness period
        here.chain.block()
        assert here.price() == "1.5"
    events = here.chain.block()
    assert here.price() is None
    assert attributes(events, EVENTS + "EventPriceStaled") == [
        {"id": '{"denom":"akt","base_denom":"usd"}', "last_height": '"0"'}
    ]
    health = here.ask("AggregatedPrice", denom="akt").price_health
    assert list(health.failure_reason) == ["insufficient price sources: 0 < 1"]
    here.feed("carol", "2")
    here.chain.block()
    # The new price has not held for a moment yet; the one before held all through the window.
    assert here.price() == "1.5"
    here.chain.block()
    assert here.price() == "2"


def test_the_window_clamps_the_price_that_held_when_it_began(market: Any) -> None:
    here = market("carol", twap_window="10s")
    here.feed("carol", "1", 12)
    here.feed("carol", "3", 4)
    here.chain.block()
    # Six seconds at 1, four at 3.
    assert here.price() == "1.8"


def test_sources_that_disagree_stall_the_price_instead_of_moving_it(market: Any) -> None:
    here = market("bob", "carol")
    here.feed("bob", "1")
    here.feed("carol", "1.01")
    here.chain.block()
    assert here.price() == "1.005"
    here.feed("carol", "1.02")
    here.chain.block()
    assert here.price() is None
    answer = here.ask("AggregatedPrice", denom="akt")
    assert answer.price_health.deviation_ok is False
    assert "deviation too high: 200bps > 150bps" in answer.price_health.failure_reason[0]
    # What they last agreed on can still be read.
    assert answer.aggregated_price.twap == Dec.from_text("1.005").to_wire()


def test_so_many_sources_as_the_parameters_ask(market: Any) -> None:
    here = market("bob", "carol", min_price_sources=2)
    here.feed("bob", "1")
    here.chain.block()
    assert here.price() is None
    here.feed("carol", "1")
    here.chain.block()
    answer = here.ask("AggregatedPrice", denom="uakt")
    assert here.price() == "1"
    assert (answer.aggregated_price.num_sources, answer.price_health.total_sources) == (2, 2)


def test_a_price_from_the_future_counts_once_it_holds(market: Any) -> None:
    here = market("carol")
    here.feed("carol", "1", -7)
    here.chain.block()
    assert here.price() is None
    here.chain.block(2)
    assert here.price() == "1"


# Sources come and go.


def test_a_dismissed_source_has_no_say_and_begins_anew_when_it_comes_back(market: Any) -> None:
    here = market("bob", "carol")
    here.feed("bob", "1")
    here.feed("carol", "5")
    here.chain.block()
    assert here.price() is None
    here.vote(sources=["bob"])
    here.chain.block()
    assert here.price() == "1"
    assert here.refused(here.entry("carol", "1"))[:2] == ("sdk", 4)
    here.vote(sources=["bob", "carol", "alice"])
    numbers = dict(here.k.source_numbers(here.chain.ctx()))
    people = here.chain.people
    assert (numbers[people["bob"]], numbers[people["carol"]], numbers[people["alice"]]) == (1, 2, 3)
    # It is a beginner again, yet never goes back behind what it said before.
    assert here.refused(here.entry("carol", "1", 12))[1] == 18
    here.chain.block(10)
    here.feed("bob", "1")
    here.feed("carol", "1", 12)
    here.chain.block()
    assert here.price() == "1"
    assert here.chain.violations() == []


def test_without_any_source_there_is_no_price(market: Any) -> None:
    here = market("carol")
    here.feed("carol", "2")
    here.chain.block()
    assert here.price() == "2"
    here.vote(sources=[])
    events = here.chain.block()
    assert here.price() is None
    assert len(attributes(events, EVENTS + "EventPriceStaled")) == 1
    assert not attributes(here.chain.block(), EVENTS + "EventPriceStaled")
    here.vote(sources=["bob"])
    here.feed("bob", "3")
    here.chain.block()
    assert here.price() == "3"


def test_only_the_authority_changes_parameters(market: Any) -> None:
    here = market("carol")
    message = MsgUpdateParams(authority=here.chain.text("alice"), params=types.default_params())
    assert here.refused(message)[:2] == ("gov", 13)
    assert here.refused(MsgUpdateParams(authority="nobody"))[:2] == ("sdk", 7)


@pytest.mark.parametrize(
    "change",
    [
        {"sources": ["nobody"]},
        {"min_price_sources": 0},
        {"max_price_staleness_period": Duration()},
        {"twap_window": Duration()},
        {"max_price_deviation_bps": 0},
        {"price_retention": Duration(seconds=4)},
        {"prune_epoch": ""},
        {"max_prune_per_epoch": -1},
        {"max_future_time_drift": Duration(seconds=-1)},
        {"twap_window": Duration(seconds=10**15)},
        {"feed_contracts_params": [PackedAny(type_url="/x.Contract")]},
    ],
)
def test_parameters_that_mean_nothing_are_refused(change: dict[str, Any]) -> None:
    params = types.default_params()
    for name, value in change.items():
        params.ClearField(name)
        params.MergeFrom(type(params)(**{name: value}))
    with pytest.raises((Undefined, types.InvalidFeedContractParams)):
        types.check_params(StakedChain().bech32, params)


def test_sources_stand_once_and_are_bounded() -> None:
    chain = StakedChain()
    params = types.default_params()
    params.sources.extend([chain.text("bob"), chain.text("bob")])
    with pytest.raises(Undefined, match="stands twice"):
        types.check_params(chain.bech32, params)
    params.ClearField("sources")
    params.sources.extend(chain.text(f"s{number}") for number in range(types.SOURCES_MAX + 1))
    with pytest.raises(Undefined, match="more than"):
        types.check_params(chain.bech32, params)


# Old entries go.


def hourly(market: Any, most: int) -> Any:
    """Carol and bob with ten old entries and a new one each, at the end of an hour."""
    here = market(
        "bob", "carol", price_retention="60s", max_prune_per_epoch=str(most), max_price_deviation_bps="100000"
    )
    for number in range(10):
        for who in ("bob", "carol"):
            here.feed(who, f"1.{number}")
        here.chain.block()
    here.chain.block(seconds=3600)
    return here


def test_an_epoch_drops_old_entries_and_never_more_than_allowed(market: Any) -> None:
    here = hourly(market, 7)
    assert len(list(here.k.prices(here.chain.ctx()))) == 20 - 7
    here.chain.block(seconds=3600)
    assert len(list(here.k.prices(here.chain.ctx()))) == 20 - 14


def test_the_newest_entry_of_a_source_stays_however_old(market: Any) -> None:
    here = hourly(market, 1000)
    here.chain.block(seconds=3600)
    left = list(here.k.prices(here.chain.ctx()))
    assert [(entry.source, price.text()[:3]) for entry, price in left] == [(1, "1.9"), (2, "1.9")]
    assert here.chain.violations() == []


def test_the_price_that_held_when_the_kept_time_began_still_counts(market: Any) -> None:
    """A day of silence, a new price, the end of an epoch: the window still begins with the old one."""
    here = market("carol", price_retention="60s", twap_window="30s")
    here.feed("carol", "1")
    here.chain.block(seconds=3598)
    here.feed("carol", "2")
    here.chain.block(seconds=3)
    left = [price.text()[:1] for _, price in here.k.prices(here.chain.ctx())]
    here.chain.block(seconds=0)
    # 27 s at 1 and 3 s at 2.
    assert (left, here.price()) == (["1", "2"], "1.1")
    assert here.chain.violations() == []


def test_entries_of_dismissed_sources_go_too(market: Any) -> None:
    here = market("bob", "carol", price_retention="60s")
    here.feed("carol", "1")
    here.vote(sources=["bob"])
    here.chain.block(seconds=3601)
    assert list(here.k.prices(here.chain.ctx())) == []


# Queries.


def test_prices_come_newest_first_and_reverse_turns_that_round(market: Any) -> None:
    here = market("carol")
    for number in range(1, 6):
        here.feed("carol", f"{number}")
        here.chain.block()

    def shown(**fields: Any) -> list[str]:
        return [Dec.from_wire(each.state.price).text()[:1] for each in here.ask("Prices", **fields).prices]

    assert shown() == ["5", "4", "3", "2", "1"]
    assert shown(pagination=PageRequest(reverse=True)) == ["1", "2", "3", "4", "5"]
    first = here.ask("Prices", pagination=PageRequest(limit=2))
    assert first.prices[0].id.source == 1 and first.prices[0].id.denom == "akt"
    rest = here.ask("Prices", pagination=PageRequest(key=first.pagination.next_key))
    assert [Dec.from_wire(each.state.price).text()[:1] for each in rest.prices] == ["3", "2", "1"]
    start, end = (to_timestamp(GENESIS_TIME + seconds * SECOND) for seconds in (5, 15))
    assert shown(filters=PricesFilter(start_time=start, end_time=end)) == ["4", "3", "2"]
    assert shown(filters=PricesFilter(asset_denom="btc")) == []
    assert shown(filters=PricesFilter(asset_denom="akt", base_denom="usd")) == ["5", "4", "3", "2", "1"]
    assert here.ask("Params").params.min_price_sources == 1


@pytest.mark.parametrize("denom", ["btc", "x" * 300, "é" * 128])
def test_an_unknown_price_is_not_found(market: Any, denom: str) -> None:
    here = market("carol")
    with pytest.raises(ChainError) as caught:
        here.ask("AggregatedPrice", denom=denom)
    assert caught.value.grpc == 5


# Genesis.


def test_an_imported_oracle_knows_everything(market: Any) -> None:
    here = market("bob", "carol")
    here.feed("bob", "1")
    here.feed("carol", "1.01")
    here.chain.block()
    here.feed("carol", "2")
    here.chain.block()
    document = here.chain.export()
    assert len(document["oracle"]["prices"]) == 3
    again = StakedChain()
    again.load(document, here.chain.height)
    found = again.export()
    for name in ("oracle", "oracle_results"):
        assert found[name] == document[name]


def seeded(change: dict[str, Any] | None = None) -> StakedChain:
    """A network that begins with a price."""
    chain = StakedChain()
    source = chain.text("carol")
    time = "2027-01-15T08:00:00Z"
    document = {
        "params": {"sources": [source], "max_price_staleness_period": "315360000s"},
        "source_ids": [{"address": source, "id": 1}],
        "source_seq": "1",
        "prices": [
            {
                "id": {
                    "source": 1,
                    "denom": "akt",
                    "base_denom": "usd",
                    "timestamp": time,
                    "sequence": "0",
                },
                "state": {"price": "2.5"},
            }
        ],
        "latest_prices_ids": [
            {
                "id": {"source": 1, "denom": "akt", "base_denom": "usd"},
                "state": {"timestamp": time, "sequence": "0"},
            }
        ],
    }
    return StakedChain(genesis={"oracle": {**document, **(change or {})}})


def test_a_price_in_the_genesis_document_is_usable_in_the_first_block() -> None:
    chain = seeded()
    assert GENESIS_TIME // SECOND == 1_800_000_000  # the time in the document
    assert chain.k.oracle.price(chain.ctx(), "uakt") == Dec.from_text("2.5")
    assert to_ns(chain.k.oracle.aggregated(chain.ctx(), Pair("akt", "usd")).timestamp) == GENESIS_TIME
    chain.block(3, seconds=3601)
    assert chain.k.oracle.price(chain.ctx(), "uakt") == Dec.from_text("2.5")


@pytest.mark.parametrize(
    "change",
    [{"source_ids": [{"address": "nobody", "id": 1}]}, {"source_ids": []}, {"prices": []}],
)
def test_genesis_refuses_what_does_not_fit_together(change: dict[str, Any]) -> None:
    with pytest.raises(GenesisError):
        chain = seeded(change)
        # What its own check does not see, the invariants do, which every genesis must keep.
        raise GenesisError(chain.violations()[0])


def test_invariants_see_pointers_to_nothing(market: Any) -> None:
    here = market("carol")
    here.feed("carol", "1")
    assert here.chain.violations() == []
    ctx = here.chain.ctx()
    here.k.set_latest(ctx, Entry(1, Pair("akt", "usd"), here.chain.time + SECOND, 0))
    assert any("newest entry" in words for words in here.chain.violations())


def test_keys_sort_entries_by_time() -> None:
    pair = Pair("akt", "usd")
    places = [Entry(1, pair, time, sequence) for time in (1, 255, 256, 10**19) for sequence in (0, 1, 300)]
    assert [keys.entry_key(place) for place in places] == sorted(keys.entry_key(place) for place in places)
    for place in places:
        assert keys.parse_entry(keys.entry_key(place)[len(keys.PRICES) :]) == place
    assert (
        keys.entry_key(Entry(1, pair, 1, 0)).hex().startswith("1105" + "00000001" + "03616b74" + "03757364")
    )
