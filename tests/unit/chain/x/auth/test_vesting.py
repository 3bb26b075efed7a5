"""Coins that become free with time: schedules, staking, what can be spent, genesis."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from supercloud.chain.app import default_genesis
from supercloud.chain.baseapp.genesis import GenesisError
from supercloud.chain.x.auth import vesting
from supercloud.pb.cosmos.bank.v1beta1 import query_pb2 as bank_query
from supercloud.pb.cosmos.bank.v1beta1.tx_pb2 import MsgSend
from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import Coin as CoinPb
from supercloud.pb.cosmos.staking.v1beta1 import tx_pb2 as staking
from supercloud.pb.cosmos.vesting.v1beta1 import tx_pb2 as tx
from supercloud.pb.cosmos.vesting.v1beta1 import vesting_pb2 as pb
from supercloud.testing.ledger import Ledger
from supercloud.testing.staked import SECOND, UNIT, StakedChain, person
from supercloud.types.coin import Coin
from supercloud.types.dec import Dec
from supercloud.types.errors import ChainError

START, END = 1000, 2000


def base(amount: int = 100, end: int = END, **more: Any) -> pb.BaseVestingAccount:
    return pb.BaseVestingAccount(original_vesting=coins(amount), end_time=end, **more)


def coins(amount: int, denom: str = "uakt") -> list[CoinPb]:
    return [CoinPb(denom=denom, amount=str(amount))] if amount else []


def periodic(*parts: tuple[int, int], start: int = START) -> pb.PeriodicVestingAccount:
    return pb.PeriodicVestingAccount(
        base_vesting_account=base(
            sum(part for _, part in parts), min(start + sum(length for length, _ in parts), vesting.END_MAX)
        ),
        start_time=start,
        vesting_periods=[pb.Period(length=length, amount=coins(part)) for length, part in parts],
    )


KINDS = {
    "continuous": pb.ContinuousVestingAccount(base_vesting_account=base(), start_time=START),
    "delayed": pb.DelayedVestingAccount(base_vesting_account=base()),
    "periodic": periodic((100, 10), (400, 30), (500, 60)),
    "locked": pb.PermanentLockedAccount(base_vesting_account=base(end=0)),
    "bare": base(),
}


@pytest.mark.parametrize(
    ("kind", "free"),
    [
        # At the start, a second later, at a quarter, at a half, a second before the end, at the end.
        ("continuous", [0, 0, 25, 50, 100, 100]),
        ("delayed", [0, 0, 0, 0, 0, 100]),
        ("periodic", [0, 0, 10, 40, 40, 100]),
        ("locked", [0, 0, 0, 0, 0, 0]),
        ("bare", [100, 100, 100, 100, 100, 100]),
    ],
)
def test_what_is_free_when(kind: str, free: list[int]) -> None:
    moments = (START, START + 1, START + 250, START + 500, END - 1, END)
    assert [vesting.vested(KINDS[kind], moment).get("uakt", 0) for moment in moments] == free
    assert [vesting.locked(KINDS[kind], moment).get("uakt", 0) for moment in moments] == [
        100 - each for each in free
    ]


@given(
    amount=st.integers(1, 10**17),
    length=st.integers(1, 10**9),
    part=st.fractions(0, 1),
)
def test_an_even_schedule_is_off_by_at_most_one_unit(amount: int, length: int, part: Fraction) -> None:
    passed = int(part * length)
    record = pb.ContinuousVestingAccount(base_vesting_account=base(amount, START + length), start_time=START)
    free = vesting.vested(record, START + passed).get("uakt", 0)
    assert abs(free - Fraction(amount * passed, length)) <= 1
    assert 0 <= free <= amount


def test_coins_that_vest_are_staked_first_and_come_back_last() -> None:
    record = pb.ContinuousVestingAccount(base_vesting_account=base(), start_time=START)
    schedule = record.base_vesting_account
    vesting.track_delegation(record, START + 400, [Coin("uakt", 50)])
    assert (list(schedule.delegated_vesting), list(schedule.delegated_free)) == (coins(50), [])
    vesting.track_delegation(record, START + 400, [Coin("uakt", 50)])
    assert (list(schedule.delegated_vesting), list(schedule.delegated_free)) == (coins(60), coins(40))
    vesting.track_undelegation(record, [Coin("uakt", 70)])
    assert (list(schedule.delegated_vesting), list(schedule.delegated_free)) == (coins(30), [])
    # More comes back than was noted: rounding gave it.
    vesting.track_undelegation(record, [Coin("uakt", 31)])
    assert (list(schedule.delegated_vesting), list(schedule.delegated_free)) == ([], [])


def test_a_bare_base_is_not_tracked() -> None:
    record = base()
    vesting.track_delegation(record, START, [Coin("uakt", 5)])
    vesting.track_undelegation(record, [Coin("uakt", 5)])
    assert record == base()


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (base(0), "invalid coins"),
        (base(-1), "invalid coins"),
        (base(end=-1), "negative"),
        (base(delegated_vesting=coins(101)), "greater than original"),
        (base(delegated_vesting=coins(1, "uusdc")), "greater than original"),
        (pb.ContinuousVestingAccount(base_vesting_account=base(), start_time=END), "before it ends"),
        (pb.PermanentLockedAccount(base_vesting_account=base()), "end-time"),
        (periodic((-1, 5), (9, 5)), "negative length"),
        (periodic((1, 0), (9, 5)), "invalid coins"),
        (periodic((2**62, 1), (2**62 - 1000, 1), start=2**62 - 5000), "too long"),
    ],
)
def test_schedules_that_make_no_sense(record: Any, words: str) -> None:
    assert words in (vesting.what_is_wrong(record) or "")


@pytest.mark.parametrize("record", KINDS.values(), ids=KINDS)
def test_schedules_that_do(record: Any) -> None:
    assert vesting.what_is_wrong(record) is None


def test_periods_must_add_up() -> None:
    record = periodic((100, 10), (400, 30))
    record.base_vesting_account.end_time += 1
    assert "end time does not match" in (vesting.what_is_wrong(record) or "")
    record = periodic((100, 10), (400, 30))
    record.base_vesting_account.original_vesting[0].amount = "41"
    assert "do not match" in (vesting.what_is_wrong(record) or "")


# --- In the whole ledger

ALL = 1_000 * UNIT
# Divides a decimal's 18 digits: what is free is then exactly the rounded fraction.
LENGTH = 1_000


class Vera:
    """Somebody whose coins vest, and what an exact account of them says."""

    def __init__(self) -> None:
        self.chain = StakedChain((10, 20), genesis={"staking": {"params": {"unbonding_time": "10s"}}})
        self.start = self.chain.time // SECOND
        self.address = person("vera")
        self.text = self.chain.bech32.text(self.address)
        self.chain.send(
            tx.MsgCreateVestingAccount(
                from_address=self.chain.text("alice"),
                to_address=self.text,
                amount=coins(ALL),
                end_time=self.start + LENGTH,
            )
        )
        self.chain.give("vera", ALL // 2)
        self.held = self.chain.balance(self.address)
        self.of_vesting = self.of_free = 0

    def vesting_now(self) -> int:
        passed = min(self.chain.time // SECOND - self.start, LENGTH)
        return ALL - round(Fraction(ALL * passed, LENGTH))

    def locked_now(self) -> int:
        return max(self.vesting_now() - self.of_vesting, 0)

    def delegate(self, part: Fraction) -> None:
        amount = int(self.held * part)
        if not amount:
            return
        held_back = self.locked_now()
        message = staking.MsgDelegate(
            delegator_address=self.text, validator_address=self.chain.validators[0].text
        )
        message.amount.CopyFrom(coins(amount)[0])
        self.chain.send(message)
        self.of_vesting += min(held_back, amount)
        self.of_free += amount - min(held_back, amount)
        self.held -= amount

    def undelegate(self, part: Fraction) -> None:
        operator = self.chain.validators[0].operator
        keeper, ctx = self.chain.k.staking, self.chain.ctx()
        staked = keeper.delegation(ctx, self.address, operator)
        if staked is None:
            return
        worth = keeper.tokens_from_shares(
            keeper.require_validator(ctx, operator), Dec.from_wire(staked.shares)
        )
        message = staking.MsgUndelegate(
            delegator_address=self.text, validator_address=self.chain.validators[0].text
        )
        message.amount.CopyFrom(CoinPb(denom="uakt", amount=str(int(worth.truncate() * part))))
        try:
            self.chain.send(message)
        except ChainError:
            # Nothing, or more parts on their way than one may have.
            return

    def slash(self, part: Fraction) -> None:
        validator, ctx = self.chain.validators[0], self.chain.ctx()
        power = int(self.chain.k.staking.require_validator(ctx, validator.operator).tokens) // UNIT
        fraction = Dec.of(int(part * 30)).quo_int(100)
        self.chain.k.staking.slash(ctx, validator.consensus, self.chain.height - 1, power, fraction)

    def spend(self, part: Fraction) -> None:
        amount = int((self.held - self.locked_now()) * part)
        if amount:
            self.chain.send(
                MsgSend(from_address=self.text, to_address=self.chain.text("bob"), amount=coins(amount))
            )
            self.held -= amount

    def wait(self, part: Fraction) -> None:
        self.chain.block(seconds=1 + int(part * 200))
        # What comes back, by when it does, is staking's affair; how it is counted is not.
        back = self.chain.balance(self.address) - self.held
        of_free = min(self.of_free, back)
        self.of_free -= of_free
        self.of_vesting -= min(self.of_vesting, back - of_free)
        self.held += back

    def check(self) -> None:
        bank, ctx = self.chain.k.bank, self.chain.ctx()
        spendable = bank.spendable(ctx, self.address, "uakt")
        assert bank.locked(ctx, self.address).get("uakt", 0) == self.locked_now()
        assert spendable + self.locked_now() == self.held == bank.balance(ctx, self.address, "uakt")
        too_much = MsgSend(from_address=self.text, to_address=self.text, amount=coins(spendable + 1))
        with pytest.raises(ChainError) as caught:
            self.chain.send(too_much)
        assert (caught.value.codespace, caught.value.code) == ("sdk", 5)
        assert self.chain.violations() == []


STEPS = st.lists(
    st.tuples(st.sampled_from(["delegate", "undelegate", "slash", "spend", "wait"]), st.fractions(0, 1)),
    max_size=14,
)


@settings(max_examples=25, deadline=None)
@given(steps=STEPS)
def test_spendable_and_locked_are_the_balance_whatever_happens(steps: list[tuple[str, Fraction]]) -> None:
    vera = Vera()
    vera.check()
    for name, part in steps:
        getattr(vera, name)(part)
        vera.check()


def test_a_loss_by_slashing_counts_as_one_of_coins_that_vest() -> None:
    vera = Vera()
    vera.delegate(Fraction(1))
    vera.slash(Fraction(1))
    vera.undelegate(Fraction(1))
    # What is due is paid at the end of the block in which it is.
    vera.wait(Fraction(1, 10))
    vera.wait(Fraction(1, 10))
    # All free coins are back; those that vest lost, and what is left of them is locked no more than it vests.
    assert vera.held < ALL + ALL // 2
    assert vera.of_free == 0 and vera.of_vesting > 0
    vera.check()
    vera.wait(Fraction(5))
    vera.check()
    assert vera.locked_now() == 0


def test_queries_tell_what_can_be_spent() -> None:
    vera = Vera()
    request = bank_query.QuerySpendableBalancesRequest(address=vera.text)
    found = vera.chain.query("/cosmos.bank.v1beta1.Query/SpendableBalances", request)
    assert list(found.balances) == coins(ALL // 2)
    by_denom = bank_query.QuerySpendableBalanceByDenomRequest(address=vera.text, denom="uakt")
    found = vera.chain.query("/cosmos.bank.v1beta1.Query/SpendableBalanceByDenom", by_denom)
    assert found.balance == coins(ALL // 2)[0]


def test_fees_are_not_paid_with_locked_coins() -> None:
    ledger = Ledger()
    vera = ledger.actor("vera")
    grant = tx.MsgCreatePermanentLockedAccount(
        from_address=ledger.alice.text, to_address=vera.text, amount=coins(10**9)
    )
    assert ledger.deliver(grant, by=ledger.alice).code == 0
    to_bob = MsgSend(from_address=vera.text, to_address=ledger.bob.text, amount=coins(1))
    refused = ledger.deliver(to_bob, by=vera)
    assert (refused.codespace, refused.code) == ("sdk", 5)
    assert "spendable balance 0uakt is smaller than 5000uakt" in refused.log
    gift = MsgSend(from_address=ledger.alice.text, to_address=vera.text, amount=coins(5001))
    assert ledger.deliver(gift, by=ledger.alice).code == 0
    assert ledger.deliver(to_bob, by=vera).code == 0
    assert ledger.balance(vera) == 10**9


def test_escrow_takes_no_locked_coins(world: Any) -> None:
    document = default_genesis(world.profile, {world.alice: {"uact": 600_000}})
    (account,) = document["auth"]["accounts"]
    account["base_account"] = {
        "address": account.pop("address"),
        "account_number": account.pop("account_number"),
    }
    document["auth"]["accounts"] = [
        {
            "@type": "/cosmos.vesting.v1beta1.PermanentLockedAccount",
            "base_vesting_account": {
                "base_account": account["base_account"],
                "original_vesting": [{"denom": "uact", "amount": "200000"}],
                "end_time": "0",
            },
        }
    ]
    world.load(document)
    # As one who has too little: escrow counts what can be spent.
    assert world.refused(world.create_deployment(amount=500_000)) == ("undefined", 1)
    document["auth"]["accounts"][0]["base_vesting_account"]["original_vesting"][0]["amount"] = "100000"
    world.load(document)
    world.send(world.create_deployment(amount=500_000))
    assert world.balance(world.alice) == 100_000


@pytest.mark.parametrize("kind", KINDS)
def test_genesis_carries_every_kind(kind: str) -> None:
    ledger = Ledger(start=False)
    state = ledger.genesis({"alice": {"uakt": 1000}, "bob": {"uakt": 1000}})
    record = type(KINDS[kind])()
    record.CopyFrom(KINDS[kind])
    vesting.schedule_of(record).base_account.address = ledger.alice.text
    vesting.schedule_of(record).base_account.account_number = 7
    vesting.schedule_of(record).delegated_vesting.extend(coins(3))
    from supercloud.codec.json import to_dict

    packed = {"@type": vesting.PREFIX + record.DESCRIPTOR.name, **to_dict(record)}
    state["auth"]["accounts"] = [packed, *state["auth"]["accounts"][1:]]
    ledger.init(state)
    exported = ledger.app.export_state()
    assert packed in exported["auth"]["accounts"]
    again = Ledger(start=False)
    again.init(exported)
    assert again.app.export_state()["auth"] == exported["auth"]
    found = again.app.keepers.auth.account(again.context(), ledger.alice.address)
    assert found is not None and found.record == record


def test_genesis_refuses_a_schedule_that_makes_no_sense() -> None:
    ledger = Ledger(start=False)
    state = ledger.genesis({"alice": {"uakt": 1000}})
    state["auth"]["accounts"] = [
        {
            "@type": "/cosmos.vesting.v1beta1.DelayedVestingAccount",
            "base_vesting_account": {"base_account": {"address": ledger.alice.text}, "end_time": "5"},
        }
    ]
    with pytest.raises(GenesisError, match="invalid coins"):
        ledger.init(state)
