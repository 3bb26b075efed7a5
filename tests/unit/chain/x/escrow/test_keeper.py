"""Money over time through the real bank: settle, pay, overdraw, revive, refund."""

from __future__ import annotations

from typing import Any

import pytest

from supercloud.chain.x.escrow import expected_keepers, types
from supercloud.chain.x.escrow.settlement import State
from supercloud.pb.akash.escrow.v1.msg_pb2 import MsgAccountDeposit
from supercloud.types.coin import Coin
from supercloud.types.dec import ONE, Dec, DecCoin
from supercloud.types.ids import BidID


def top_up(world: Any, build: Any, signer: bytes, amount: int, denom: str = "uact") -> MsgAccountDeposit:
    return MsgAccountDeposit(
        signer=world.text(signer),
        id=types.account_to_pb(world.deployment(), world.bech32),
        deposit=build.deposit(amount, denom),
    )


def test_overdraw_and_revival(world: Any, build: Any) -> None:
    """Worked example A."""
    world.with_lease(amount=500_000, price="1")
    bob = world.balance(world.bob)
    world.blocks(500_100)
    world.send(world.close_deployment())
    account = world.k.escrow.account(world.ctx(), world.deployment())
    payment = world.payment()
    assert (account.state, payment.state) == (State.OVERDRAWN, State.OVERDRAWN)
    assert account.funds == {"uact": -100 * ONE}
    assert account.transferred == {"uact": 500_000 * ONE}
    assert (payment.unsettled, payment.withdrawn, payment.balance) == (100 * ONE, 500_000, 0)
    # The bid's deposit came back too.
    assert world.balance(world.bob) == bob + 500_000 + 500_000
    assert world.lease_state() == ("insufficient_funds", 20000)
    assert (world.order_state(), world.bid_state()) == ("closed", "closed")
    assert (world.group_state(), world.deployment_state()) == ("insufficient_funds", "closed")
    assert world.violations() == []
    assert world.refused(world.close_deployment()) == ("deployment", 5)

    world.send(top_up(world, build, world.dave, 130))
    account = world.k.escrow.account(world.ctx(), world.deployment())
    payment = world.payment()
    assert (account.state, payment.state) == (State.CLOSED, State.CLOSED)
    assert payment.withdrawn == 500_100
    assert world.balance(world.bob) == bob + 1_000_100
    assert world.pool() == 0
    assert world.violations() == []
    assert world.refused(top_up(world, build, world.dave, 1)) == ("escrow", 2)


def test_surplus_of_a_revival_goes_back_to_who_paid_it(world: Any, build: Any) -> None:
    world.with_lease(amount=500_000)
    world.blocks(500_100)
    world.send(world.withdraw())
    dave = world.balance(world.dave)
    world.send(top_up(world, build, world.dave, 40))
    assert world.payment().unsettled == 60 * ONE
    assert world.account_state() == "OVERDRAWN"
    world.send(top_up(world, build, world.dave, 100))
    assert world.account_state() == "CLOSED"
    assert world.balance(world.dave) == dave - 100
    assert world.pool() == 0


def test_two_depositors_pay_in_order_and_get_their_own_back(world: Any, build: Any) -> None:
    """Worked example C, with the bank."""
    world.with_providers(world.bob, world.erin)
    world.send(world.create_deployment(groups=2))
    world.send(top_up(world, build, world.dave, 300_000))
    for gseq, price, provider in ((1, "1.5", world.bob), (2, "2.25", world.erin)):
        bid = world.bid_id(gseq=gseq, provider=provider)
        world.send(world.create_bid(bid, price=price), world.create_lease(bid))
    alice, dave = world.balance(world.alice), world.balance(world.dave)
    world.blocks(101)
    world.send(world.withdraw())
    account = world.k.escrow.account(world.ctx(), world.deployment())
    assert account.funds == {"uact": 799_622 * ONE}
    assert [(each.payer, each.amount) for each in account.deposits] == [
        (world.alice, 499_622 * ONE),
        (world.dave, 300_000 * ONE),
    ]
    world.send(world.close_deployment())
    assert world.balance(world.alice) == alice + 499_622
    assert world.balance(world.dave) == dave + 300_000
    assert world.pool() == 0


def test_fractions_stay_in_the_payment(world: Any) -> None:
    world.with_lease(price="0.4")
    bob = world.balance(world.bob)
    world.blocks(4)
    world.send(world.withdraw())
    assert world.payment().withdrawn == 1
    assert world.balance(world.bob) == bob + 1
    world.blocks(1)
    world.send(world.withdraw())
    assert world.payment().withdrawn == 1
    assert world.violations() == []


def test_withdrawing_twice_in_a_block_pays_once(world: Any) -> None:
    world.with_lease(price="7")
    world.blocks(10)
    world.send(world.withdraw())
    bob = world.balance(world.bob)
    world.send(world.withdraw())
    assert world.balance(world.bob) == bob
    assert world.payment().withdrawn == 70


@pytest.mark.parametrize("end", ["close_lease", "close_bid", "close_deployment"])
def test_closing_in_the_block_of_the_last_settlement(world: Any, end: str) -> None:
    world.with_lease(price="7")
    world.blocks(10)
    world.send(world.withdraw())
    world.send(getattr(world, end)())
    assert world.payment().state is State.CLOSED
    assert world.violations() == []


def test_all_in_one_block(world: Any) -> None:
    alice, bob = world.balance(world.alice), world.balance(world.bob)
    world.with_lease(price="7")
    world.send(world.withdraw())
    world.send(world.close_deployment())
    assert (world.balance(world.alice), world.balance(world.bob)) == (alice, bob)
    assert world.pool() == 0
    assert world.violations() == []


def test_accounts_whose_names_begin_alike_are_apart(world: Any) -> None:
    """The network's node paid dseq 123 out of dseq 12."""
    world.with_providers(world.bob)
    for dseq in (12, 123):
        bid = BidID(world.alice, dseq, 1, 1, world.bob)
        world.send(world.create_deployment(dseq), world.create_bid(bid), world.create_lease(bid))
    world.blocks(10)
    world.send(world.close_deployment(12))
    assert world.payment(BidID(world.alice, 123, 1, 1, world.bob)).state is State.OPEN
    assert world.payment(BidID(world.alice, 123, 1, 1, world.bob)).balance == 0
    assert world.payment(BidID(world.alice, 12, 1, 1, world.bob)).withdrawn == 10
    assert world.violations() == []


def test_payments_are_served_in_the_order_of_their_names(world: Any) -> None:
    """Group 10 comes before group 2."""
    world.with_providers(world.bob)
    world.send(world.create_deployment(groups=10, amount=500_000))
    for gseq in (2, 10):
        bid = world.bid_id(gseq=gseq)
        world.send(world.create_bid(bid, price="100"), world.create_lease(bid))
    world.blocks(2_600)
    world.send(world.withdraw(world.bid_id(gseq=2)))
    assert world.payment(world.bid_id(gseq=10)).unsettled == 0
    assert world.payment(world.bid_id(gseq=2)).unsettled == 20_000 * ONE
    assert world.violations() == []


def test_a_deposit_of_another_denom_pays_nothing_and_comes_back(world: Any, build: Any) -> None:
    world.with_lease(amount=500_000)
    dave = world.balance(world.dave, "uakt")
    world.send(top_up(world, build, world.dave, 5, "uakt"))
    assert world.pool("uakt") == 5
    assert world.violations() == []
    world.blocks(500_001)
    world.send(world.withdraw())
    assert world.account_state() == "OVERDRAWN"
    assert world.balance(world.dave, "uakt") == dave
    world.send(top_up(world, build, world.dave, 5, "uakt"))
    assert world.balance(world.dave, "uakt") == dave
    assert world.account_state() == "OVERDRAWN"


def test_open_payment_refusals(world: Any) -> None:
    world.with_providers()
    world.send(world.create_deployment())
    lease, ctx, escrow = world.bid_id(), world.ctx(), world.k.escrow
    one = DecCoin("uact", Dec(ONE))
    for rate, refusal in (
        (DecCoin("uakt", Dec(ONE)), types.InvalidDenomination),
        (DecCoin("uact", Dec(0)), types.PaymentRateZero),
    ):
        with pytest.raises(refusal):
            escrow.open_payment(ctx, lease, world.bob, rate)
    with pytest.raises(types.AccountNotFound):
        escrow.open_payment(ctx, BidID(world.alice, 9, 1, 1, world.bob), world.bob, one)
    escrow.open_payment(ctx, lease, world.bob, one)
    with pytest.raises(types.PaymentExists):
        escrow.open_payment(ctx, lease, world.bob, one)
    world.blocks(500_001)
    with pytest.raises(types.AccountOverdrawn):
        escrow.open_payment(world.ctx(), world.bid_id(gseq=2), world.bob, one)


def test_refusals_of_ended_things(world: Any) -> None:
    world.with_lease()
    escrow, ctx = world.k.escrow, world.ctx()
    with pytest.raises(types.PaymentNotFound):
        escrow.withdraw(ctx, world.bid_id(gseq=7))
    with pytest.raises(types.AccountNotFound):
        escrow.close_account(ctx, world.deployment(7))
    world.send(world.close_deployment())
    for verb, refusal in (
        (escrow.withdraw, types.PaymentClosed),
        (escrow.close_payment, types.PaymentClosed),
    ):
        with pytest.raises(refusal):
            verb(ctx, world.bid_id())
    with pytest.raises(types.AccountClosed):
        escrow.close_account(ctx, world.deployment())


def test_a_short_pool_is_seen(world: Any) -> None:
    world.with_lease()
    ctx = world.ctx()
    world.k.bank.send_from_module(ctx, "escrow", world.dave, [Coin("uact", 1)])
    assert any("escrow holds" in text for text in world.k.escrow.invariants(ctx))
    with pytest.raises(types.InvalidAccount, match="escrow holds"):
        world.k.escrow.assert_backed(ctx)


def test_neighbours_are_as_expected(world: Any, build: Any) -> None:
    for protocol, keeper in (
        (expected_keepers.BankKeeper, world.k.bank),
        (expected_keepers.AuthzKeeper, world.k.authz),
        (expected_keepers.TakeKeeper, world.k.take),
        (expected_keepers.Reactions, world.k.reactions),
    ):
        assert build.missing(protocol, keeper) == []
