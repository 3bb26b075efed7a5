"""Conversions from request to record: amounts, spreads, remint credit, waiting, trying again, giving back."""

from __future__ import annotations

from typing import Any

import pytest

from supercloud.chain.x.bme import keys, settlement, types
from supercloud.pb.akash.bme.v1 import types_pb2 as pb
from supercloud.testing.staked import PURSE, attributes

PENDING, EXECUTED, CANCELED = (f"ledger_record_status_{name}" for name in ("pending", "executed", "canceled"))
AKT = 1_000_000


def test_a_mint_makes_credit_and_locks_tokens(vault: Any) -> None:
    here = vault()
    before = here.supply("uakt")
    here.mint(10 * AKT)
    assert (here.has("alice", "uact"), here.holds("uakt")) == (0, 10**12 + 10 * AKT)
    assert [record.WhichOneof("record") for record in here.records()] == ["pending_record"]
    events = here.chain.block()
    # 10 AKT at 1.50 are 15 ACT, of which 25 bps stay.
    assert here.has("alice", "uact") == 14_962_500
    assert (here.holds("uact"), here.supply("uact")) == (37_500, 15_000_000)
    assert here.supply("uakt") == before
    (done,) = here.records()
    record = done.executed_record
    assert record.remint_credit_accrued.coin.amount == str(10 * AKT)
    assert (record.minted.coin.amount, record.spread.amount) == ("15000000", "37500")
    assert not record.HasField("burned") and not record.HasField("remint_credit_issued")
    assert (record.burner, record.minter) == ("bme", "bme")
    (told,) = attributes(events, "akash.bme.v1.EventLedgerRecordExecuted")
    assert told["burned"] == "null" and '"amount":"15000000"' in told["minted"]
    assert here.chain.violations() == []


def test_a_burn_pays_out_of_what_mints_locked_and_makes_no_tokens(vault: Any) -> None:
    here = vault(settle_spread_bps=100)
    here.mint(100 * AKT)
    here.chain.block()
    supply, held = here.supply("uakt"), here.has("alice", "uakt")
    here.burn(30 * AKT)
    here.chain.block()
    # 30 ACT at 1.50 are 20 AKT, of which one in a hundred stays.
    assert here.has("alice", "uakt") - held == 19_800_000
    assert here.supply("uakt") == supply
    state = here.ask("VaultState").vault_state
    assert [(coin.denom, coin.amount) for coin in state.remint_credits] == [("uakt", str(80 * AKT))]
    assert [(coin.denom, coin.amount) for coin in state.total_burned] == [("uact", "30000000"), ("uakt", "0")]
    assert [(coin.denom, coin.amount) for coin in state.total_minted] == [
        ("uact", "150000000"),
        ("uakt", "0"),
    ]
    record = next(each.executed_record for each in here.records(denom="uact"))
    assert record.remint_credit_issued.coin.amount == "20000000" and not record.HasField("minted")
    assert here.chain.violations() == []


def test_a_burn_makes_only_the_tokens_that_are_lacking(vault: Any) -> None:
    here = vault(mint_spread_bps=0)
    here.mint(100 * AKT)
    here.chain.block()
    here.set_price("1")
    supply = here.supply("uakt")
    here.burn(150 * AKT)
    here.chain.block()
    # 150 ACT are 150 AKT now; 100 were locked.
    assert here.supply("uakt") == supply + 50 * AKT
    record = next(each.executed_record for each in here.records(denom="uact"))
    assert (record.remint_credit_issued.coin.amount, record.minted.coin.amount) == ("100000000", "50000000")
    assert here.supply("uact") == 0
    assert here.has("alice", "uakt") == PURSE - 10**12 + 50 * AKT
    assert here.chain.violations() == []


@pytest.mark.parametrize(
    ("amount", "reason"),
    [(1, pb.LedgerCanceledRecord.minimum_mint), (6_666_666, pb.LedgerCanceledRecord.minimum_mint)],
)
def test_what_no_attempt_can_help_is_given_back_at_once(vault: Any, amount: int, reason: int) -> None:
    here = vault()
    before = here.has("alice", "uakt")
    here.mint(amount)
    events = here.chain.block()
    assert (here.has("alice", "uakt"), here.supply("uact")) == (before, 0)
    (record,) = here.records()
    assert record.canceled_record.cancel_reason == reason
    (told,) = attributes(events, "akash.bme.v1.EventLedgerRecordCanceled")
    assert told["cancel_reason"] == '"minimum_mint"'
    assert here.chain.violations() == []


def test_a_burn_of_less_than_a_unit_is_given_back(vault: Any) -> None:
    here = vault(price="3", mint_spread_bps=0)
    here.mint(10 * AKT)
    here.chain.block()
    before = here.has("alice", "uact")
    here.burn(3)
    here.burn(4)
    here.chain.block()
    reasons = {record.canceled_record.cancel_reason for record in here.records(status=CANCELED)}
    assert reasons == {pb.LedgerCanceledRecord.epsilon}
    assert here.has("alice", "uact") == before - 4
    assert len(here.records(denom="uact", status=EXECUTED)) == 1


def test_without_a_price_burns_are_tried_three_times_and_then_given_back(vault: Any) -> None:
    here = vault(oracle={"max_price_staleness_period": "30s"}, min_epoch_blocks="2")
    here.mint(10 * AKT)
    here.chain.block(2)
    before = here.has("alice", "uact")
    assert before > 0
    here.chain.block(2)
    here.burn(AKT)
    here.chain.block(seconds=60)
    waiting = []
    for _ in range(8):
        here.chain.block()
        found = here.records(status=PENDING)
        waiting.append(found[0].pending_record.attempts if found else None)
    assert here.status() == types.HALT_ORACLE
    assert [each for each in dict.fromkeys(waiting) if each] == [1, 2]
    (record,) = here.records(status=CANCELED)
    assert record.canceled_record.cancel_reason == pb.LedgerCanceledRecord.max_attempts
    assert here.has("alice", "uact") == before
    assert here.chain.violations() == []


def test_mints_wait_for_their_turn(vault: Any) -> None:
    here = vault(price="", min_epoch_blocks="4")
    here.set_price("1.5")
    begun = here.chain.height
    due = here.k.due(here.chain.ctx(), keys.MINT_DUE)
    # The breaker let go at the end of the last block; a full wait follows.
    assert due == begun - 1 + 4
    here.mint(10 * AKT)
    while here.chain.height <= due:
        assert here.has("alice", "uact") == 0
        here.chain.block()
    assert here.has("alice", "uact") == 14_962_500
    assert here.k.due(here.chain.ctx(), keys.MINT_DUE) == due + 4


def test_a_block_handles_no_more_than_it_may_and_the_oldest_first(vault: Any) -> None:
    here = vault(max_endblocker_records=3)
    for who in ("carol", "bob", "alice", "carol", "bob"):
        here.mint(10 * AKT, who)
    here.chain.block()
    done = sorted(record.id.sequence for record in here.records(status=EXECUTED))
    assert done == [1, 2, 3]
    here.chain.block()
    assert len(here.records(status=EXECUTED)) == 5
    assert here.has("carol", "uact") == 2 * 14_962_500


def test_burns_and_mints_share_the_bound(vault: Any) -> None:
    here = vault(max_endblocker_records=2)
    here.mint(100 * AKT)
    here.chain.block()
    for _ in range(2):
        here.burn(AKT)
    here.mint(10 * AKT)
    here.chain.block()
    assert [record.id.denom for record in here.records(status=PENDING)] == ["uakt"]
    here.chain.block()
    assert here.records(status=PENDING) == []


def test_a_shortage_of_collateral_stops_mints_and_lets_burns_through(vault: Any) -> None:
    here = vault(funds=0, price="")
    # Nothing locked and nothing owed is a ratio of zero: a new vault is halted until somebody fills it.
    here.set_price("2")
    assert here.status() == types.HALT_CR
    here = vault(funds=100 * AKT, price="2", mint_spread_bps=0)
    assert here.status() == types.HEALTHY
    here.mint(100 * AKT)
    here.chain.block(2)
    # 200 AKT locked, 200 ACT owed.
    assert here.ask("Status").collateral_ratio == str(2 * 10**18)
    here.set_price("0.94")
    status = here.ask("Status")
    assert (status.status, status.mints_allowed, status.refunds_allowed) == (types.WARNING, True, True)
    here.set_price("0.9")
    status = here.ask("Status")
    assert (status.status, status.mints_allowed, status.refunds_allowed) == (types.HALT_CR, False, True)
    text = here.chain.text("alice")
    with pytest.raises(types.CircuitBreakerActive):
        here.mint(100 * AKT)
    before = here.has("alice", "uakt")
    here.burn(90 * AKT)
    events = here.chain.block()
    # 1 / 0.9 is cut after 18 digits, so a unit is missing from a hundred tokens.
    assert here.has("alice", "uakt") == before + 100 * AKT - 1
    assert attributes(events, "akash.bme.v1.EventLedgerRecordExecuted")[0]["burned_from"] == f'"{text}"'
    assert here.chain.violations() == []


def test_a_change_of_status_is_told_with_its_ratio(vault: Any) -> None:
    here = vault(price="")
    told = attributes(here.chain.block(), "akash.bme.v1.EventMintStatusChange")
    # Without a price halt_cr becomes halt_oracle in the first block.
    assert told == [
        {
            "previous_status": '"mint_status_halt_cr"',
            "new_status": '"mint_status_halt_oracle"',
            "collateral_ratio": '"0.000000000000000000"',
        }
    ]
    here.set_price("2")
    assert here.status() == types.HEALTHY
    status = here.k.status(here.chain.ctx())
    assert status.previous_status == types.HALT_ORACLE


def test_a_mint_that_would_burst_the_count_is_given_back(vault: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(settlement, "AMOUNT_MAX", 14_999_999)
    here = vault()
    before = here.has("alice", "uakt")
    here.mint(10 * AKT)
    here.chain.block(4)
    (record,) = here.records()
    assert record.canceled_record.cancel_reason == pb.LedgerCanceledRecord.max_attempts
    assert (here.has("alice", "uakt"), here.supply("uact")) == (before, 0)
    assert here.chain.violations() == []


def test_the_dearest_token_there_can_be_stops_nothing(vault: Any) -> None:
    here = vault(price="1000000000000000000")
    here.mint(10**14)
    here.chain.block()
    assert here.supply("uact") == 10**32
    assert here.status() == types.HEALTHY
    assert here.chain.violations() == []
