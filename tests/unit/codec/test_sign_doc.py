"""Bytes that are signed. The DIRECT vectors are CosmJS's and CosmWasm's, made with the Go node's own code."""

from __future__ import annotations

import json

import pytest

from supercloud.codec import registry, sign_doc
from supercloud.codec.tx import decode, encode
from supercloud.crypto import hd, secp256k1
from supercloud.pb.cosmos.bank.v1beta1.tx_pb2 import MsgSend
from supercloud.pb.cosmos.crypto.secp256k1.keys_pb2 import PubKey
from supercloud.pb.cosmos.tx.v1beta1.tx_pb2 import (
    AuthInfo,
    Fee,
    SignDoc,
    SignDocDirectAux,
    SignerInfo,
    TxBody,
)

FAUCET = (
    "economy stock theory fatal elder harbor betray wasp final emotion task crumble "
    "siren bottom lizard educate guess current outdoor pair theory focus wife stone"
)
SENDER = "cosmos1pkptre7fdkl6gfrzlesjjvhxhlc3r4gmmk8rs6"
RECEIVER = "cosmos1qypqxpq9qcrsszg2pvxq6rs0zqg3yyc5lzv7xu"
SIGNATURES = [
    "c9dd20e07464d3a688ff4b710b1fbc027e495e797cfa0b4804da2ed117959227"
    "772de059808f765aa29b8f92edf30f4c2c5a438e30d3fe6897daa7141e3ce6f9",
    "525adc7e61565a509c60497b798c549fbf217bb5cd31b24cc9b419d098cc9533"
    "0c99ecc4bc72448f85c365a4e3f91299a3d40412fb3751bab82f1940a83a0a4c",
    "f3f2ca73806f2abbf6e0fe85f9b8af66f0e9f7f79051fdb8abe5bb8633b17da1"
    "32e82d577b9d5f7a6dae57a144efc9ccc6eef15167b44b3b22a57240109762af",
]
SIGNED_DOCUMENT = (
    "0a93010a90010a1c2f636f736d6f732e62616e6b2e763162657461312e4d736753656e6412700a2d636f736d6f7331706b7074"
    "72653766646b6c366766727a6c65736a6a766878686c63337234676d6d6b38727336122d636f736d6f73317179707178707139"
    "71637273737a673270767871367273307a716733797963356c7a763778751a100a0575636f736d1207313233343536371265"
    "0a4e0a460a1f2f636f736d6f732e63727970746f2e736563703235366b312e5075624b657912230a21034f04181eeba35391"
    "b858633a765c4a0c189697b40d216354d50890d350c7029012040a02080112130a0d0a0575636f736d12043230303010c09a0c"
    "1a0c73696d642d74657374696e672001"
)


def transfer(sequence: int) -> tuple[bytes, bytes]:
    """Body and auth info of the vectors' transfer."""
    message = MsgSend(from_address=SENDER, to_address=RECEIVER)
    message.amount.add(denom="ucosm", amount="1234567")
    body = TxBody(messages=[registry.pack(message)])
    key = hd.derive(FAUCET).public_key
    signer = SignerInfo(public_key=registry.pack(PubKey(key=bytes(key))), sequence=sequence)
    signer.mode_info.single.mode = 1
    info = AuthInfo(signer_infos=[signer], fee=Fee(gas_limit=200_000))
    info.fee.amount.add(denom="ucosm", amount="2000")
    return body.SerializeToString(), info.SerializeToString()


@pytest.mark.parametrize("sequence", range(len(SIGNATURES)))
def test_direct(sequence: int) -> None:
    body, auth_info = transfer(sequence)
    document = sign_doc.direct_bytes(body, auth_info, "simd-testing", 1)
    if sequence == 0:
        assert document.hex() == SIGNED_DOCUMENT
    key = hd.derive(FAUCET)
    assert key.sign(document).hex() == SIGNATURES[sequence]
    assert secp256k1.verify(bytes(key.public_key), document, bytes.fromhex(SIGNATURES[sequence]))


def test_direct_binds_chain_and_account() -> None:
    body, auth_info = transfer(0)
    made = {
        sign_doc.direct_bytes(body, auth_info, chain, number) for chain in ("a", "b") for number in (0, 1)
    }
    assert len(made) == 4
    assert SignDoc.FromString(sign_doc.direct_bytes(body, auth_info, "a", 0)).auth_info_bytes == auth_info


def test_direct_aux_holds_no_fee() -> None:
    body, _ = transfer(0)
    key = registry.pack(PubKey(key=b"\2" * 33))
    document = SignDocDirectAux.FromString(sign_doc.direct_aux_bytes(body, key, "c", 5, 6))
    assert (document.body_bytes, document.public_key, document.chain_id) == (body, key, "c")
    assert (document.account_number, document.sequence) == (5, 6)


def test_amino_json_of_a_transfer() -> None:
    body, auth_info = transfer(7)
    signed = sign_doc.amino_json_bytes(decode(encode(body, auth_info, [])), "simd-testing", 1, 7)
    assert (
        signed
        == (
            '{"account_number":"1","chain_id":"simd-testing",'
            '"fee":{"amount":[{"amount":"2000","denom":"ucosm"}],"gas":"200000"},"memo":"",'
            '"msgs":[{"type":"cosmos-sdk/MsgSend","value":{"amount":[{"amount":"1234567","denom":"ucosm"}],'
            f'"from_address":"{SENDER}","to_address":"{RECEIVER}"}}}}],"sequence":"7"}}'
        ).encode()
    )


def test_amino_json_names_what_is_set_and_nothing_else() -> None:
    body_bytes, auth_bytes = transfer(0)
    body, auth_info = TxBody.FromString(body_bytes), AuthInfo.FromString(auth_bytes)
    body.memo = "<a&b>"
    body.timeout_height = 9
    body.unordered = True
    body.timeout_timestamp.seconds = 1
    auth_info.fee.payer, auth_info.fee.granter = SENDER, RECEIVER
    raw = encode(body.SerializeToString(), auth_info.SerializeToString(), [])
    signed = sign_doc.amino_json_bytes(decode(raw), "c", 0, 0)
    assert b'"memo":"\\u003ca\\u0026b\\u003e"' in signed
    document = json.loads(signed)
    assert (document["timeout_height"], document["unordered"]) == ("9", True)
    assert document["timeout_timestamp"] == "1970-01-01T00:00:01Z"
    assert (document["fee"]["payer"], document["fee"]["granter"]) == (SENDER, RECEIVER)
