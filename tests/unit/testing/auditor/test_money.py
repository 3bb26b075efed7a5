"""The auditor's arithmetic against the worked examples of the network (settle table, overdraw, two depositors)."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from supercloud.pb.akash.base.deposit.v1.deposit_pb2 import Deposit
from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import Coin
from supercloud.testing.auditor.money import (
    CLOSED,
    DEPOSIT_URL,
    FRACTION,
    OPEN,
    OVERDRAWN,
    POOL,
    TAKEN,
    Account,
    Disagreement,
    Money,
    Permission,
    Stream,
)

NAME = "deployment/tenant/1"


def deposit(amount: int, *sources: Any, denom: str = "uact") -> Deposit:
    return Deposit(amount=Coin(denom=denom, amount=str(amount)), sources=sources or [1])


def money(**purses: int) -> Money:
    books = Money(str.encode)
    for name, amount in purses.items():
        books.purses.setdefault(name, books.purses[POOL].__class__())["uact"] = amount
    return books


def stream(account: Account, provider: str, rate: int, gseq: int = 1) -> Stream:
    name = f"tenant/1/{gseq}/1/{provider}"
    account.streams[name] = Stream(name, provider, "uact", rate)
    return account.streams[name]


@pytest.mark.parametrize(
    ("put_in", "rates", "blocks", "left", "earned", "debts"),
    [
        (100, (1, 2), 5, 85, (5, 10), (0, 0)),
        (100, (10, 10), 5, 0, (50, 50), (0, 0)),
        (100, (10, 10), 6, 0, (60, 40), (0, 20)),
        (200, (10, 10), 5, 100, (50, 50), (0, 0)),
        (200, (10, 10), 6, 80, (60, 60), (0, 0)),
        (200, (10, 10), 10, 0, (100, 100), (0, 0)),
        (200, (10, 10), 11, 0, (110, 90), (0, 20)),
    ],
)
def test_the_settle_table(
    put_in: int,
    rates: tuple[int, ...],
    blocks: int,
    left: int,
    earned: tuple[int, ...],
    debts: tuple[int, ...],
) -> None:
    books = money(tenant=put_in)
    account = books.open(NAME, "tenant", deposit(put_in))
    streams = [stream(account, "p", rate * FRACTION, number) for number, rate in enumerate(rates, 1)]
    books.height = blocks
    assert books.settle(account) == any(debts)
    assert account.left("uact") == left
    assert tuple(each.earned for each in streams) == earned
    assert tuple(each.debt for each in streams) == debts
    assert account.state == (OVERDRAWN if any(debts) else OPEN)
    assert books.settle(account) == any(debts), "nothing is owed twice"
    assert tuple(each.earned for each in streams) == earned


def test_a_lease_that_runs_dry_and_is_paid_up() -> None:
    books = money(tenant=500_100)
    account = books.open(NAME, "tenant", deposit(500_000))
    paid = stream(account, "p", FRACTION)
    books.height = 500_100
    assert books.settle(account)
    books.pay([paid])
    books.end(account)
    assert (paid.debt, paid.paid, books.purses["p"]["uact"]) == (100, 500_000, 500_000)
    books.fund(account, "tenant", deposit(100))
    books.revive(account)
    assert (account.state, paid.state, paid.paid) == (CLOSED, CLOSED, 500_100)
    assert books.purses[POOL]["uact"] == 0


def test_two_depositors_and_the_grant_that_comes_back() -> None:
    books = money(tenant=500_000, patron=300_000)
    books.permissions["patron", "tenant", DEPOSIT_URL] = Permission(
        "deposit", books.purses[POOL].__class__(uact=300_000), (1,)
    )
    account = books.open(NAME, "tenant", deposit(800_000, 1, 2))
    streams = [stream(account, "p", FRACTION * 3 // 2), stream(account, "q", FRACTION * 9 // 4)]
    books.height = 101
    assert not books.settle(account)
    assert [each.earned for each in streams] == [151, 227]
    assert [(lot.payer, lot.left) for lot in account.lots] == [("tenant", 499_622), ("patron", 300_000)]
    assert books.permissions["patron", "tenant", DEPOSIT_URL].limits["uact"] == 0
    account.state = CLOSED
    books.end(account)
    assert (books.purses["tenant"]["uact"], books.purses["patron"]["uact"]) == (499_622, 300_000)
    assert books.permissions["patron", "tenant", DEPOSIT_URL].limits["uact"] == 300_000


@pytest.mark.parametrize(
    ("rate", "steps", "earned"), [(333 * FRACTION + FRACTION // 3, 1, 333_333), (0, 1000, 333_000)]
)
def test_every_settlement_drops_the_fraction(rate: int, steps: int, earned: int) -> None:
    books = money(tenant=10**6)
    account = books.open(NAME, "tenant", deposit(10**6))
    paid = stream(account, "p", rate or 333 * FRACTION + FRACTION // 3)
    for step in range(1, steps + 1):
        books.height = 1000 * step // steps
        books.settle(account)
    assert paid.earned == earned


def test_the_take_is_cut_and_told() -> None:
    books = money(tenant=1000)
    books.rate_default = 10
    account = books.open(NAME, "tenant", deposit(1000))
    paid = stream(account, "p", FRACTION)
    books.height = 99
    books.settle(account)
    books.pay([paid])
    assert (books.purses[TAKEN]["uact"], books.purses["p"]["uact"]) == (9, 90)
    assert books.payouts == [(paid.name, "uact", 99, 9)]


def standing_in(credit: int, tokens: int, worth: int | None) -> tuple[Money, Account, Stream]:
    """An account with both, a stream of ten a block, and what a token pays (10^-18)."""
    books = money(tenant=credit)
    books.purses["tenant"]["uakt"] = tokens
    books.stand_in = lambda: worth
    account = books.open(NAME, "tenant", deposit(credit))
    books.fund(account, "tenant", deposit(tokens, denom="uakt"))
    return books, account, stream(account, "p", 10 * FRACTION)


def test_tokens_stand_in_for_credit_and_their_fractions_stay_in_the_pool() -> None:
    books, account, paid = standing_in(100, 50, 3 * FRACTION)
    books.height = 20
    assert not books.settle(account)
    assert (paid.earned, paid.debt, account.state) == (100, 0, OPEN)
    # 33.3 and a last fraction were needed; 33 were paid at once.
    needed = Fraction(33_333_333_333_333_333_334, FRACTION)
    assert account.left("uakt") == 50 - needed
    assert books.purses["p"]["uakt"] == 33
    books.pay([paid])
    account.state = CLOSED
    books.end(account)
    assert (books.purses["tenant"]["uakt"], books.purses[POOL]["uakt"]) == (16, 1)
    assert books.dust["uakt"] == 1


@pytest.mark.parametrize(("worth", "debt"), [(3 * FRACTION, 40), (FRACTION // 3, 93), (None, 100)])
def test_tokens_that_do_not_suffice_leave_a_debt(worth: int | None, debt: int) -> None:
    books, account, paid = standing_in(100, 20, worth)
    books.height = 20
    assert books.settle(account)
    assert (int(paid.debt), account.state) == (debt, OVERDRAWN)
    assert books.purses.get("p", {}).get("uakt", 0) == (0 if worth is None else 20)


def test_what_must_not_be_accepted() -> None:
    books = money(tenant=10)
    with pytest.raises(Disagreement, match="short"):
        books.open(NAME, "tenant", deposit(11))
    with pytest.raises(Disagreement, match="spent"):
        books.spend("tenant", "uact", 11)
    with pytest.raises(Disagreement, match="without a grant"):
        books.use("tenant", "other", "/x.Msg", None)
    books.permissions["tenant", "other", "/x.Msg"] = Permission(
        "any", books.purses[POOL].__class__(), expires=5
    )
    books.time = 6
    with pytest.raises(Disagreement, match="expired"):
        books.use("tenant", "other", "/x.Msg", None)
    books.forget_expired()
    assert not books.permissions
