"""distribution/periods.py: rewards by periods against exact accounting of every block and every delegation."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from supercloud.chain.x.distribution import periods, records
from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import Coin
from supercloud.pb.cosmos.distribution.v1beta1 import query_pb2
from supercloud.pb.cosmos.distribution.v1beta1 import tx_pb2 as distribution_tx
from supercloud.pb.cosmos.staking.v1beta1 import tx_pb2
from supercloud.testing.staked import UNIT, StakedChain, attributes, person
from supercloud.types.dec import ONE, Dec
from supercloud.types.errors import ChainError, ProgrammerError

PEOPLE = ("alice", "bob", "carol")
TAX, COMMISSION = Fraction(2, 100), Fraction(1, 10)


class Exact:
    """What everybody is owed, in fractions: shares out every block's fees to every delegation at once."""

    def __init__(self, powers: tuple[int, ...]) -> None:
        self.tokens = [power * UNIT for power in powers]
        self.shares: list[dict[str, Fraction]] = [
            {f"v{number}": Fraction(power * UNIT)} for number, power in enumerate(powers)
        ]
        self.owed: dict[tuple[str, int], Fraction] = {}

    def price(self, number: int) -> Fraction:
        """Shares of one token."""
        return Fraction(sum(self.shares[number].values())) / self.tokens[number]

    def share_out(self, fees: int, powers: list[int]) -> None:
        for number, power in enumerate(powers):
            part = fees * (1 - TAX) * power / sum(powers) * (1 - COMMISSION)
            total = sum(self.shares[number].values())
            for who, owned in self.shares[number].items():
                key = (who, number)
                self.owed[key] = self.owed.get(key, Fraction(0)) + part * owned / total


class Run:
    """The chain and the exact accounting, side by side."""

    def __init__(self) -> None:
        self.chain = StakedChain((10, 20))
        self.exact = Exact((10, 20))
        self.paid: dict[tuple[str, int], int] = {}
        self.payments: dict[tuple[str, int], int] = {}
        self.fees = 0
        self.least = 10 * UNIT

    def note(self, events: Any) -> None:
        names = {self.chain.text(name): name for name in (*PEOPLE, "v0", "v1")}
        numbers = {keys.text: number for number, keys in enumerate(self.chain.validators)}
        for told in attributes(events, "withdraw_rewards"):
            key = (names[told["delegator"]], numbers[told["validator"]])
            amount = int(told["amount"].removesuffix("uakt"))
            self.paid[key] = self.paid.get(key, 0) + amount
            self.payments[key] = self.payments.get(key, 0) + 1

    def pay(self, fees: int) -> None:
        self.chain.pay_fees(f"{fees}uakt")
        self.fees += fees

    def block(self) -> None:
        votes = self.chain.deciding[1]
        self.note(self.chain.block())
        self.exact.share_out(self.fees, [votes[keys.public_key] for keys in self.chain.validators])
        self.fees = 0

    def delegate(self, who: str, number: int, amount: int) -> None:
        self.note(self.chain.send(self._message(tx_pb2.MsgDelegate, who, number, amount)))
        shares = self.exact.shares[number]
        shares[who] = shares.get(who, Fraction(0)) + amount * self.exact.price(number)
        self.exact.tokens[number] += amount

    def undelegate(self, who: str, number: int, amount: int) -> None:
        owned = self.exact.shares[number].get(who, Fraction(0)) / self.exact.price(number)
        amount = min(amount, int(owned) - 1)
        if amount <= 0:
            return
        try:
            events = self.chain.send(self._message(tx_pb2.MsgUndelegate, who, number, amount))
        except ChainError as error:
            assert error.code == 27
            return
        self.note(events)
        self.exact.shares[number][who] -= amount * self.exact.price(number)
        self.exact.tokens[number] -= int(attributes(events, "unbond")[0]["amount"].removesuffix("uakt"))
        self.least = min(self.least, self.exact.tokens[number])

    def slash(self, number: int, percent: int) -> None:
        ctx = self.chain.ctx()
        keys = self.chain.validators[number]
        power = self.exact.tokens[number] // UNIT
        burned = self.chain.k.staking.slash(
            ctx, keys.consensus, ctx.height, power, Dec.from_text(f"0.{percent:02d}")
        )
        self.exact.tokens[number] -= burned
        self.least = min(self.least, self.exact.tokens[number])

    def withdraw(self, who: str, number: int) -> None:
        if not self.exact.shares[number].get(who):
            return
        message = distribution_tx.MsgWithdrawDelegatorReward(
            delegator_address=self.chain.text(who), validator_address=self.chain.validators[number].text
        )
        self.note(self.chain.send(message))

    def _message(self, kind: Any, who: str, number: int, amount: int) -> Any:
        return kind(
            delegator_address=self.chain.text(who),
            validator_address=self.chain.validators[number].text,
            amount=Coin(denom="uakt", amount=str(amount)),
        )

    def pending(self, who: str, number: int) -> Fraction:
        request = query_pb2.QueryDelegationRewardsRequest(
            delegator_address=self.chain.text(who), validator_address=self.chain.validators[number].text
        )
        path = "/cosmos.distribution.v1beta1.Query/DelegationRewards"
        rewards = self.chain.query(path, request).rewards
        return Fraction(sum(int(coin.amount) for coin in rewards), ONE)


WHO, WHERE = st.sampled_from(PEOPLE), st.integers(0, 1)
AMOUNT = st.integers(1, 50 * UNIT)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("pay"), st.integers(1, 10**9)),
        st.tuples(st.just("block")),
        st.tuples(st.just("delegate"), WHO, WHERE, AMOUNT),
        st.tuples(st.just("undelegate"), WHO, WHERE, AMOUNT),
        st.tuples(st.just("slash"), WHERE, st.integers(1, 20)),
        st.tuples(st.just("withdraw"), WHO, WHERE),
    ),
    min_size=5,
    max_size=30,
)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(steps=STEPS)
def test_everybody_gets_what_exact_accounting_says(steps: list[Any]) -> None:
    run = Run()
    run.block()
    for name, *arguments in steps:
        getattr(run, name)(*arguments)
    run.block()
    assert run.chain.violations() == []
    for (who, number), owed in run.exact.owed.items():
        key = (who, number)
        got = run.paid.get(key, 0) + (run.pending(*key) if run.exact.shares[number].get(who) else 0)
        # Each payment may leave less than one unit to the community. Who leaves may leave a part of a token
        # behind, which earns for nobody until the next change of those who stay.
        lost = run.payments.get(key, 0) + owed * len(steps) / run.least + Fraction(1, 1000)
        assert owed - lost <= got <= owed + Fraction(1, 10**6), key


def test_nothing_is_earned_in_the_block_of_the_beginning() -> None:
    chain = StakedChain((10, 20))
    chain.block()
    message = tx_pb2.MsgDelegate(
        delegator_address=chain.text("alice"),
        validator_address=chain.validators[0].text,
        amount=Coin(denom="uakt", amount="5"),
    )
    chain.send(message)
    events = chain.send(message)
    assert attributes(events, "withdraw_rewards")[0]["amount"] == "0uakt"


def test_rewards_without_a_token_that_earned_them_are_the_community_s() -> None:
    chain = StakedChain((10, 20))
    chain.pay_fees("1000000uakt", "bob")
    chain.block(2)
    ctx, keys = chain.ctx(), chain.validators[0]
    validator = chain.k.staking.require_validator(ctx, keys.operator)
    earned, period = records.current(ctx, keys.operator)
    assert not earned.is_zero()
    before = records.fee_pool(ctx)
    validator.tokens = "0"
    assert periods.end(ctx, validator, keys.operator) == period
    assert records.fee_pool(ctx) == before.add(earned)
    assert chain.violations() == []


def test_a_stake_that_grew_without_reason_stops_everything() -> None:
    chain = StakedChain((10, 20))
    chain.block()
    keys = chain.validators[0]
    ctx = chain.ctx()
    info = records.starting(ctx, keys.operator, person("v0"))
    assert info is not None
    for excess, stops in ((3, False), (4, True)):
        info.stake = str(10 * UNIT * ONE + excess)
        records.set_starting(ctx, keys.operator, person("v0"), info)
        path = "/cosmos.distribution.v1beta1.Query/DelegationRewards"
        request = query_pb2.QueryDelegationRewardsRequest(
            delegator_address=keys.account, validator_address=keys.text
        )
        if stops:
            with pytest.raises(ProgrammerError, match="greater than current stake"):
                chain.query(path, request)
        else:
            chain.query(path, request)
