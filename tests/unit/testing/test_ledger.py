"""The in-memory ledger itself: it is the same at every run and a restart loses nothing."""

from __future__ import annotations

from supercloud.testing.ledger import Ledger


def test_two_ledgers_are_alike() -> None:
    first, second = Ledger(), Ledger()
    assert first.alice.text == second.alice.text
    assert first.block().app_hash == second.block().app_hash


def test_a_restart_keeps_what_was_committed() -> None:
    ledger = Ledger()
    ledger.blocks(2)
    before = ledger.app.store.app_hash, ledger.balance(ledger.bob)
    ledger.restart()
    assert (ledger.app.store.app_hash, ledger.balance(ledger.bob)) == before
    ledger.block()
