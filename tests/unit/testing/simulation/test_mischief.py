"""Mischief does change what it touches, and the ledger answers all of it with a code of its own."""

from __future__ import annotations

import random

import pytest
from google.protobuf.message import Message

from supercloud.pb.cosmos.bank.v1beta1.tx_pb2 import MsgSend
from supercloud.testing.ledger import Ledger
from supercloud.testing.simulation import Simulation, mischief


def test_a_spoilt_message_is_another() -> None:
    rng, run = random.Random(3), Simulation(3)
    run.run(30)
    changed = 0
    for _ in range(300):
        message: Message = run.script.plan().messages[0]
        before = message.SerializeToString(deterministic=True)
        mischief.spoil(rng, message)
        changed += message.SerializeToString(deterministic=True) != before
    assert changed > 250


@pytest.mark.parametrize("seed", range(4))
def test_spoilt_bytes_are_answered(seed: int) -> None:
    rng, ledger = random.Random(seed), Ledger()
    coins = [{"denom": "uakt", "amount": "1"}]
    message = MsgSend(from_address=ledger.alice.text, to_address=ledger.bob.text, amount=coins)
    refused = 0
    for _ in range(150):
        raw = mischief.spoil_bytes(rng, ledger.sign(message, by=ledger.alice))
        code = ledger.check(raw).code
        refused += code != 0
        assert code != 111222
        assert ledger.block(raw).tx_results[0].code == code
    assert refused == 150


@pytest.mark.parametrize("seed", range(30))
def test_odd_options_never_pass_unseen(seed: int) -> None:
    rng, ledger = random.Random(seed), Ledger()
    options = mischief.odd_options(rng, ledger.time)
    if options == {"sequence": 0}:
        return
    message = MsgSend(
        from_address=ledger.alice.text, to_address=ledger.bob.text, amount=[{"denom": "uakt", "amount": "1"}]
    )
    before = ledger.balance(ledger.bob)
    result = ledger.deliver(message, by=ledger.alice, **options)
    assert (result.code == 0) == (ledger.balance(ledger.bob) == before + 1)
    if "gas" not in options:
        assert result.code != 0, options
