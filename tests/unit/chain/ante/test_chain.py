"""Every refusal of the ante, by code and by the words that clients match."""

from __future__ import annotations

from typing import Any

import pytest

from supercloud.chain.ante.fees import GasPrice
from supercloud.chain.app import Options
from supercloud.codec import registry
from supercloud.pb.cosmos.bank.v1beta1.tx_pb2 import MsgMultiSend, MsgSend
from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import Coin
from supercloud.pb.cosmos.feegrant.v1beta1 import feegrant_pb2
from supercloud.pb.cosmos.feegrant.v1beta1 import tx_pb2 as feegrant_tx
from supercloud.pb.cosmos.tx.signing.v1beta1 import signing_pb2
from supercloud.testing.ledger import GENESIS_TIME, Actor, Ledger
from supercloud.types.dec import Dec


def send(src: Actor, dst: Actor, amount: int = 7) -> MsgSend:
    return MsgSend(
        from_address=src.text, to_address=dst.text, amount=[Coin(denom="uakt", amount=str(amount))]
    )


@pytest.mark.parametrize(
    ("options", "code", "log"),
    [
        ({"sequence": 14}, 32, "account sequence mismatch, expected 0, got 14: incorrect account sequence"),
        (
            {"chain_id": "other"},
            4,
            "signature verification failed; please verify account number (0) and chain-id (supercloud-test): "
            "(unable to verify single signer signature): unauthorized",
        ),
        (
            {"chain_id": "other", "mode": signing_pb2.SIGN_MODE_LEGACY_AMINO_JSON},
            4,
            "signature verification failed; please verify account number (0), sequence (0) and chain-id "
            "(supercloud-test): unauthorized",
        ),
        (
            {"fee": "1000000000000001uakt"},
            5,
            "spendable balance 1000000000000000uakt is smaller than 1000000000000001uakt: "
            "insufficient funds: insufficient funds",
        ),
        (
            {"memo": "m" * 257},
            12,
            "maximum number of characters is 256 but received 257 characters: memo too large",
        ),
        (
            {"memo": "ü" * 129},
            12,
            "maximum number of characters is 256 but received 258 characters: memo too large",
        ),
        ({"gas": 0}, 11, None),
        (
            {"gas": 2**63},
            18,
            "invalid gas supplied; 9223372036854775808 > 9223372036854775807: invalid request",
        ),
        ({"fee": "5Uakt"}, None, ""),
        ({"fee": "5!"}, 13, "invalid fee amount: 5!: insufficient fee"),
        ({"gas": 3000}, 11, None),
    ],
)
def test_a_refused_transaction_says_why(
    ledger: Ledger, options: dict[str, Any], code: int | None, log: str | None
) -> None:
    raw = ledger.sign(send(ledger.alice, ledger.bob), by=ledger.alice, **options)
    answer = ledger.check(raw)
    if code is None:
        assert answer.code == 5
        return
    assert (answer.codespace, answer.code) == ("sdk", code)
    if log is not None:
        assert answer.log == log
    result = ledger.block(raw).tx_results[0]
    assert (result.code, result.log) == (answer.code, answer.log)


def test_no_message_is_refused(ledger: Ledger) -> None:
    answer = ledger.check(ledger.sign(by=ledger.alice))
    assert (answer.code, answer.log) == (18, "must contain at least one message: invalid request")


def test_the_wrong_key_is_named(ledger: Ledger) -> None:
    impostor = Actor("mallory", ledger.profile)
    impostor.address, impostor.text = ledger.alice.address, ledger.alice.text
    answer = ledger.check(ledger.sign(send(ledger.alice, ledger.bob), by=impostor))
    assert (answer.code, answer.log) == (
        8,
        f"pubKey does not match signer address {ledger.alice.text} with signer index: 0: invalid pubkey",
    )


def test_an_unknown_payer_is_named(ledger: Ledger) -> None:
    nobody = ledger.actor("nobody")
    answer = ledger.check(ledger.sign(send(nobody, ledger.bob), by=nobody))
    assert answer.code == 9
    assert answer.log == f"fee payer address: {nobody.text} does not exist: unknown address"


def test_a_timeout_height_is_the_last_good_height(ledger: Ledger) -> None:
    raw = ledger.sign(send(ledger.alice, ledger.bob), by=ledger.alice, timeout_height=2)
    late = ledger.sign(send(ledger.carol, ledger.bob), by=ledger.carol, timeout_height=2)
    assert ledger.block(raw).tx_results[0].code == 0
    ledger.block()
    answer = ledger.check(late)
    assert (answer.code, answer.log) == (30, "block height: 3, timeout height: 2: tx timeout height")


def test_a_timeout_time_is_the_last_good_time(ledger: Ledger) -> None:
    late = ledger.sign(send(ledger.alice, ledger.bob), by=ledger.alice, timeout_ns=(GENESIS_TIME + 6) * 10**9)
    assert ledger.check(late).code == 0
    ledger.block()
    assert ledger.check(late).code == 42


def test_a_transaction_without_signatures_is_refused(ledger: Ledger) -> None:
    from supercloud.codec.tx import decode, encode

    tx = decode(ledger.sign(send(ledger.alice, ledger.bob), by=ledger.alice))
    answer = ledger.check(encode(tx.body_bytes, tx.auth_info_bytes, []))
    assert (answer.code, answer.log) == (15, "no signatures supplied")
    answer = ledger.check(encode(tx.body_bytes, tx.auth_info_bytes, [*tx.signatures, b"x" * 64]))
    assert answer.code == 4
    assert answer.log == "invalid number of signer;  expected: 1, got 2: unauthorized"


@pytest.mark.parametrize(
    ("fee", "log"),
    [
        ("1uakt", "insufficient fees; got: 1uakt required: 3750uakt,7500uusdc: insufficient fee"),
        ("", "insufficient fees; got:  required: 3750uakt,7500uusdc: insufficient fee"),
        ("3749uakt", "insufficient fees; got: 3749uakt required: 3750uakt,7500uusdc: insufficient fee"),
        ("3750uakt", ""),
        ("7500uusdc", ""),
    ],
)
def test_a_node_may_ask_for_a_minimum_which_blocks_do_not_know(fee: str, log: str) -> None:
    prices = (GasPrice("uakt", Dec.from_text("0.025")), GasPrice("uusdc", Dec.from_text("0.05")))
    ledger = Ledger(options=Options(gas_prices=prices))
    raw = ledger.sign(send(ledger.alice, ledger.bob), by=ledger.alice, fee=fee, gas=150_000)
    answer = ledger.check(raw)
    assert (answer.code, answer.log) == ((13, log) if log else (0, ""))
    assert ledger.block(raw).tx_results[0].code == 0


def test_prices_are_rounded_up() -> None:
    ledger = Ledger(options=Options(gas_prices=(GasPrice("uakt", Dec.from_text("0.0025")),)))
    sign = lambda fee: ledger.sign(send(ledger.alice, ledger.bob), by=ledger.alice, fee=fee, gas=100_001)
    assert ledger.check(sign("250uakt")).code == 13
    assert ledger.check(sign("251uakt")).code == 0


def test_a_named_payer_pays_and_signs(ledger: Ledger) -> None:
    alice, bob = ledger.alice, ledger.bob
    before = ledger.balance(alice), ledger.balance(bob)
    result = ledger.deliver(send(alice, ledger.carol), by=[alice, bob], payer=bob.text)
    assert result.code == 0
    assert (ledger.balance(alice), ledger.balance(bob)) == (before[0] - 7, before[1] - 5000)
    assert (ledger.account(alice).sequence, ledger.account(bob).sequence) == (1, 1)
    alone = ledger.check(ledger.sign(send(alice, ledger.carol), by=alice, payer=bob.text))
    assert alone.log == "invalid number of signer;  expected: 2, got 1: unauthorized"


def test_a_granter_pays_as_far_as_the_allowance_goes(ledger: Ledger) -> None:
    alice, bob = ledger.alice, ledger.bob
    refused = ledger.check(ledger.sign(send(alice, bob), by=alice, granter=bob.text))
    assert (refused.codespace, refused.code) == ("sdk", 38)
    assert refused.log == (
        f"{bob.text} does not allow to pay fees for {alice.text}: fee-grant not found: not found"
    )
    allowance = feegrant_pb2.BasicAllowance(spend_limit=[Coin(denom="uakt", amount="7000")])
    grant = feegrant_tx.MsgGrantAllowance(
        granter=bob.text, grantee=alice.text, allowance=registry.pack(allowance)
    )
    assert ledger.deliver(grant, by=bob).code == 0
    before = ledger.balance(alice), ledger.balance(bob)
    result = ledger.deliver(send(alice, ledger.carol), by=alice, granter=bob.text)
    assert result.code == 0
    assert (ledger.balance(alice), ledger.balance(bob)) == (before[0] - 7, before[1] - 5000)
    assert [event.type for event in result.events][:2] == ["use_feegrant", "update_feegrant"]
    over = ledger.check(ledger.sign(send(alice, bob), by=alice, granter=bob.text))
    assert (over.codespace, over.code) == ("feegrant", 2)
    assert over.log.endswith(": basic allowance: fee limit exceeded")


def test_several_signers_each_sign_and_count(ledger: Ledger) -> None:
    alice, bob = ledger.alice, ledger.bob
    result = ledger.deliver(send(alice, ledger.carol), send(bob, ledger.carol), by=[alice, bob])
    assert result.code == 0
    assert (ledger.account(alice).sequence, ledger.account(bob).sequence) == (1, 1)
    swapped = ledger.check(ledger.sign(send(alice, ledger.carol), send(bob, ledger.carol), by=[bob, alice]))
    assert swapped.code == 8


def test_amino_json_is_accepted(ledger: Ledger) -> None:
    result = ledger.deliver(
        send(ledger.alice, ledger.bob),
        by=ledger.alice,
        mode=signing_pb2.SIGN_MODE_LEGACY_AMINO_JSON,
        memo="<&>",
    )
    assert (result.code, result.log) == (0, "")


def test_too_many_signatures_are_refused(ledger: Ledger) -> None:
    actors = [ledger.actor(f"signer {number}") for number in range(8)]
    for actor in actors:
        ledger.deliver(send(ledger.alice, actor, 10_000), by=ledger.alice)
    answer = ledger.check(ledger.sign(*[send(actor, ledger.bob) for actor in actors], by=actors))
    assert (answer.code, answer.log) == (14, "signatures: 8, limit: 7: maximum number of signatures exceeded")


def test_a_message_of_an_unreadable_signer_is_refused_as_undecodable(ledger: Ledger) -> None:
    message = send(ledger.alice, ledger.bob)
    message.from_address = "akash1nonsense"
    answer = ledger.check(ledger.sign(message, by=ledger.alice))
    assert (answer.codespace, answer.code) == ("sdk", 2)


def test_a_message_that_nobody_signs_is_refused(ledger: Ledger) -> None:
    answer = ledger.check(ledger.sign(MsgMultiSend(), by=ledger.alice))
    assert (answer.code, answer.log) == (2, "tx must have at least one signer: tx parse error")


# --- Unordered transactions


def unordered(ledger: Ledger, seconds: int = 60, **options: Any) -> bytes:
    return ledger.sign(
        send(ledger.alice, ledger.bob),
        by=ledger.alice,
        unordered=True,
        timeout_ns=ledger.time + seconds * 10**9,
        **options,
    )


def test_an_unordered_transaction_runs_once_without_moving_the_sequence(ledger: Ledger) -> None:
    raw = unordered(ledger)
    assert ledger.check(raw).code == 0
    assert ledger.check(raw).code == 18
    result = ledger.block(raw).tx_results[0]
    assert result.code == 0
    assert ledger.account(ledger.alice).sequence == 0
    assert not any(each.key == "acc_seq" for event in result.events for each in event.attributes)
    again = ledger.block(raw).tx_results[0]
    timeout = ledger.time + 60 * 10**9 - 10 * 10**9
    assert again.log == (
        f"failed to add unordered nonce: sender {ledger.alice.text} has already used timeout {timeout}: "
        "invalid request"
    )


def test_a_used_timestamp_survives_a_restart(ledger: Ledger) -> None:
    raw = unordered(ledger)
    ledger.block(raw)
    ledger.restart()
    assert ledger.check(raw).code == 18
    assert ledger.block(raw).tx_results[0].code == 18


def test_every_signer_uses_the_timestamp(ledger: Ledger) -> None:
    alice, bob, timeout = ledger.alice, ledger.bob, ledger.time + 60 * 10**9
    both = ledger.deliver(
        send(alice, ledger.carol),
        send(bob, ledger.carol),
        by=[alice, bob],
        unordered=True,
        timeout_ns=timeout,
    )
    assert both.code == 0
    for actor in (alice, bob):
        raw = ledger.sign(send(actor, ledger.dave), by=actor, unordered=True, timeout_ns=timeout)
        assert ledger.check(raw).code == 18
    other = ledger.sign(send(ledger.carol, alice), by=ledger.carol, unordered=True, timeout_ns=timeout)
    assert ledger.check(other).code == 0


def test_expired_timestamps_are_forgotten(ledger: Ledger) -> None:
    from supercloud.chain.x.auth import keys

    ledger.block(unordered(ledger, 6))
    kept = lambda: len(list(ledger.context().kv("acc").prefix(keys.TIMESTAMP_PREFIX)))
    assert kept() == 1
    ledger.block(seconds=1)
    assert kept() == 1
    ledger.block(seconds=1)
    assert kept() == 0


@pytest.mark.parametrize(
    ("options", "log"),
    [
        ({"seconds": 601}, "unordered tx ttl exceeds 10m0s: invalid request"),
        ({"seconds": 600}, ""),
        ({"seconds": 0}, ""),
    ],
)
def test_the_time_of_an_unordered_transaction_is_bounded(ledger: Ledger, options: Any, log: str) -> None:
    assert ledger.check(unordered(ledger, **options)).log == log


def test_an_unordered_transaction_needs_a_time_and_no_sequence(ledger: Ledger) -> None:
    bare = ledger.sign(send(ledger.alice, ledger.bob), by=ledger.alice, unordered=True)
    assert ledger.check(bare).log == "unordered transaction must have timeout_timestamp set: invalid request"


def test_unordered_costs_more(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = unordered(ledger)
    whole = ledger.app.simulate(raw).gas_used
    monkeypatch.setattr("supercloud.chain.ante.signatures.UNORDERED_GAS", 0)
    assert whole - ledger.app.simulate(raw).gas_used == 2240


# --- Simulation


@pytest.mark.parametrize("known_key", [True, False])
@pytest.mark.parametrize("with_key", [True, False])
def test_simulated_gas_covers_delivery(ledger: Ledger, known_key: bool, with_key: bool) -> None:
    from supercloud.codec.tx import decode, encode
    from supercloud.pb.cosmos.tx.v1beta1 import tx_pb2

    actor = ledger.actor("erin")
    ledger.deliver(send(ledger.alice, actor, 10**9), by=ledger.alice)
    if known_key:
        ledger.deliver(send(actor, ledger.bob), by=actor)
    raw = ledger.sign(send(actor, ledger.bob), by=actor)
    tx = decode(raw)
    info = tx_pb2.AuthInfo(signer_infos=tx.auth_info.signer_infos, fee=tx_pb2.Fee())
    info.signer_infos[0].mode_info.single.mode = signing_pb2.SIGN_MODE_UNSPECIFIED
    if not with_key:
        info.signer_infos[0].ClearField("public_key")
    before = ledger.app.store.app_hash
    outcome = ledger.app.simulate(encode(tx.body_bytes, info.SerializeToString(), [b""]))
    assert outcome.failure is None
    assert ledger.account(actor, pending=True).sequence == ledger.account(actor).sequence
    delivered = ledger.block(raw).tx_results[0]
    assert delivered.code == 0
    # Fees of the last block, still to be shared out, made the simulation's transfer a little cheaper.
    assert delivered.gas_used * 10 <= outcome.gas_used * 12
    assert outcome.gas_used <= delivered.gas_used * 13 // 10
    assert before != ledger.app.store.app_hash


def test_a_simulation_meets_the_same_refusals(ledger: Ledger) -> None:
    outcome = ledger.app.simulate(ledger.sign(send(ledger.alice, ledger.bob, 10**18), by=ledger.alice))
    assert outcome.failure is not None
    assert outcome.failure.code == 5
    outcome = ledger.app.simulate(ledger.sign(send(ledger.alice, ledger.bob), by=ledger.alice, sequence=5))
    assert outcome.failure is not None
    assert outcome.failure.code == 32
