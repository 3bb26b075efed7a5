"""The auditor's treasury: fees, the outflow of the take, an auction from its first bid to the burn."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from supercloud.pb.akash.epochs.v1beta1.genesis_pb2 import EpochInfo
from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import Coin
from supercloud.pb.cosmos.distribution.v1beta1.tx_pb2 import MsgCommunityPoolSpend, MsgFundCommunityPool
from supercloud.pb.supercloud.feeauction.v1.msg_pb2 import MsgBid
from supercloud.testing.auditor.decimals import ONE
from supercloud.testing.auditor.money import AUCTION, COLLECTED, REWARDS, TAKEN, Disagreement, Money
from supercloud.testing.auditor.treasury import Clock, Epoch, Treasury, epochs_of


def nobody(fees: Counter[str]) -> Counter[str]:
    return Counter()


@pytest.fixture
def treasury() -> Treasury:
    """Two people with coins, something taken, auctions of ten blocks."""
    money = Money(str.encode)
    for name in ("alice", "bob"):
        money.purses[name] = Counter(uakt=10_000)
    money.purses[TAKEN] = Counter(uakt=1000, uusdc=777)
    money.supply = Counter(uakt=21_000, uusdc=777)
    money.height = 5
    made = Treasury(money)
    rules = made.rules
    rules.epoch, rules.community_bps, rules.stakers_bps = "hour", 3333, 2500
    rules.round_blocks, rules.extension_blocks, rules.min_bid, rules.min_increment_bps = 10, 3, 100, 500
    rules.burn_bps, rules.auction_community_bps = 2500, 1000
    return made


def bid(name: str, amount: int, number: int = 1) -> MsgBid:
    return MsgBid(bidder=name, round=number, amount=Coin(denom="uakt", amount=str(amount)))


def test_epochs_end_once_each_and_catch_up_by_one_a_block() -> None:
    clock = Clock()
    clock.epochs = [Epoch("hour", 100, 3600, False)]
    assert [clock.ended(now) for now in (99, 100, 3700, 3701, 20_000, 20_000)] == [
        [], [], [], ["hour"], ["hour"], ["hour"],
    ]  # fmt: skip
    record = EpochInfo(id="day", epoch_counting_started=True)
    record.current_epoch_start_time.seconds, record.duration.seconds = 5, 7
    assert epochs_of([record]) == [Epoch("day", 5 * 10**9, 7 * 10**9, True)]


def test_the_take_flows_out_in_parts_rounded_down(treasury: Treasury) -> None:
    treasury.begin(["minute"], nobody)
    assert not treasury.community
    treasury.begin(["hour"], nobody)
    # What goes to those who stake is shared out at once; nobody stakes here.
    assert treasury.community == {"uakt": 583 * ONE, "uusdc": (258 + 194) * ONE}
    assert treasury.money.purses[TAKEN] == {"uakt": 417, "uusdc": 325}
    assert treasury.money.purses[REWARDS] == {"uakt": 583, "uusdc": 452}


def test_fees_wait_for_the_second_block(treasury: Treasury) -> None:
    treasury.money.move("alice", COLLECTED, "uakt", 50)
    treasury.money.height = 1
    treasury.begin([], nobody)
    assert not treasury.community
    treasury.money.height = 2
    treasury.begin([], lambda fees: Counter({"uakt": fees["uakt"] - 7}))
    assert treasury.community == {"uakt": 7}
    assert treasury.money.purses[REWARDS]["uakt"] == 50


def test_the_community_pays_what_it_has(treasury: Treasury) -> None:
    coins = [Coin(denom="uakt", amount="30")]
    assert treasury.apply(MsgFundCommunityPool(depositor="alice", amount=coins))
    assert treasury.apply(MsgCommunityPoolSpend(recipient="bob", amount=coins))
    assert treasury.money.purses["bob"]["uakt"] == 10_030
    with pytest.raises(Disagreement, match="the community has no"):
        treasury.apply(MsgCommunityPoolSpend(recipient="bob", amount=coins))


def test_an_auction(treasury: Treasury) -> None:
    money = treasury.money
    treasury.end()
    assert treasury.lot is not None
    assert (treasury.lot.end, treasury.lot.coins) == (15, {"uusdc": 777})
    money.height = 14
    treasury.apply(bid("alice", 1000))
    treasury.apply(bid("bob", 1050))
    assert money.purses["alice"]["uakt"] == 10_000
    assert treasury.lot.end == 17
    assert treasury.owed() == +money.purses[AUCTION] == {"uakt": 1050, "uusdc": 777}
    money.height = 16
    treasury.end()
    assert treasury.lot is not None
    money.height = 17
    treasury.end()
    # 262 burned, 105 to the community, the rest to those who stake.
    assert money.supply["uakt"] == 21_000 - 262
    assert (money.purses[REWARDS]["uakt"], money.purses[COLLECTED]["uakt"]) == (105, 683)
    assert money.purses["bob"] == {"uakt": 8950, "uusdc": 777}
    assert treasury.lot is None and not treasury.owed()
    assert treasury.told.sold == [(1, "bob", 1050)]


def test_what_nobody_wants_is_for_sale_again_or_goes_back(treasury: Treasury) -> None:
    treasury.end()
    treasury.money.height = 15
    treasury.money.purses[TAKEN]["uusdc"] += 3
    treasury.end()
    assert treasury.lot is not None
    assert (treasury.lot.number, treasury.lot.coins) == (2, {"uusdc": 780})
    treasury.rules.round_blocks = 0
    treasury.money.height = 25
    treasury.end()
    assert treasury.lot is None
    assert treasury.money.purses[TAKEN]["uusdc"] == 780


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (bid("alice", 99), "100 is the least"),
        (bid("alice", 1000, 2), "a bid for round 2"),
        (MsgBid(bidder="alice", round=1, amount=Coin(denom="uusdc", amount="500")), "a bid in uusdc"),
    ],
)
def test_bids_that_must_not_be_accepted(treasury: Treasury, message: Any, words: str) -> None:
    treasury.end()
    with pytest.raises(Disagreement, match=words):
        treasury.apply(message)
