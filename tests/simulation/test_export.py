"""Export at random heights: the imported chain exports the same, and goes on as if nothing had happened."""

from __future__ import annotations

import json
import random
import re
from typing import Any

import pytest

from supercloud.chain.app import violations
from supercloud.testing.auditor import Block
from supercloud.testing.ledger import Ledger
from supercloud.testing.simulation import Simulation

AFTER = 40


def imported(state: dict[str, Any], time: int, height: int) -> Ledger:
    """A chain that goes on at the next height from an exported state, by way of its text."""
    ledger = Ledger(start=False)
    ledger.time = time
    ledger.start_chain(json.loads(json.dumps(state)), height + 1)
    return ledger


def without_gas(log: str) -> str:
    """What a log says but for how much gas was used."""
    return re.sub(r"gasUsed: \d+", "", log)


def without_numbers(document: Any) -> Any:
    """A document but for the numbers of unbondings: an import goes on after the largest that is still there."""
    if isinstance(document, dict):
        left = {key: each for key, each in document.items() if not key.startswith("unbonding_id")}
        return {key: without_numbers(each) for key, each in left.items()}
    return [without_numbers(each) for each in document] if isinstance(document, list) else document


def follow(ledger: Ledger, block: Block) -> None:
    """Make one of the first chain's blocks; it must lead to the same."""
    ledger.time = block.time
    # Guards of unordered transactions are no part of a genesis, on the network neither: what only they refused,
    # without a trace, is left out.
    told = list(zip(block.txs, block.response.tx_results, strict=True))
    kept = [(raw, result) for raw, result in told if "has already used timeout" not in result.log]
    found = ledger.finalize([raw for raw, _ in kept], block.votes, block.proofs)
    ledger.commit()
    for number, (mine, (_, theirs)) in enumerate(zip(found.tx_results, kept, strict=True)):
        where = f"block {block.height}, transaction {number}"
        assert (mine.code, without_gas(mine.log)) == (theirs.code, without_gas(theirs.log)), where
        assert list(mine.events) == list(theirs.events), where
        # Gas may differ: a record that went through JSON spells out empty parts that its first writer left out.
        assert abs(mine.gas_used - theirs.gas_used) <= theirs.gas_used // 20, where
    assert list(found.events) == list(block.response.events), f"block {block.height}"


@pytest.mark.parametrize(("seed", "expiry"), [(31, False), (32, True)])
def test_an_exported_chain_goes_on(seed: int, expiry: bool) -> None:
    rng = random.Random(seed)
    run = Simulation(seed, expiry=expiry)
    if expiry:
        run.run_until(lambda: run.auditor.market.ages["order"] > 0)
    for _ in range(4):
        run.run(rng.randint(30, 120))
        run.check_all()
        height, time = run.ledger.next_height - 1, run.ledger.time
        state = run.ledger.app.export_state()
        again = imported(state, time, height)
        for number in range(AFTER):
            follow(again, run.step())
            if number in (0, AFTER - 1):
                mine, theirs = again.app.export_state(), run.ledger.app.export_state()
                assert without_numbers(mine) == without_numbers(theirs)
        assert violations(again.context(), again.app.keepers) == []
