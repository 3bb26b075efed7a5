"""feeauction: rounds, bids, sales; messages, queries, genesis; types, keys, abci; every coin accounted for.

What msg_server.py, query_server.py, genesis.py and abci.py do is driven through the routes and the blocks of a chain.
"""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supercloud.chain.baseapp.genesis import GenesisError
from supercloud.chain.x.feeauction import abci, keys, types
from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import Coin as WireCoin
from supercloud.pb.supercloud.feeauction.v1 import query_pb2
from supercloud.pb.supercloud.feeauction.v1.auction_pb2 import Params
from supercloud.pb.supercloud.feeauction.v1.msg_pb2 import MsgBid, MsgUpdateParams
from supercloud.testing.staked import StakedChain, attributes, person
from supercloud.types.address import module_address
from supercloud.types.coin import Coin, parse_coins
from supercloud.types.errors import ChainError

EVENTS = "supercloud.feeauction.v1."
AKT = 1_000_000


class Auction:
    """A chain whose auctions last five blocks."""

    def __init__(self, **params: Any) -> None:
        self.chain = StakedChain(genesis={"feeauction": {"params": {"round_blocks": "5", **params}}})
        self.k = self.chain.k.feeauction

    def taken(self, text: str) -> None:
        """What providers were paid leaves its share in the take."""
        self.chain.k.bank.send_to_module(self.chain.ctx(), person("carol"), "take", parse_coins(text))

    def bid(self, who: str, amount: int, number: int = 1, denom: str = "uakt") -> list[Any]:
        """Bid; returns the events."""
        coin = WireCoin(denom=denom, amount=str(amount))
        return self.chain.send(MsgBid(bidder=self.chain.text(who), round=number, amount=coin))

    def refused(self, *words: Any, **more: Any) -> tuple[str, int]:
        """Codespace and code of a refusal."""
        with pytest.raises(ChainError) as caught:
            self.bid(*words, **more)
        return caught.value.codespace, caught.value.code

    def has(self, who: str, denom: str = "uakt") -> int:
        """What somebody holds."""
        return self.chain.balance(person(who), denom)

    def holds(self, module: str, denom: str = "uakt") -> int:
        """What a module holds."""
        return self.chain.balance(module_address(module), denom)

    def ask(self, method: str) -> Any:
        """A query's answer."""
        request = getattr(query_pb2, f"Query{method}Request")()
        return self.chain.query(f"/{EVENTS}Query/{method}", request)


def test_a_round_begins_when_there_is_something_to_sell() -> None:
    here = Auction()
    here.chain.block(2)
    assert here.ask("Round").HasField("round") is False
    here.taken("5uakt,700uusdc")
    events = here.chain.block()
    assert len(attributes(events, EVENTS + "EventRoundStarted")) == 1
    running = here.ask("Round").round
    # Foreign coins only; native ones need no buyer.
    assert [(coin.denom, coin.amount) for coin in running.lot] == [("uusdc", "700")]
    assert (running.number, running.end_height, running.bidder) == (1, here.chain.height - 1 + 5, "")
    assert (here.holds("take"), here.holds("take", "uusdc"), here.holds("feeauction", "uusdc")) == (5, 0, 700)


def test_the_best_bid_gets_the_lot_and_all_others_their_money_back() -> None:
    here = Auction(burn_bps=2_500, community_bps=1_000)
    here.taken("700uusdc")
    here.chain.block()
    purse = {who: here.has(who) for who in ("alice", "bob")}
    here.bid("alice", AKT)
    here.bid("bob", 2 * AKT)
    assert here.has("alice") == purse["alice"]
    here.bid("alice", 3 * AKT + 3)
    assert here.has("bob") == purse["bob"]
    supply = here.chain.k.bank.supply(here.chain.ctx(), "uakt")
    dollars = here.has("alice", "uusdc")
    events: list[Any] = []
    for _ in range(6):
        events += here.chain.block()
    (told,) = attributes(events, EVENTS + "EventSold")
    assert '"paid":"3000003"' in told["result"]
    assert here.has("alice", "uusdc") == dollars + 700
    assert here.has("alice") == purse["alice"] - 3_000_003
    # 750000 burned, 300000 for the community, the rest for those who stake.
    assert here.chain.k.bank.supply(here.chain.ctx(), "uakt") == supply - 750_000
    result = here.ask("LastResult").result
    assert (result.burned, result.community, result.stakers) == ("750000", "300000", "1950003")
    assert here.holds("feeauction") == here.holds("feeauction", "uusdc") == 0
    assert here.ask("Round").HasField("round") is False
    assert here.chain.violations() == []


def test_bids_that_are_refused() -> None:
    here = Auction()
    assert here.refused("alice", AKT) == ("feeauction", 2)
    here.taken("700uusdc")
    here.chain.block()
    assert here.refused("alice", AKT, 2) == ("feeauction", 2)
    assert here.refused("alice", AKT - 1) == ("feeauction", 4)
    assert here.refused("alice", AKT, denom="uusdc") == ("feeauction", 3)
    assert here.refused("alice", 0) == ("sdk", 10)
    assert here.refused("alice", 10**16) == ("sdk", 5)
    here.bid("alice", AKT + 1)
    # Five per cent more, rounded up.
    assert here.refused("bob", AKT + 50_001) == ("feeauction", 4)
    here.bid("bob", AKT + 50_002)
    with pytest.raises(ChainError) as caught:
        here.chain.send(MsgBid(bidder="nobody", amount=WireCoin(denom="uakt", amount="1")))
    assert (caught.value.codespace, caught.value.code) == ("sdk", 7)
    module = here.chain.bech32.text(module_address("distribution"))
    with pytest.raises(types.InvalidBid):
        here.chain.send(MsgBid(bidder=module, round=1, amount=WireCoin(denom="uakt", amount=str(5 * AKT))))


def test_whoever_bids_last_leaves_time_for_an_answer() -> None:
    here = Auction(extension_blocks="3")
    here.taken("700uusdc")
    here.chain.block()
    end = here.ask("Round").round.end_height
    here.bid("alice", AKT)
    assert here.ask("Round").round.end_height == end
    here.chain.block(end - here.chain.height)
    here.bid("bob", 2 * AKT)
    assert here.ask("Round").round.end_height == end + 3
    here.chain.block(3)
    assert here.has("bob", "uusdc") == here.has("alice", "uusdc")
    here.chain.block()
    assert here.has("bob", "uusdc") == here.has("alice", "uusdc") + 700


def test_a_lot_that_nobody_wants_is_for_sale_again_with_what_came_since() -> None:
    here = Auction()
    here.taken("700uusdc")
    here.chain.block()
    here.taken("50uusdc")
    events = here.chain.block(6)
    events = here.chain.block()
    assert here.ask("Round").round.number == 2
    assert [coin.amount for coin in here.ask("Round").round.lot] == ["750"]
    assert here.chain.violations() == []
    assert attributes(events, EVENTS + "EventSold") == []


def test_switched_off_a_round_goes_on_and_its_lot_goes_back() -> None:
    here = Auction()
    here.taken("700uusdc")
    here.chain.block()
    authority = here.chain.bech32.text(here.chain.profile.authority)
    here.chain.send(MsgUpdateParams(authority=authority, params=types.default_params()))
    assert here.ask("Params").params.round_blocks == 0
    assert here.ask("Round").HasField("round")
    here.chain.block(6)
    assert here.ask("Round").HasField("round") is False
    assert here.holds("take", "uusdc") == 700
    with pytest.raises(ChainError) as caught:
        here.chain.send(MsgUpdateParams(authority=here.chain.text("alice"), params=types.default_params()))
    assert (caught.value.codespace, caught.value.code) == ("gov", 13)


def test_off_by_default() -> None:
    chain = StakedChain()
    chain.k.bank.send_to_module(chain.ctx(), person("carol"), "take", [Coin("uusdc", 5)])
    mark = chain.branch.mark()
    abci.end_block(chain.ctx(), chain.k.feeauction)
    assert chain.branch.mark() == mark


@pytest.mark.parametrize("sold", [False, True])
def test_an_imported_auction_goes_on(sold: bool) -> None:
    here = Auction()
    here.taken("700uusdc")
    here.chain.block()
    here.bid("alice", AKT)
    if sold:
        here.chain.block(6)
        here.taken("5uusdc")
        here.chain.block()
    document = here.chain.export()
    again = StakedChain()
    again.load(document, here.chain.height)
    assert again.export()["feeauction"] == document["feeauction"]
    assert again.violations() == []
    here.chain.block(7)
    again.block(7)
    assert again.export()["feeauction"] == here.chain.export()["feeauction"]


@pytest.mark.parametrize("change", [{"lot": []}, {"bid": "-1"}, {"bidder": "nobody"}])
def test_rounds_that_mean_nothing_are_refused(change: dict[str, Any]) -> None:
    here = Auction()
    here.taken("700uusdc")
    here.chain.block()
    document = here.chain.export()
    document["feeauction"]["round"] |= change
    with pytest.raises(GenesisError):
        StakedChain().load(document, here.chain.height)


@pytest.mark.parametrize(
    "change",
    [
        {"round_blocks": types.ROUND_BLOCKS_MAX + 1},
        {"round_blocks": 5, "extension_blocks": 6},
        {"min_bid": "0"},
        {"min_bid": "x"},
        {"min_increment_bps": 10_001},
        {"burn_bps": 6_000, "community_bps": 4_001},
    ],
)
def test_parameters_that_mean_nothing_are_refused(change: dict[str, Any]) -> None:
    params = types.default_params()
    for name, value in change.items():
        setattr(params, name, value)
    with pytest.raises(types.InvalidParam):
        types.check_params(params)


@given(st.integers(1, 10**30), st.integers(0, 10_000), st.integers(0, 10_000))
def test_the_parts_of_a_payment_are_the_payment(paid: int, burn: int, community: int) -> None:
    parts = types.split(Params(burn_bps=burn, community_bps=min(community, 10_000 - burn)), paid)
    assert sum(parts) == paid and min(parts) >= 0


@given(st.integers(1, 10**30), st.integers(0, 10_000))
def test_every_bid_is_more_than_the_one_before(best: int, increment: int) -> None:
    least = types.least_bid(Params(min_bid="1", min_increment_bps=increment), best)
    assert least > best and least - best >= best * increment // 10_000


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_coin_is_accounted_for(seed: int) -> None:
    """Random shares and bids against a tally that knows only who paid what to whom."""
    rng = random.Random(seed)
    here = Auction(burn_bps=3_333, community_bps=3_333, extension_blocks="2")
    start = {denom: here.chain.k.bank.supply(here.chain.ctx(), denom) for denom in ("uakt", "uusdc")}
    purse = {who: Counter(uakt=here.has(who), uusdc=here.has(who, "uusdc")) for who in ("alice", "bob")}
    taken = burned = sold = 0
    best: tuple[str, int] | None = None
    lot = waiting = 0
    for _ in range(120):
        if rng.random() < 0.4:
            amount = rng.randint(1, 5_000)
            here.taken(f"{amount}uusdc")
            waiting, taken = waiting + amount, taken + amount
        running = here.k.round(here.chain.ctx())
        if running is not None and rng.random() < 0.5:
            who, amount = rng.choice(("alice", "bob")), rng.randint(1, 4) * AKT
            try:
                here.bid(who, amount, running.number)
            except types.BidTooLow:
                assert amount < (AKT if best is None else best[1] + best[1] * 5 // 100)
            else:
                if best is not None:
                    purse[best[0]]["uakt"] += best[1]
                purse[who]["uakt"] -= amount
                best = (who, amount)
        before = here.k.round(here.chain.ctx())
        height = here.chain.height
        here.chain.block()
        if before is not None and height >= before.end_height:
            if best is not None:
                purse[best[0]]["uusdc"] += lot
                burned, sold, lot = burned + best[1] * 3_333 // 10_000, sold + lot, 0
            best = None
        after = here.k.round(here.chain.ctx())
        if after is not None and (before is None or after.number != before.number):
            lot, waiting = lot + waiting, 0
        for who, coins in purse.items():
            assert {denom: here.has(who, denom) for denom in coins} == dict(coins)
        assert here.holds("feeauction", "uusdc") == lot and here.holds("take", "uusdc") == waiting
        assert here.holds("feeauction") == (best[1] if best else 0)
    assert sold + lot + waiting == taken and sold > 0
    assert here.chain.k.bank.supply(here.chain.ctx(), "uakt") == start["uakt"] - burned
    assert here.chain.k.bank.supply(here.chain.ctx(), "uusdc") == start["uusdc"]
    assert here.chain.violations() == []


def test_invariants_see_a_lot_that_is_gone() -> None:
    here = Auction()
    here.taken("700uusdc")
    here.chain.block()
    assert here.chain.violations() == []
    here.chain.k.bank.send_from_module(here.chain.ctx(), "feeauction", person("bob"), [Coin("uusdc", 1)])
    assert any("owes 700" in words for words in here.chain.violations())
    assert here.chain.ctx().kv(keys.STORE).get(keys.ROUNDS) == b"1"
