"""Threshold keys, auxiliary signers, and signatures that are verified once (signatures, verifier, keys, reading)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from supercloud.chain.ante import keys, verifier
from supercloud.chain.ante.keys import Key, read_key
from supercloud.chain.ante.reading import Verified
from supercloud.chain.ante.verifier import BadSignature, Signer, only_amino, threshold_parts
from supercloud.codec import registry, sign_doc
from supercloud.codec.tx import decode, encode
from supercloud.crypto import multisig
from supercloud.pb.cosmos.bank.v1beta1.tx_pb2 import MsgSend
from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import Coin
from supercloud.pb.cosmos.crypto.ed25519 import keys_pb2 as ed25519_pb2
from supercloud.pb.cosmos.crypto.multisig import keys_pb2 as multisig_pb2
from supercloud.pb.cosmos.crypto.multisig.v1beta1.multisig_pb2 import CompactBitArray, MultiSignature
from supercloud.pb.cosmos.crypto.secp256k1.keys_pb2 import PubKey
from supercloud.pb.cosmos.tx.signing.v1beta1 import signing_pb2
from supercloud.pb.cosmos.tx.v1beta1 import tx_pb2
from supercloud.testing.ledger import CHAIN_ID, Actor, Draft, Ledger
from supercloud.types.errors import ChainError

AMINO = signing_pb2.SIGN_MODE_LEGACY_AMINO_JSON


class Committee:
    """A threshold key of two of three and the account it owns."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.members = [ledger.actor(f"member {number}") for number in range(3)]
        self.key = multisig_pb2.LegacyAminoPubKey(
            threshold=2, public_keys=[member.public_key() for member in self.members]
        )
        self.address = multisig.address(2, [bytes(member.key.public_key) for member in self.members])
        self.text = ledger.profile.bech32.text(self.address)

    def sign(self, message: Any, by: Sequence[int], sequence: int = 0, bits: bytes | None = None) -> bytes:
        """A transaction signed by some members over amino JSON."""
        body = Draft([message]).body().SerializeToString()
        elems = bits if bits is not None else bytes([sum(0x80 >> position for position in by)])
        mode = tx_pb2.ModeInfo(single=tx_pb2.ModeInfo.Single(mode=AMINO))
        multi = tx_pb2.ModeInfo.Multi(
            bitarray=CompactBitArray(extra_bits_stored=3, elems=elems), mode_infos=[mode] * len(by)
        )
        info = tx_pb2.SignerInfo(
            public_key=registry.pack(self.key), mode_info=tx_pb2.ModeInfo(multi=multi), sequence=sequence
        )
        fee = tx_pb2.Fee(amount=[Coin(denom="uakt", amount="10")], gas_limit=500_000)
        auth = tx_pb2.AuthInfo(signer_infos=[info], fee=fee).SerializeToString()
        account = self.ledger.app.keepers.auth.account(self.ledger.context(), self.address)
        assert account is not None
        document = sign_doc.amino_json_bytes(
            decode(encode(body, auth, [])), CHAIN_ID, account.base.account_number, sequence
        )
        parts = [self.members[position].key.sign(document) for position in by]
        return encode(body, auth, [MultiSignature(signatures=parts).SerializeToString()])


@pytest.fixture
def committee(ledger: Ledger) -> Committee:
    committee = Committee(ledger)
    fund = MsgSend(
        from_address=ledger.alice.text,
        to_address=committee.text,
        amount=[Coin(denom="uakt", amount="1000000")],
    )
    assert ledger.deliver(fund, by=ledger.alice).code == 0
    return committee


def spend(committee: Committee) -> MsgSend:
    return MsgSend(
        from_address=committee.text,
        to_address=committee.ledger.bob.text,
        amount=[Coin(denom="uakt", amount="5")],
    )


def test_enough_members_sign_for_all(ledger: Ledger, committee: Committee) -> None:
    result = ledger.block(committee.sign(spend(committee), [0, 2])).tx_results[0]
    assert (result.code, result.log) == (0, "")
    signatures = [
        each.value for event in result.events for each in event.attributes if each.key == "signature"
    ]
    assert len(signatures) == 3
    assert ledger.block(committee.sign(spend(committee), [1, 2], 1)).tx_results[0].code == 0


@pytest.mark.parametrize(
    ("by", "bits", "words"),
    [
        ([0], None, "not enough signatures set, have 1, expected 2"),
        ([0, 1], b"\xa0", "unable to verify signature at index 2"),
        ([0, 1], b"\xe0", "incorrect number of signatures 2, the bit array has 3"),
        ([0, 1], b"\xc0\x00", "bit array size is incorrect, expecting: 3"),
    ],
)
def test_a_multisignature_that_does_not_hold_is_refused(
    ledger: Ledger, committee: Committee, by: list[int], bits: bytes | None, words: str
) -> None:
    answer = ledger.check(committee.sign(spend(committee), by, bits=bits))
    assert answer.code == 4
    assert "signature verification failed" in answer.log
    tx = decode(committee.sign(spend(committee), by, bits=bits))
    key = read_key(tx.auth_info.signer_infos[0].public_key)
    account = ledger.app.keepers.auth.account(ledger.context(), committee.address)
    assert account is not None
    signer = Signer(committee.address, key, CHAIN_ID, account.base.account_number, 0, None, True)
    with pytest.raises(BadSignature, match=words):
        verifier.verify(tx, signer, tx.auth_info.signer_infos[0].mode_info, tx.signatures[0])


def test_a_threshold_key_costs_a_signature_each(ledger: Ledger, committee: Committee) -> None:
    two = ledger.app.simulate(committee.sign(spend(committee), [0, 1])).gas_used
    assert ledger.check(committee.sign(spend(committee), [0, 1])).gas_used > 3 * 1000
    assert two > 0


def test_an_auxiliary_signer_signs_its_own_document(ledger: Ledger) -> None:
    alice, bob = ledger.alice, ledger.bob
    messages = [
        MsgSend(from_address=each.text, to_address=ledger.dave.text, amount=[Coin(denom="uakt", amount="1")])
        for each in (alice, bob)
    ]
    body = Draft(messages).body().SerializeToString()
    auth = tx_pb2.AuthInfo(fee=tx_pb2.Fee(amount=[Coin(denom="uakt", amount="9")], gas_limit=400_000))
    modes = (signing_pb2.SIGN_MODE_DIRECT, signing_pb2.SIGN_MODE_DIRECT_AUX)

    def sign(first: Actor, second: Actor) -> bytes:
        del auth.signer_infos[:]
        for actor, mode in zip((alice, bob), modes, strict=True):
            auth.signer_infos.add(
                public_key=actor.public_key(),
                mode_info=tx_pb2.ModeInfo(single=tx_pb2.ModeInfo.Single(mode=mode)),
            )
        auth_bytes = auth.SerializeToString()
        numbers = [ledger.account(actor).account_number for actor in (alice, bob)]
        direct = sign_doc.direct_bytes(body, auth_bytes, CHAIN_ID, numbers[0])
        aux = sign_doc.direct_aux_bytes(body, bob.public_key(), CHAIN_ID, numbers[1], 0)
        return encode(body, auth_bytes, [first.key.sign(direct), second.key.sign(aux)])

    assert ledger.check(sign(alice, alice)).code == 4
    assert ledger.block(sign(alice, bob)).tx_results[0].log == ""


def test_the_fee_payer_may_not_be_auxiliary(ledger: Ledger) -> None:
    message = MsgSend(
        from_address=ledger.alice.text,
        to_address=ledger.bob.text,
        amount=[Coin(denom="uakt", amount="1")],
    )
    for mode in (signing_pb2.SIGN_MODE_DIRECT_AUX, signing_pb2.SIGN_MODE_TEXTUAL, 0):
        assert ledger.check(ledger.sign(message, by=ledger.alice, mode=mode)).code == 4


def test_a_signature_is_verified_once_for_the_same_account(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified: list[bytes] = []
    real = keys.secp256k1.verify

    def counting(public_key: bytes, message: bytes, signature: bytes) -> bool:
        verified.append(message)
        return real(public_key, message, signature)

    monkeypatch.setattr(keys.secp256k1, "verify", counting)
    message = MsgSend(
        from_address=ledger.alice.text,
        to_address=ledger.bob.text,
        amount=[Coin(denom="uakt", amount="1")],
    )
    raws = [ledger.sign(message, by=ledger.alice, sequence=sequence) for sequence in range(4)]
    assert [ledger.check(raw).code for raw in raws] == [0] * 4
    assert len(verified) == 4
    known = ledger.app._executor._decoded
    # As if the account had been another one in CheckTx, and as if CheckTx had never been.
    first = known[raws[2]].reading.verified[0]
    known[raws[2]].reading.verified[0] = first._replace(account_number=first.account_number + 1)
    known.pop(raws[3])
    answer = ledger.block(*raws)
    assert [result.code for result in answer.tx_results] == [0] * 4
    assert len(verified) == 6
    # It is not seen from outside: gas, events and state are those of a node that has checked nothing before.
    assert Ledger().block(*raws) == answer


def test_what_was_refused_is_not_remembered(ledger: Ledger) -> None:
    message = MsgSend(
        from_address=ledger.alice.text, to_address=ledger.bob.text, amount=[Coin(denom="uakt", amount="1")]
    )
    tx = decode(ledger.sign(message, by=ledger.bob))
    assert ledger.check(tx.raw).code != 0
    assert tx.raw not in ledger.app._executor._decoded and tx.reading is None


def test_every_part_of_what_was_verified_counts() -> None:
    key = Key("url", b"key", b"address")
    found = Verified(0, key, b"value", "chain", 1, 2)
    others: dict[str, Any] = {
        "place": 1, "key": key._replace(data=b"other"), "key_value": b"other", "chain_id": "other",
        "account_number": 2, "sequence": 3,
    }  # fmt: skip
    assert list(others) == list(Verified._fields)
    assert all(found._replace(**{name: value}) not in [found] for name, value in others.items())


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (PubKey(key=b"short"), 8),
        (ed25519_pb2.PubKey(key=b"short"), 8),
        (multisig_pb2.LegacyAminoPubKey(threshold=1), 8),
        (tx_pb2.Fee(), 2),
    ],
)
def test_keys_of_other_kinds_or_sizes_are_refused(key: Any, code: int) -> None:
    with pytest.raises(ChainError) as caught:
        read_key(registry.pack(key))
    assert (caught.value.codespace, caught.value.code) == ("sdk", code)


def test_amino_alone_is_told_apart() -> None:
    amino = tx_pb2.ModeInfo(single=tx_pb2.ModeInfo.Single(mode=AMINO))
    direct = tx_pb2.ModeInfo(single=tx_pb2.ModeInfo.Single(mode=signing_pb2.SIGN_MODE_DIRECT))
    both = tx_pb2.ModeInfo(multi=tx_pb2.ModeInfo.Multi(mode_infos=[amino, direct]))
    assert [only_amino(mode) for mode in (amino, direct, both)] == [True, False, False]


def test_a_malformed_multisignature_is_undecodable() -> None:
    key = Key("", b"", b"", 1, (b"k" * 33,))
    with pytest.raises(ChainError):
        threshold_parts(key, tx_pb2.ModeInfo.Multi(bitarray=CompactBitArray(extra_bits_stored=9)), b"")
