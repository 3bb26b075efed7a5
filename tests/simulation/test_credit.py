"""Dollar credit on the whole state machine: random mints, burns and prices; an exported chain goes on alike."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from supercloud.chain.app import violations
from supercloud.chain.baseapp.genesis import Document
from supercloud.pb.akash.bme.v1.msgs_pb2 import MsgBurnMint
from supercloud.pb.akash.oracle.v2.msgs_pb2 import MsgAddPriceEntry
from supercloud.testing.ledger import Ledger, stamp
from supercloud.types.dec import ONE

BLOCKS = 60
AFTER = 25


def document(ledger: Ledger) -> Document:
    """Four people with all coins; carol and dave report prices; the vault has little to cover much."""
    coins = {"uakt": 10**12, "uact": 10**11}
    state = ledger.genesis({**dict.fromkeys(("alice", "bob", "carol", "dave"), coins)})
    state["oracle"]["params"] |= {
        "sources": [ledger.carol.text, ledger.dave.text],
        "max_price_deviation_bps": "400",
        "price_retention": "60s",
        "prune_epoch": "minute",
        "max_prune_per_epoch": "3",
    }
    state["bme"]["params"] |= {"min_epoch_blocks": "2", "max_endblocker_records": 3}
    vault = ledger.app.profile.bech32.text(
        ledger.app.keepers.auth.module_addresses[
            "bme"
        ]  # a module's balance stands in the document as anybody's
    )
    balance = {"address": vault, "coins": [{"denom": "uakt", "amount": str(3 * 10**11)}]}
    state["bank"]["balances"].append(balance)
    return state


def doings(ledger: Ledger, rng: random.Random, cents: int) -> list[bytes]:
    """Transactions of one block, each by somebody else: sequences never clash."""
    raw = []
    for actor in (ledger.alice, ledger.bob):
        if rng.random() < 0.6:
            given, got = rng.choice((("uakt", "uact"), ("uact", "uakt")))
            message = MsgBurnMint(owner=actor.text, to=actor.text, denom_to_mint=got)
            message.coins_to_burn.denom = given
            message.coins_to_burn.amount = str(rng.choice((1, 5_000_000, 10**9, 2 * 10**10)))
            raw.append(ledger.sign(message, by=actor))
    for actor in (ledger.carol, ledger.dave):
        if rng.random() < 0.5:
            price = cents * rng.randint(9_900, 10_100) * ONE // 1_000_000
            report = MsgAddPriceEntry(signer=actor.text, price=str(price))
            report.id.denom, report.id.base_denom = "akt", "usd"
            report.timestamp.CopyFrom(stamp(ledger.time))
            raw.append(ledger.sign(report, by=actor))
    return raw


def follow(first: Ledger, second: Ledger, raw: list[bytes], seconds: int) -> None:
    """The same block on both; both must say the same."""
    one = first.block(*raw, seconds=seconds)
    other = second.block(*raw, seconds=seconds)
    assert list(one.events) == list(other.events)
    for mine, theirs in zip(one.tx_results, other.tx_results, strict=True):
        assert (mine.code, mine.log, list(mine.events)) == (theirs.code, theirs.log, list(theirs.events))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_credit_under_random_prices_and_after_an_import(seed: int) -> None:
    rng = random.Random(seed)
    ledger = Ledger(start=False)
    ledger.init(document(ledger))
    cents = 300
    kinds: dict[str, int] = {}
    for number in range(BLOCKS):
        cents = min(max(cents + rng.randint(-12, 12), 100), 900)
        answer = ledger.block(*doings(ledger, rng, cents), seconds=rng.choice((2, 5, 5, 14)))
        for event in answer.events:
            kinds[event.type] = kinds.get(event.type, 0) + 1
        if number % 10 == 0:
            assert violations(ledger.context(), ledger.app.keepers) == []
    assert violations(ledger.context(), ledger.app.keepers) == []
    for kind in (
        "bme.v1.EventLedgerRecordExecuted",
        "oracle.v2.EventPriceRecovered",
        "oracle.v2.EventPriceStaled",
    ):
        assert kinds.get("akash." + kind), kinds
    state: Any = json.loads(json.dumps(ledger.app.export_state()))
    again = Ledger(start=False)
    again.time = ledger.time
    again.start_chain(state, ledger.next_height)
    for _ in range(AFTER):
        follow(ledger, again, doings(ledger, rng, cents), rng.choice((2, 5, 14)))
    assert ledger.app.export_state() == again.app.export_state()
