"""The arithmetic of settling: the network's table and worked examples, on plain values."""

from __future__ import annotations

import pytest

from supercloud.chain.x.escrow.settlement import Account, Deposit, Payment, Source, State, settle
from supercloud.chain.x.escrow.types import AccountClosed
from supercloud.types.dec import ONE, Dec
from supercloud.types.ids import BidID, DeploymentID

ALICE, CAROL, BOB = b"a" * 20, b"c" * 20, b"b" * 20
ACCOUNT = DeploymentID(ALICE, 1)


def account(*deposits: tuple[bytes, int]) -> Account:
    made = Account(ACCOUNT, ALICE, State.OPEN, 0)
    for payer, amount in deposits:
        made.add(Deposit(payer, 0, Source.BALANCE, "uact", amount * ONE))
    return made


def payments(*rates: str) -> list[Payment]:
    return [
        Payment(BidID(ALICE, 1, n, 1, BOB), BOB, State.OPEN, "uact", Dec.from_text(rate).raw)
        for n, rate in enumerate(rates, 1)
    ]


@pytest.mark.parametrize(
    ("deposit", "rates", "blocks", "end", "transfers", "unsettled"),
    [
        (100, (1, 2), 5, 85, (5, 10), (0, 0)),
        (100, (10, 10), 5, 0, (50, 50), (0, 0)),
        (100, (10, 10), 6, -20, (60, 40), (0, 20)),
        (200, (10, 10), 5, 100, (50, 50), (0, 0)),
        (200, (10, 10), 6, 80, (60, 60), (0, 0)),
        (200, (10, 10), 10, 0, (100, 100), (0, 0)),
        (200, (10, 10), 11, -20, (110, 90), (0, 20)),
    ],
)
def test_settle_table(
    deposit: int,
    rates: tuple[int, ...],
    blocks: int,
    end: int,
    transfers: tuple[int, ...],
    unsettled: tuple[int, ...],
) -> None:
    opened, streams = account((ALICE, deposit)), payments(*map(str, rates))
    assert settle(opened, streams, blocks) is (end < 0)
    assert opened.funds == {"uact": end * ONE}
    assert opened.transferred == {"uact": sum(transfers) * ONE}
    assert tuple(each.balance for each in streams) == tuple(each * ONE for each in transfers)
    assert tuple(each.unsettled for each in streams) == tuple(each * ONE for each in unsettled)
    expected = State.OVERDRAWN if end < 0 else State.OPEN
    assert {opened.state, *(each.state for each in streams)} == {expected}
    assert opened.settled_at == blocks


def test_oldest_deposit_pays_first_and_fractions_of_a_unit_are_dropped() -> None:
    opened, streams = account((ALICE, 500_000), (CAROL, 300_000)), payments("1.5", "2.25")
    assert settle(opened, streams, 101) is False
    assert [each.balance for each in streams] == [151 * ONE, 227 * ONE]
    assert opened.funds == {"uact": 799_622 * ONE}
    assert [(each.payer, each.amount) for each in opened.deposits] == [
        (ALICE, 499_622 * ONE),
        (CAROL, 300_000 * ONE),
    ]


def test_emptied_deposits_are_dropped() -> None:
    opened = account((ALICE, 10), (CAROL, 10))
    settle(opened, payments("15"), 1)
    assert [(each.payer, each.amount) for each in opened.deposits] == [(CAROL, 5 * ONE)]


@pytest.mark.parametrize(("step", "earned"), [(1000, 333_333), (1, 333_000)])
def test_every_settlement_loses_its_fraction(step: int, earned: int) -> None:
    opened, streams = account((ALICE, 1_000_000)), payments("333.333333333333333333")
    for height in range(step, 1001, step):
        settle(opened, streams, height)
    assert streams[0].balance == earned * ONE


def test_same_block_owes_nothing() -> None:
    opened, streams = account((ALICE, 10)), payments("100")
    assert settle(opened, streams, 0) is False
    assert streams[0].balance == 0
    assert opened.state is State.OPEN


def test_a_debt_stops_the_clock_until_a_deposit_clears_it() -> None:
    opened, streams = account((ALICE, 10)), payments("3")
    assert settle(opened, streams, 4) is True
    assert settle(opened, streams, 50) is True
    assert (opened.settled_at, streams[0].unsettled, opened.funds["uact"]) == (4, 2 * ONE, -2 * ONE)
    opened.add(Deposit(CAROL, 50, Source.BALANCE, "uact", 5 * ONE))
    assert settle(opened, streams, 60) is False
    assert (streams[0].unsettled, streams[0].balance) == (0, 12 * ONE)
    assert opened.funds == {"uact": 3 * ONE}
    assert opened.settled_at == 4


def test_a_part_of_the_debt_leaves_the_rest() -> None:
    opened, streams = account((ALICE, 10)), payments("3")
    settle(opened, streams, 4)
    opened.add(Deposit(ALICE, 5, Source.BALANCE, "uact", ONE))
    assert settle(opened, streams, 5) is True
    assert (streams[0].unsettled, opened.funds["uact"]) == (ONE, -ONE)


def test_deposits_of_another_denom_do_not_pay() -> None:
    opened, streams = account((ALICE, 10)), payments("20")
    opened.add(Deposit(CAROL, 0, Source.BALANCE, "uakt", 1000 * ONE))
    assert settle(opened, streams, 1) is True
    assert opened.funds == {"uact": -10 * ONE, "uakt": 1000 * ONE}


def test_a_closed_account_does_not_settle() -> None:
    opened = account((ALICE, 1))
    opened.state = State.CLOSED
    with pytest.raises(AccountClosed):
        settle(opened, [], 1)
