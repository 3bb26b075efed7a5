"""The auditor's public money: fees and what becomes of them, the community pool, the way out of the take, auctions.

The community pool alone counts fractions: integers of 10^-18, by denom.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from supercloud.testing.auditor.decimals import ONE
from supercloud.testing.auditor.money import AUCTION, COLLECTED, REWARDS, TAKEN, Money, require

NATIVE = "uakt"
BPS = 10_000
KINDS_MAX = 64
"""No more kinds of coins flow out of the take, or are sold, at once."""

Share = Callable[[Counter[str]], Counter[str]]
"""Gives those who stake their part of fees (of 10^-18); returns what it gave."""


@dataclass
class Epoch:
    """A turn of time: when the current one began and how long one lasts (nanoseconds)."""

    name: str
    start: int
    length: int
    counting: bool


class Clock:
    """Epochs, moved by the time of blocks."""

    def __init__(self) -> None:
        self.epochs: list[Epoch] = []

    def ended(self, now: int) -> list[str]:
        """Names of the epochs that end with a block; one that lags catches up by one a block."""
        over = []
        for epoch in self.epochs:
            if not epoch.counting:
                epoch.counting = now >= epoch.start
            elif now > epoch.start + epoch.length:
                epoch.start += epoch.length
                over.append(epoch.name)
        return over


@dataclass
class Lot:
    """What is on sale, until which height, and the best bid."""

    number: int
    end: int
    coins: Counter[str]
    bidder: str = ""
    bid: int = 0


@dataclass
class Rules:
    """Parameters of the outflow and of auctions."""

    epoch: str = ""
    community_bps: int = 0
    stakers_bps: int = 0
    round_blocks: int = 0
    extension_blocks: int = 0
    min_bid: int = 0
    min_increment_bps: int = 0
    burn_bps: int = 0
    auction_community_bps: int = 0


@dataclass
class Told:
    """What the ledger has to tell of auctions in one block."""

    begun: list[int] = field(default_factory=list)
    sold: list[tuple[int, str, int]] = field(default_factory=list)
    unsold: list[int] = field(default_factory=list)


class Treasury:
    """Fees, the community pool, the outflow of the take, the auction."""

    def __init__(self, money: Money) -> None:
        self.money = money
        self.clock = Clock()
        self.rules = Rules()
        self.community: Counter[str] = Counter()
        self.lot: Lot | None = None
        self.rounds = 0
        self.told = Told()
        self._verbs: dict[str, Callable[[Any], None]] = {
            "supercloud.feeauction.v1.MsgBid": self._bid,
            "supercloud.feeauction.v1.MsgUpdateParams": lambda msg: self.set_auction(msg.params),
            "supercloud.take.v1.MsgUpdateOutflow": lambda msg: self.set_outflow(msg.params),
            "cosmos.distribution.v1beta1.MsgFundCommunityPool": self._fund,
            "cosmos.distribution.v1beta1.MsgCommunityPoolSpend": self._spend,
        }

    def apply(self, message: Any) -> bool:
        """Do what an accepted message does; False when it is none of the treasury's."""
        verb = self._verbs.get(message.DESCRIPTOR.full_name)
        if verb is not None:
            verb(message)
        return verb is not None

    def set_outflow(self, params: Any) -> None:
        """Where the take flows to."""
        self.rules.epoch = params.epoch
        self.rules.community_bps, self.rules.stakers_bps = params.community_bps, params.stakers_bps

    def set_auction(self, params: Any) -> None:
        """How lots are sold."""
        rules = self.rules
        rules.round_blocks, rules.extension_blocks = params.round_blocks, params.extension_blocks
        rules.min_bid, rules.min_increment_bps = int(params.min_bid), params.min_increment_bps
        rules.burn_bps, rules.auction_community_bps = params.burn_bps, params.community_bps

    # The community pool.

    def give(self, source: str, coins: Counter[str]) -> None:
        """Somebody, or a module, gives coins to the community."""
        for denom, amount in coins.items():
            self.money.move(source, REWARDS, denom, amount)
            self.community[denom] += amount * ONE

    def take(self, target: str, coins: Counter[str]) -> None:
        """Coins of the community go to somebody, or to a module."""
        for denom, amount in coins.items():
            require(
                self.community[denom] >= amount * ONE, f"the community has no {amount}{denom} and spent them"
            )
            self.community[denom] -= amount * ONE
            self.money.move(REWARDS, target, denom, amount)

    def _fund(self, msg: Any) -> None:
        self.give(msg.depositor, coins_of(msg.amount))

    def _spend(self, msg: Any) -> None:
        self.take(msg.recipient, coins_of(msg.amount))

    # A block's begin.

    def begin(self, ended: Iterable[str], share: Share) -> None:
        """The take flows out when its epoch ended; then fees are shared out, what nobody gets is the community's."""
        for name in ended:
            if name == self.rules.epoch:
                self._flow_out()
        fees = +self.money.purses[COLLECTED]
        if self.money.height < 2 or not fees:
            return
        for denom, amount in fees.items():
            self.money.move(COLLECTED, REWARDS, denom, amount)
        whole = Counter({denom: amount * ONE for denom, amount in fees.items()})
        whole.subtract(share(whole))
        self.community.update(whole)

    def _flow_out(self) -> None:
        held = +self.money.purses[TAKEN]
        for denom in sorted(held)[:KINDS_MAX]:
            community, stakers = (
                held[denom] * bps // BPS for bps in (self.rules.community_bps, self.rules.stakers_bps)
            )
            self.give(TAKEN, +Counter({denom: community}))
            self.money.move(TAKEN, COLLECTED, denom, stakers)

    # The auction.

    def _bid(self, msg: Any) -> None:
        amount, lot = int(msg.amount.amount), self.lot
        require(lot is not None and lot.number == msg.round, f"a bid for round {msg.round} was accepted")
        assert lot is not None
        least = self.rules.min_bid
        if lot.bid:
            least = lot.bid + max(-(-lot.bid * self.rules.min_increment_bps // BPS), 1)
        require(amount >= least, f"a bid of {amount} was accepted, {least} is the least")
        require(msg.amount.denom == NATIVE, f"a bid in {msg.amount.denom} was accepted")
        self.money.move(msg.bidder, AUCTION, NATIVE, amount)
        if lot.bid:
            self.money.move(AUCTION, lot.bidder, NATIVE, lot.bid)
        lot.bidder, lot.bid = msg.bidder, amount
        lot.end = max(lot.end, self.money.height + self.rules.extension_blocks)

    def end(self) -> None:
        """A round that is over ends; the next one begins when there is something to sell."""
        unsold: Counter[str] = Counter()
        if self.lot is not None:
            if self.money.height < self.lot.end:
                return
            lot, self.lot = self.lot, None
            if lot.bid:
                self._sell(lot)
            else:
                unsold = lot.coins
                self.told.unsold.append(lot.number)
        self._begin(unsold)

    def _sell(self, lot: Lot) -> None:
        burned = lot.bid * self.rules.burn_bps // BPS
        community = lot.bid * self.rules.auction_community_bps // BPS
        self.money.burn(AUCTION, NATIVE, burned)
        self.give(AUCTION, +Counter({NATIVE: community}))
        self.money.move(AUCTION, COLLECTED, NATIVE, lot.bid - burned - community)
        for denom, amount in lot.coins.items():
            self.money.move(AUCTION, lot.bidder, denom, amount)
        self.told.sold.append((lot.number, lot.bidder, lot.bid))

    def _begin(self, unsold: Counter[str]) -> None:
        if not self.rules.round_blocks:
            for denom, amount in unsold.items():
                self.money.move(AUCTION, TAKEN, denom, amount)
            return
        held = +self.money.purses[TAKEN]
        fresh = [denom for denom in sorted(held) if denom != NATIVE and denom not in unsold]
        room = max(KINDS_MAX - len(unsold), 0)
        more = [denom for denom in held if denom in unsold] + fresh[:room]
        for denom in more:
            self.money.move(TAKEN, AUCTION, denom, held[denom])
        lot = unsold + Counter({denom: held[denom] for denom in more})
        if lot:
            self.rounds += 1
            self.lot = Lot(self.rounds, self.money.height + self.rules.round_blocks, lot)
            self.told.begun.append(self.rounds)

    def owed(self) -> Counter[str]:
        """What the auction's account has to hold: the lot and the best bid."""
        if self.lot is None:
            return Counter()
        return +(self.lot.coins + Counter({NATIVE: self.lot.bid}))


def coins_of(coins: Iterable[Any]) -> Counter[str]:
    """Amounts by denom."""
    return Counter({coin.denom: int(coin.amount) for coin in coins})


def epochs_of(records: Sequence[Any]) -> list[Epoch]:
    """Epochs as a query tells them, by name."""
    found = []
    for record in sorted(records, key=lambda each: each.id):
        start = record.current_epoch_start_time if record.epoch_counting_started else record.start_time
        length = record.duration.seconds * 10**9 + record.duration.nanos
        epoch = Epoch(record.id, start.seconds * 10**9 + start.nanos, length, record.epoch_counting_started)
        found.append(epoch)
    return found
