"""Defects put into the ledger on purpose: the simulation must find each of them.

Each is a mistake that was made, or nearly, in a ledger of this kind. A check that none of them would trip is
no check.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from supercloud.chain import hooks
from supercloud.chain.x.bme import conversion
from supercloud.chain.x.bme import keeper as bme
from supercloud.chain.x.distribution import records as distribution
from supercloud.chain.x.escrow import keeper as escrow
from supercloud.chain.x.escrow import settlement
from supercloud.chain.x.feeauction import types as feeauction
from supercloud.chain.x.gov import tally
from supercloud.chain.x.grants import types as grants
from supercloud.chain.x.market import keeper as market
from supercloud.chain.x.market import msg_server as market_msgs
from supercloud.chain.x.oracle import aggregation
from supercloud.chain.x.staking import keeper as staking
from supercloud.chain.x.take import types as take
from supercloud.testing.simulation import Failure, Simulation
from supercloud.types.dec import ONE

BLOCKS = 500

Patch = Callable[[pytest.MonkeyPatch], None]


def first_loser_only(patch: pytest.MonkeyPatch) -> None:
    """Only one losing bid is refunded; the rest keep their money locked."""
    original = market.Keeper.bids_of

    def bids_of(self: Any, ctx: Any, order: Any, state: int) -> Any:
        found = list(original(self, ctx, order, state))
        return found[:1] if state == 1 else found

    patch.setattr(market.Keeper, "bids_of", bids_of)


def take_rounds_up(patch: pytest.MonkeyPatch) -> None:
    """The share is rounded in favour of the network."""
    rate_of = take.rate_of
    patch.setattr(take, "share_of", lambda params, denom, gross: -(-gross * rate_of(params, denom) // 100))


def take_twice(patch: pytest.MonkeyPatch) -> None:
    """The share of the share."""
    original = take.share_of
    patch.setattr(
        take,
        "share_of",
        lambda params, denom, gross: original(params, denom, gross + original(params, denom, gross)),
    )


def fraction_is_kept(patch: pytest.MonkeyPatch) -> None:
    """What is owed is not cut to whole units."""
    original = settlement.Account.draw

    def draw(self: Any, denom: str, wanted: int) -> int:
        return original(self, denom, wanted - wanted % ONE if wanted % 7 else max(wanted - ONE, 0))

    patch.setattr(settlement.Account, "draw", draw)


def newest_deposit_first(patch: pytest.MonkeyPatch) -> None:
    """Deposits are used up from the wrong end."""
    original = settlement.Account.draw

    def draw(self: Any, denom: str, wanted: int) -> int:
        self.deposits.reverse()
        drawn = original(self, denom, wanted)
        self.deposits.reverse()
        return drawn

    patch.setattr(settlement.Account, "draw", draw)


def grants_stay_spent(patch: pytest.MonkeyPatch) -> None:
    """A refund does not go back into the grant it came from."""
    patch.setattr(escrow.Keeper, "_restore_grant", lambda *arguments: None)


def refunds_to_the_owner(patch: pytest.MonkeyPatch) -> None:
    """Somebody else's deposit goes to the tenant."""
    original = escrow.Keeper._refund

    def refund(self: Any, ctx: Any, account: Any) -> None:
        for deposit in account.deposits:
            deposit.payer = account.owner
        original(self, ctx, account)

    patch.setattr(escrow.Keeper, "_refund", refund)


def same_block_close_leaves_payment_open(patch: pytest.MonkeyPatch) -> None:
    """Without a block since the last settlement nothing is closed."""
    original = escrow.Keeper._live_payments

    def live(self: Any, ctx: Any, account: Any) -> Any:
        found = self._load_account(ctx, account)
        return [] if found and found[0].settled_at == ctx.height else original(self, ctx, account)

    patch.setattr(escrow.Keeper, "_live_payments", live)


def prefix_of_the_name(patch: pytest.MonkeyPatch) -> None:
    """Deployment 12 pays for deployment 123 of the same owner."""
    original = escrow.keys.payments_prefix
    patch.setattr(escrow.keys, "payments_prefix", lambda state, text: original(state, text).rstrip(b"/"))


def open_order_forgotten(patch: pytest.MonkeyPatch) -> None:
    """A group that leaves the market keeps its open order."""
    original = hooks.MarketReactions.group_left_market

    def left(self: Any, ctx: Any, group: Any, insufficient_funds: bool) -> None:
        order = self._market.unclosed_order(ctx, group)
        if order is not None and self._market.order(ctx, order).state == 1:
            return
        original(self, ctx, group, insufficient_funds)

    patch.setattr(hooks.MarketReactions, "group_left_market", left)


def reason_is_lost(patch: pytest.MonkeyPatch) -> None:
    """Leases end, but not for the reason given."""
    original = market.Keeper.end_lease
    patch.setattr(
        market.Keeper,
        "end_lease",
        lambda self, ctx, lease, reason: original(self, ctx, lease, 10002 if reason == 10001 else reason),
    )


def window_ignored(patch: pytest.MonkeyPatch) -> None:
    """A provider closes before its window has passed."""
    patch.setattr(market_msgs, "_check_closable_by_provider", lambda ctx, lease: None)


def event_missing(patch: pytest.MonkeyPatch) -> None:
    """An order closes and nobody hears of it."""
    original = market.Keeper.close_order

    def close(self: Any, ctx: Any, order: Any) -> Any:
        done = original(self, ctx, order)
        if ctx.height % 5 == 0:
            ctx.events = [each for each in ctx.events if not each.type.endswith("EventOrderClosed")]
        return done

    patch.setattr(market.Keeper, "close_order", close)


def crash_in_a_handler(patch: pytest.MonkeyPatch) -> None:
    """A handler meets what it did not expect."""
    original = market_msgs.close_lease

    def close(ctx: Any, k: Any, msg: Any) -> Any:
        if ctx.height > 50:
            raise KeyError("surprise")
        return original(ctx, k, msg)

    patch.setattr(market_msgs, "close_lease", close)


def shares_of_another_whole(patch: pytest.MonkeyPatch) -> None:
    """The take flows out in parts of 9,900."""
    patch.setattr(take, "BPS", 9_900)


def nothing_is_burned(patch: pytest.MonkeyPatch) -> None:
    """What a winner paid is not burned but given to those who stake."""
    original = feeauction.split

    def split(params: Any, paid: int) -> Any:
        parts = original(params, paid)
        return parts._replace(burned=0, stakers=parts.stakers + parts.burned)

    patch.setattr(feeauction, "split", split)


def streams_round_up(patch: pytest.MonkeyPatch) -> None:
    """A grant has earned the unit that it has only begun to earn."""
    original = grants.earned

    def earned(grant: Any, now: int) -> Any:
        later = now + 10**9 if grant.HasField("stream") and grant.status == grants.ACTIVE else now
        return original(grant, later)

    patch.setattr(grants, "earned", earned)


def spread_is_given_away(patch: pytest.MonkeyPatch) -> None:
    """Nothing of a conversion stays in the vault."""
    original = conversion.convert
    patch.setattr(conversion, "convert", lambda *given: original(*given)._replace(spread=0))


def locked_tokens_are_forgotten(patch: pytest.MonkeyPatch) -> None:
    """Burned credit is paid with new tokens, though mints left enough."""
    original = bme.Keeper.amount

    def amount(self: Any, ctx: Any, table: bytes, denom: str) -> int:
        return 0 if table == bme.keys.REMINT_CREDITS and ctx.height % 2 else original(self, ctx, table, denom)

    patch.setattr(bme.Keeper, "amount", amount)


def tokens_stand_in_always(patch: pytest.MonkeyPatch) -> None:
    """Native tokens pay for credit in healthy times too."""
    patch.setattr(bme.types, "HALT_CR", bme.types.HEALTHY)


def prices_count_alike(patch: pytest.MonkeyPatch) -> None:
    """However long a price held."""
    patch.setattr(
        aggregation, "time_weighted", lambda now, points: aggregation.mean([point.price for point in points])
    )


def deposits_always_come_back(patch: pytest.MonkeyPatch) -> None:
    """Also after a veto."""
    original = tally.judge
    patch.setattr(tally, "judge", lambda *given: original(*given)._replace(burns=False))


def only_the_first_voter_counts(patch: pytest.MonkeyPatch) -> None:
    """All other votes are lost."""
    original = tally.count

    def count(validators: Any, ballots: Any, *rest: Any) -> Any:
        return original(validators, list(ballots)[:1], *rest)

    patch.setattr(tally, "count", count)


def rewards_go_home(patch: pytest.MonkeyPatch) -> None:
    """Where somebody wants rewards to go is forgotten."""
    patch.setattr(distribution, "withdraw_address", lambda ctx, delegator: delegator)


def slashed_tokens_stay(patch: pytest.MonkeyPatch) -> None:
    """What a wrong costs is taken off the books and not burned."""
    patch.setattr(staking.Keeper, "burn", lambda self, ctx, pool, amount: None)


DEFECTS = [
    first_loser_only, take_rounds_up, take_twice, fraction_is_kept, newest_deposit_first, grants_stay_spent,
    refunds_to_the_owner, same_block_close_leaves_payment_open, prefix_of_the_name, open_order_forgotten,
    reason_is_lost, window_ignored, event_missing, crash_in_a_handler, shares_of_another_whole, nothing_is_burned,
    streams_round_up, spread_is_given_away, locked_tokens_are_forgotten, tokens_stand_in_always, prices_count_alike,
    deposits_always_come_back, only_the_first_voter_counts, rewards_go_home, slashed_tokens_stay,
]  # fmt: skip


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.__name__)
def test_a_defect_is_found(defect: Patch, monkeypatch: pytest.MonkeyPatch) -> None:
    defect(monkeypatch)
    with pytest.raises(Failure, match="seed 1, block"):
        Simulation(1, expiry=False).run(BLOCKS)
