"""Founders' transactions in the genesis document."""

from __future__ import annotations

from typing import Any

import pytest

from supercloud.chain.baseapp import founding
from supercloud.chain.baseapp.genesis import GenesisError
from supercloud.codec import registry, sign_doc
from supercloud.codec.json import to_dict
from supercloud.crypto import ed25519
from supercloud.pb.cosmos.bank.v1beta1.tx_pb2 import MsgSend
from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import Coin
from supercloud.pb.cosmos.crypto.ed25519.keys_pb2 import PubKey
from supercloud.pb.cosmos.staking.v1beta1.tx_pb2 import MsgCreateValidator
from supercloud.pb.cosmos.tx.signing.v1beta1 import signing_pb2
from supercloud.pb.cosmos.tx.v1beta1 import tx_pb2
from supercloud.pb.tendermint.abci import types_pb2 as abci
from supercloud.testing.ledger import CHAIN_ID, Actor, Ledger, stamp
from supercloud.types.dec import Dec

STAKE = 5_000_000


def key_of(actor: Actor) -> bytes:
    return ed25519.PrivateKey(actor.name.encode().ljust(32, b"x")).public_key


def creation(ledger: Ledger, actor: Actor, stake: int = STAKE) -> MsgCreateValidator:
    message = MsgCreateValidator(
        validator_address=ledger.profile.bech32.valoper(actor.address),
        pubkey=registry.pack(PubKey(key=key_of(actor))),
        value=Coin(denom="uakt", amount=str(stake)),
        min_self_delegation="1",
    )
    message.description.moniker = actor.name
    for field, rate in (("rate", "0.1"), ("max_rate", "0.2"), ("max_change_rate", "0.01")):
        setattr(message.commission, field, Dec.from_text(rate).to_wire())
    return message


def signed(actor: Actor, *messages: Any, chain_id: str = CHAIN_ID) -> dict[str, Any]:
    tx = tx_pb2.Tx(body=tx_pb2.TxBody(messages=[registry.pack(message) for message in messages]))
    tx.auth_info.fee.gas_limit = 1
    info = tx.auth_info.signer_infos.add(public_key=actor.public_key())
    info.mode_info.single.mode = signing_pb2.SIGN_MODE_DIRECT
    parts = [part.SerializeToString(deterministic=True) for part in (tx.body, tx.auth_info)]
    tx.signatures.append(actor.key.sign(sign_doc.direct_bytes(*parts, chain_id, 0)))
    return to_dict(tx)


@pytest.fixture
def ledger() -> Ledger:
    return Ledger(start=False)


def state_with(ledger: Ledger, *txs: dict[str, Any]) -> dict[str, Any]:
    purse = {"uakt": 10 * STAKE}
    state = ledger.genesis({"alice": purse, "bob": purse, "carol": purse})
    return {**state, "genutil": {"gen_txs": list(txs)}, "vesting": {}}


def begin(ledger: Ledger, state: dict[str, Any], heads: Any = ()) -> Any:
    import json

    request = abci.RequestInitChain(
        chain_id=CHAIN_ID,
        time=stamp(ledger.time),
        initial_height=1,
        validators=heads,
        app_state_bytes=json.dumps(state).encode(),
    )
    return ledger.app.init_chain(request)


def test_founders_decide_the_first_block(ledger: Ledger) -> None:
    founders = (ledger.alice, ledger.bob)
    txs = [signed(actor, creation(ledger, actor)) for actor in founders]
    response = begin(ledger, state_with(ledger, *txs))
    powers = {update.pub_key.ed25519: update.power for update in response.validators}
    assert powers == {key_of(actor): STAKE // 1_000_000 for actor in founders}
    ledger.next_height = 1
    ledger.block()
    # The sequence counts on, so the transaction is not good a second time.
    assert [ledger.account(actor).sequence for actor in founders] == [1, 1]
    assert ledger.balance(ledger.alice) == 9 * STAKE
    exported = ledger.app.export_state()
    assert "genutil" not in exported and len(exported["staking"]["validators"]) == 2


def test_founders_join_validators_that_the_state_has(ledger: Ledger) -> None:
    from supercloud.chain.app import Founder, default_genesis

    founder = Founder(ledger.carol.address, key_of(ledger.carol), 7_000_000, "carol")
    state = default_genesis(ledger.profile, {ledger.alice.address: {"uakt": 10 * STAKE}}, [founder])
    state["genutil"] = {"gen_txs": [signed(ledger.alice, creation(ledger, ledger.alice))]}
    response = begin(ledger, state)
    powers = {update.pub_key.ed25519: update.power for update in response.validators}
    assert powers == {key_of(ledger.carol): 7, key_of(ledger.alice): 5}


def test_fewer_seats_than_founders(ledger: Ledger) -> None:
    txs = [
        signed(actor, creation(ledger, actor, stake))
        for actor, stake in ((ledger.alice, STAKE), (ledger.bob, 2 * STAKE))
    ]
    state = state_with(ledger, *txs)
    state["staking"]["params"]["max_validators"] = 1
    (update,) = begin(ledger, state).validators
    assert update.pub_key.ed25519 == key_of(ledger.bob)


def test_the_head_may_not_say_otherwise(ledger: Ledger) -> None:
    state = state_with(ledger, signed(ledger.alice, creation(ledger, ledger.alice)))
    head = abci.ValidatorUpdate(power=9)
    head.pub_key.ed25519 = key_of(ledger.bob)
    with pytest.raises(GenesisError, match="differ from those"):
        begin(ledger, state, [head])


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda a, m: signed(a, m, chain_id="another"), "signature verification failed"),
        (lambda a, m: {**signed(a, m), "signatures": []}, "sdk 15"),
        (lambda a, m: signed(a, m, m), "has one message"),
        (lambda a, m: signed(a, MsgSend()), "has one message"),
        (lambda a, m: {"body": 5}, "transaction 0"),
        (lambda a, m: "nonsense", "transaction 0"),
        (lambda a, m: {**signed(a, m), "more": 1}, "more"),
    ],
)
def test_one_bad_founder_spoils_the_document(ledger: Ledger, make: Any, words: str) -> None:
    state = state_with(ledger, make(ledger.alice, creation(ledger, ledger.alice)))
    with pytest.raises(GenesisError, match=words):
        begin(ledger, state)


def test_a_founder_needs_an_account_with_the_stake(ledger: Ledger) -> None:
    dave = ledger.dave
    with pytest.raises(GenesisError, match="does not exist"):
        begin(ledger, state_with(ledger, signed(dave, creation(ledger, dave))))
    ledger = Ledger(start=False)
    with pytest.raises(GenesisError, match="failed to delegate"):
        begin(ledger, state_with(ledger, signed(ledger.bob, creation(ledger, ledger.bob, 11 * STAKE))))


def test_the_document_of_transactions_has_nothing_else() -> None:
    assert founding.transactions({}) == []
    for document in ([1], {"gen_txs": {"a": 1}}, {"gen_txs": [], "other": 1}, {"gen_txs": [{}] * 1001}):
        with pytest.raises(GenesisError, match=r"genutil:"):
            founding.transactions(document)
