"""Native tokens that stand in for credit while none can be minted: the arithmetic, and the whole ledger."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from supercloud.chain.x.escrow.settlement import Account, Deposit, Payment, Source, StandIn, State, settle
from supercloud.chain.x.oracle.keys import Pair
from supercloud.pb.akash.bme.v1.types_pb2 import Status
from supercloud.pb.akash.escrow.v1.msg_pb2 import MsgAccountDeposit
from supercloud.pb.akash.oracle.v2.prices_pb2 import AggregatedPrice, PriceHealth
from supercloud.types.dec import ONE, Dec
from supercloud.types.ids import BidID, DeploymentID

ALICE, BOB = b"a" * 20, b"b" * 20
HEALTHY, HALT_CR, HALT_ORACLE = 1, 3, 4


def opened(credit: int, tokens: int) -> Account:
    account = Account(DeploymentID(ALICE, 1), ALICE, State.OPEN, 0, {"uact": 0}, {"uact": 0})
    for denom, amount in (("uact", credit), ("uakt", tokens)):
        if amount:
            account.add(Deposit(ALICE, 0, Source.BALANCE, denom, amount * ONE))
    return account


def stream(rate: str = "10", number: int = 1) -> Payment:
    bid = BidID(ALICE, 1, number, 1, BOB)
    return Payment(bid, BOB, State.OPEN, "uact", Dec.from_text(rate).raw)


def at(price: str) -> StandIn:
    return StandIn("uakt", "uact", Dec.from_text(price))


# The arithmetic.


def test_what_credit_lacks_tokens_pay_and_the_account_stays_open() -> None:
    account, payment = opened(100, 50), stream()
    assert settle(account, [payment], 20, at("3")) is False
    # 100 are lacking: 33.3 tokens and a last fraction, so that nothing is left of the debt.
    assert payment.stood_in == 33_333_333_333_333_333_334
    assert (payment.balance, payment.unsettled, payment.state) == (100 * ONE, 0, State.OPEN)
    assert account.state is State.OPEN
    assert account.funds == {"uact": 0, "uakt": 50 * ONE - payment.stood_in}
    assert account.transferred == {"uact": 100 * ONE, "uakt": payment.stood_in}
    # It goes on: the next settlement finds an open account without credit, and the tokens that are left.
    payment.stood_in = 0
    assert settle(account, [payment], 21, at("3")) is False
    assert payment.stood_in == 3_333_333_333_333_333_334
    assert account.settled_at == 21


def test_tokens_that_do_not_suffice_leave_the_rest_as_debt() -> None:
    account, payment = opened(100, 20), stream()
    assert settle(account, [payment], 20, at("3")) is True
    assert (payment.stood_in, payment.unsettled) == (20 * ONE, 40 * ONE)
    assert (account.state, payment.state) == (State.OVERDRAWN, State.OVERDRAWN)
    assert account.funds == {"uact": -40 * ONE, "uakt": 0}
    assert account.deposits == []


def test_payments_are_served_in_order() -> None:
    account, first, second = opened(0, 15), stream(number=1), stream(number=2)
    assert settle(account, [first, second], 1, at("1")) is True
    assert (first.stood_in, second.stood_in) == (10 * ONE, 5 * ONE)
    assert (first.unsettled, second.unsettled) == (0, 5 * ONE)
    # One debt ends the account, and all its payments.
    assert {first.state, second.state} == {State.OVERDRAWN}


def test_other_denoms_are_no_concern_of_it() -> None:
    account, payment = opened(0, 50), stream()
    payment.denom = "uusdc"
    account.funds["uusdc"] = account.transferred["uusdc"] = 0
    assert settle(account, [payment], 1, at("1")) is True
    assert payment.stood_in == 0


@given(
    st.integers(0, 10**9),
    st.integers(0, 10**9),
    st.integers(1, 10**22),
    st.lists(st.integers(1, 10**7), min_size=1, max_size=4),
    st.integers(1, 1000),
)
@settings(max_examples=300, deadline=None)
def test_every_fraction_is_accounted_for(
    credit: int, tokens: int, price: int, rates: list[int], blocks: int
) -> None:
    account = opened(credit, tokens)
    streams = [stream(str(rate), number) for number, rate in enumerate(rates, 1)]
    overdrawn = settle(account, streams, blocks, StandIn("uakt", "uact", Dec(price)))
    left = dict.fromkeys(("uact", "uakt"), 0)
    for deposit in account.deposits:
        left[deposit.denom] += deposit.amount
    assert credit * ONE - left["uact"] == sum(each.balance for each in streams)
    assert tokens * ONE - left["uakt"] == sum(each.stood_in for each in streams)
    owed = sum(rates) * blocks * ONE
    paid = sum(each.balance for each in streams)
    debt = sum(each.unsettled for each in streams)
    cleared = owed - paid - debt
    # Nobody gets less for tokens than they are worth, nor pays more than a last fraction for each debt.
    worth = Fraction(sum(each.stood_in for each in streams) * price, ONE)
    assert cleared <= worth + len(rates)
    assert worth - cleared <= len(rates) * Fraction(price + ONE, ONE)
    assert overdrawn is (debt > 0)
    assert account.funds["uact"] == left["uact"] - debt
    if overdrawn:
        assert account.funds.get("uakt", 0) == 0


# The whole ledger.


def breaker(world: Any, status: int, price: str = "2") -> None:
    """The vault's status and the oracle's price, as their modules would have left them."""
    ctx, pair = world.ctx(), Pair("akt", "usd")
    world.k.bme.set_status(ctx, Status(status=status, epoch_height_diff=10))
    world.k.oracle.set_health(ctx, pair, PriceHealth(denom="akt", is_healthy=bool(price)))
    if price:
        found = AggregatedPrice(denom="akt", twap=Dec.from_text(price).to_wire())
        world.k.oracle.set_aggregated(ctx, pair, found)


def topped_up(world: Any, tokens: int = 1_000) -> Any:
    """A lease of 1000 credit a block with credit for 500 blocks, and some native tokens on top."""
    world.with_lease(price="1000")
    message = MsgAccountDeposit(signer=world.text(world.alice))
    message.id.scope, message.id.xid = 1, f"{world.text(world.alice)}/1"
    message.deposit.amount.denom, message.deposit.amount.amount = "uakt", str(tokens)
    message.deposit.sources.append(1)
    world.send(message)
    return world


def test_a_provider_is_paid_in_tokens_while_credit_can_not_be_minted(world: Any) -> None:
    topped_up(world)
    breaker(world, HALT_CR)
    world.blocks(501)
    credit, tokens = world.balance(world.bob), world.balance(world.bob, "uakt")
    world.send(world.withdraw())
    assert world.balance(world.bob) == credit + 500_000
    # One block of 1000 is lacking; a token is worth two.
    assert world.balance(world.bob, "uakt") == tokens + 500
    assert world.lease_state()[0] == "active"
    assert (world.deployment_state(), world.account_state()) == ("active", "OPEN")
    assert world.violations() == []
    world.blocks(1)
    world.send(world.withdraw())
    assert world.balance(world.bob, "uakt") == tokens + 1_000
    world.blocks(1)
    world.send(world.withdraw())
    assert world.lease_state() == ("insufficient_funds", 20000)
    assert world.violations() == []


def test_what_is_not_needed_goes_back(world: Any) -> None:
    topped_up(world)
    breaker(world, HALT_CR)
    before = world.balance(world.alice, "uakt")
    world.blocks(501)
    world.send(world.close_deployment())
    assert world.balance(world.alice, "uakt") == before + 500
    assert world.pool("uakt") == 0
    assert world.violations() == []


@pytest.mark.parametrize(("status", "price"), [(HEALTHY, "2"), (HALT_ORACLE, ""), (HALT_CR, "")])
def test_in_healthy_times_and_without_a_price_tokens_are_given_back(
    world: Any, status: int, price: str
) -> None:
    topped_up(world)
    breaker(world, status, price)
    alice, bob = world.balance(world.alice, "uakt"), world.balance(world.bob, "uakt")
    world.blocks(501)
    world.send(world.withdraw())
    assert world.account_state() == "OVERDRAWN"
    assert world.balance(world.alice, "uakt") == alice + 1_000
    assert world.balance(world.bob, "uakt") == bob
    assert world.violations() == []


def test_the_take_applies_to_tokens_too(world: Any) -> None:
    params = world.k.take.params(world.ctx())
    changed = type(params)()
    changed.CopyFrom(params)
    next(entry for entry in changed.denom_take_rates if entry.denom == "uakt").rate = 10
    world.k.take.set_params(world.ctx(), changed)
    topped_up(world)
    breaker(world, HALT_CR)
    world.blocks(501)
    tokens = world.balance(world.bob, "uakt")
    world.send(world.withdraw())
    assert world.balance(world.bob, "uakt") == tokens + 450
    assert world.pool("uakt", "take") == 50


def test_a_vault_tells_its_stand_in(world: Any) -> None:
    breaker(world, HALT_CR, "2.5")
    assert world.k.bme.stand_in(world.ctx()) == ("uact", Dec.from_text("2.5"))
    breaker(world, HEALTHY, "2.5")
    assert world.k.bme.stand_in(world.ctx()) is None
