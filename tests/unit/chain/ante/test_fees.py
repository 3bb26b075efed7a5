"""Fees apart from the chain of steps: rounding, priorities, the draft's accounts (fees, draft, basics)."""

from __future__ import annotations

import pytest

from supercloud.chain.ante import basics, fees
from supercloud.chain.ante.draft import Draft
from supercloud.chain.baseapp.context import Context, Mode
from supercloud.chain.store.gas import GasMeter
from supercloud.codec.tx import decode
from supercloud.pb.cosmos.bank.v1beta1.tx_pb2 import MsgSend
from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import Coin
from supercloud.testing.ledger import Ledger
from supercloud.types.errors import ChainError


def draft(ledger: Ledger, mode: Mode = Mode.CHECK, **options: object) -> Draft:
    coins = [Coin(denom="uakt", amount="1")]
    message = MsgSend(from_address=ledger.alice.text, to_address=ledger.bob.text, amount=coins)
    tx = decode(ledger.sign(message, by=ledger.alice, **options))
    base = ledger.context()
    ctx = Context(base.block, base.branch, GasMeter(), mode, ledger.profile, tx)
    return Draft(ctx, tx, ledger.app.keepers.auth, ledger.app.router)


@pytest.mark.parametrize(
    ("fee", "gas", "priority"), [("5000uakt", 100, 50), ("5099uakt", 100, 50), ("", 100, 0), ("0uakt", 9, 0)]
)
def test_priority_is_the_price_of_gas(ledger: Ledger, fee: str, gas: int, priority: int) -> None:
    found = draft(ledger, fee=fee, gas=gas)
    fees.read_fee(found)
    assert found.ctx.priority == priority


def test_gas_above_the_blocks_is_refused(ledger: Ledger) -> None:
    found = draft(ledger, gas=101)
    found.ctx.block.consensus.block.max_gas = 100
    with pytest.raises(ChainError, match="tx gas limit 101 exceeds block max gas 100: invalid gas limit"):
        basics.within_block(found)


def test_an_account_is_loaded_once_and_saved_when_changed(ledger: Ledger) -> None:
    found = draft(ledger)
    first = found.signer_account(ledger.alice.address)
    used = found.ctx.gas.used
    assert found.signer_account(ledger.alice.address) is first
    assert found.ctx.gas.used == used
    found.save()
    assert found.ctx.gas.used == used
    first.base.sequence += 1
    found.changed[ledger.alice.address] = first
    found.save()
    assert found.ctx.gas.used > used


def test_a_signer_without_account_is_unknown(ledger: Ledger) -> None:
    with pytest.raises(ChainError, match="does not exist: unknown address"):
        draft(ledger).signer_account(b"x" * 20)
