"""The books together: read from a ledger, moved by its blocks; and that what was cooked is seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from supercloud.testing.auditor.books import Books, coins, round_text
from supercloud.testing.auditor.decimals import ONE
from supercloud.testing.auditor.grants import Grant
from supercloud.testing.auditor.money import Disagreement, Money
from supercloud.testing.auditor.proposals import Proposal
from supercloud.testing.simulation import Simulation
from supercloud.testing.simulation.cast import STAKES, VAULT


@pytest.fixture(scope="module")
def run() -> Simulation:
    """A simulation after its first block."""
    return Simulation(3)


def test_amounts_and_decimals() -> None:
    assert coins("5uakt,70uusdc") == {"uakt": 5, "uusdc": 70}
    assert coins("") == {}
    assert (round_text("1.5"), round_text("0.000000000000000001")) == (ONE * 3 // 2, 1)


def test_they_begin_with_what_queries_tell(run: Simulation) -> None:
    books = run.auditor.books
    assert sorted(each.tokens for each in books.stakes.validators.values()) == sorted(STAKES)
    assert books.stakes.bonded() == sum(STAKES)
    assert books.money.purses["module/bme"] == {"uakt": VAULT}
    assert len(books.prices.allowed) == 2
    assert {each.name for each in books.treasury.clock.epochs} >= {"minute", "hour"}
    assert books.compare(run.ask) > 0


def lot(books: Books) -> None:
    books.money.purses["module/feeauction"]["uakt"] += 1


def grant(books: Books) -> None:
    books.grants.grants[1] = Grant("x", Counter(uakt=1))


def deposit(books: Books) -> None:
    books.proposals.open[1] = Proposal(1, "x", [], False, 0, deposits={"x": Counter(uakt=1)})


def stake(books: Books) -> None:
    next(iter(books.stakes.validators.values())).tokens += 1


def locked(books: Books) -> None:
    books.vault.locked = VAULT + 1


@pytest.mark.parametrize(
    ("cook", "words"),
    [
        (lot, "module/feeauction holds"),
        (grant, "module/grants holds"),
        (deposit, "module/gov holds"),
        (stake, "module/bonded_tokens_pool holds"),
        (locked, "the vault lacks"),
    ],
)
def test_a_purse_that_does_not_hold_what_is_owed_is_seen(cook: Callable[[Books], None], words: str) -> None:
    books = Simulation(3).auditor.books
    books.balance()
    cook(books)
    with pytest.raises(Disagreement, match=words):
        books.balance()


def test_what_the_ledger_tells_and_the_books_do_not_know_is_seen() -> None:
    books = Books(Money(str.encode))
    told = [("withdraw_rewards", {"validator": "v", "delegator": "d", "amount": "1uakt"})]
    books.hear(told)
    with pytest.raises(Disagreement, match="for no reason"):
        books.hear([])
    books.stakes.paid.clear()
    with pytest.raises(Disagreement, match="decided"):
        books.end_block([("active_proposal", {"proposal_id": "1", "proposal_result": "passed"})], print)
    with pytest.raises(Disagreement, match="conversions ended"):
        books.end_block([("akash.bme.v1.EventLedgerRecordExecuted", {})], print)
    with pytest.raises(Disagreement, match="the price is"):
        books.close_block([("akash.oracle.v2.EventAggregatedPrice", {"price": '{"twap":"1.0"}'})])


def test_a_punishment_needs_its_proof_and_the_right_amount(run: Simulation) -> None:
    books = Simulation(3).auditor.books
    books.money.height = 9
    name = next(iter(books.stakes.validators.values())).consensus
    words = {"address": name, "power": "1", "reason": "double_sign", "burned_coins": "50000"}
    with pytest.raises(Disagreement, match="without a proof"):
        books.begin_block([], {}, [("slash", words)])
    books.begin_block([], {name: 7}, [("slash", words), ("slash", {"jailed": name})])
    assert any(each.jailed for each in books.stakes.validators.values())
    with pytest.raises(Disagreement, match="lost 50001, not 50000"):
        books.begin_block([], {name: 7}, [("slash", {**words, "burned_coins": "50001"})])
