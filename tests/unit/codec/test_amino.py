"""Amino JSON: the names and forms that wallets sign."""

from __future__ import annotations

import json
from typing import Any

import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from supercloud.codec import amino, registry
from supercloud.pb.akash.deployment.v1beta4.deploymentmsg_pb2 import MsgCloseDeployment, MsgCreateDeployment
from supercloud.pb.akash.escrow.v1.authz_pb2 import DepositAuthorization
from supercloud.pb.akash.market.v1beta5.bidmsg_pb2 import MsgCloseBid, MsgCreateBid
from supercloud.pb.amino import amino_pb2
from supercloud.pb.cosmos.authz.v1beta1.tx_pb2 import MsgGrant
from supercloud.pb.cosmos.bank.v1beta1.tx_pb2 import MsgMultiSend, MsgSend
from supercloud.pb.cosmos.crypto.multisig.keys_pb2 import LegacyAminoPubKey
from supercloud.pb.cosmos.crypto.secp256k1.keys_pb2 import PubKey
from supercloud.pb.cosmos.feegrant.v1beta1.tx_pb2 import MsgGrantAllowance
from supercloud.pb.cosmos.gov.v1.gov_pb2 import VOTE_OPTION_YES
from supercloud.pb.cosmos.gov.v1.tx_pb2 import MsgVoteWeighted
from supercloud.pb.cosmos.gov.v1beta1 import tx_pb2 as older_votes
from supercloud.pb.cosmos.staking.v1beta1.authz_pb2 import AUTHORIZATION_TYPE_DELEGATE, StakeAuthorization
from supercloud.pb.cosmos.staking.v1beta1.tx_pb2 import MsgDelegate, MsgEditValidator


@pytest.mark.parametrize(
    ("message", "name"),
    [
        (MsgSend(), "cosmos-sdk/MsgSend"),
        (MsgMultiSend(), "cosmos-sdk/MsgMultiSend"),
        (MsgGrant(), "cosmos-sdk/MsgGrant"),
        (MsgGrantAllowance(), "cosmos-sdk/MsgGrantAllowance"),
        (MsgDelegate(), "cosmos-sdk/MsgDelegate"),
        (PubKey(), "tendermint/PubKeySecp256k1"),
        (LegacyAminoPubKey(), "tendermint/PubKeyMultisigThreshold"),
        (DepositAuthorization(), "akash/DepositAuthorization"),
        (MsgCreateDeployment(), "/akash.deployment.v1beta4.MsgCreateDeployment"),
        (MsgCreateBid(), "/akash.market.v1beta5.MsgCreateBid"),
    ],
)
def test_names(message: Any, name: str) -> None:
    assert amino.name(message) == name
    assert amino.typed(message)["type"] == name


def test_a_transfer() -> None:
    message = MsgSend(from_address="a", to_address="b")
    assert amino.value_of(message) == {"from_address": "a", "to_address": "b", "amount": []}
    message.amount.add(denom="uakt", amount="1")
    assert amino.value_of(message)["amount"] == [{"denom": "uakt", "amount": "1"}]


def test_zeros_are_left_out_and_numbers_are_text_or_not_by_their_size() -> None:
    message = MsgCloseDeployment()
    assert amino.value_of(message) == {}
    message.id.SetInParent()
    assert amino.value_of(message) == {"id": {}}, "a submessage on the wire is shown, empty or not"
    message.id.dseq = 2**63
    assert amino.value_of(message) == {"id": {"dseq": "9223372036854775808"}}
    bid = MsgCloseBid(reason=10001)
    bid.id.gseq = 7
    assert amino.value_of(bid) == {"id": {"gseq": 7}, "reason": 10001}


def test_decimals_digits_and_bytes() -> None:
    bid = MsgCreateBid()
    bid.price.denom, bid.price.amount = "uakt", "1500000000000000000"
    assert amino.value_of(bid)["price"] == {"denom": "uakt", "amount": "1.500000000000000000"}
    order = MsgCreateDeployment(hash=b"\0\1")
    order.groups.add().resources.add().resource.cpu.units.val = b"100"
    document = amino.value_of(order)
    assert document["hash"] == "AAE="
    assert document["groups"][0]["resources"][0]["resource"]["cpu"]["units"]["val"] == "MTAw"


def test_decimals_that_are_text_on_the_wire_stay_as_they_are() -> None:
    vote = MsgVoteWeighted(proposal_id=1, voter="v")
    vote.options.add(option=VOTE_OPTION_YES, weight="0.5")
    assert amino.value_of(vote)["options"] == [{"option": 1, "weight": "0.5"}]
    older = older_votes.MsgVoteWeighted(proposal_id=1, voter="v")
    older.options.add(option=1, weight="500000000000000000")  # type: ignore[arg-type]
    assert amino.value_of(older)["options"] == [{"option": 1, "weight": "0.500000000000000000"}]


def test_keys() -> None:
    assert amino.typed(PubKey(key=b"\2" * 33)) == {
        "type": "tendermint/PubKeySecp256k1",
        "value": "AgIC" * 11,
    }
    pair = LegacyAminoPubKey(threshold=2, public_keys=[registry.pack(PubKey(key=b"\2" * 33))] * 2)
    assert amino.value_of(pair)["threshold"] == "2"
    assert [key["type"] for key in amino.value_of(pair)["pubkeys"]] == ["tendermint/PubKeySecp256k1"] * 2


def test_times_durations_and_anys() -> None:
    stamp = Timestamp(seconds=1, nanos=500_000_000)
    assert amino.value_of(stamp) == amino.timestamp_text(stamp) == "1970-01-01T00:00:01.5Z"
    assert amino.value_of(Duration(seconds=1, nanos=5)) == "1000000005"
    grant = MsgGrant(granter="a", grantee="b")
    grant.grant.authorization.CopyFrom(registry.pack(DepositAuthorization()))
    grant.grant.expiration.seconds = 60
    value = amino.value_of(grant)["grant"]
    assert value["authorization"]["type"] == "akash/DepositAuthorization"
    assert value["expiration"] == "1970-01-01T00:01:00Z"


@pytest.mark.parametrize(
    ("member", "wanted"),
    [
        (
            "allow_list",
            '{"type":"cosmos-sdk/StakeAuthorization/AllowList","value":{"allow_list":{"address":["V"]}}}',
        ),
        (
            "deny_list",
            '{"type":"cosmos-sdk/StakeAuthorization/DenyList","value":{"deny_list":{"address":["V"]}}}',
        ),
        ("", "null"),
    ],
)
def test_members_of_a_oneof_stand_under_its_name_with_their_type(member: str, wanted: str) -> None:
    # With an allow list this is what the network's own tests of authz want.
    given = StakeAuthorization(authorization_type=AUTHORIZATION_TYPE_DELEGATE)
    given.max_tokens.denom, given.max_tokens.amount = "stake", "1000"
    if member:
        getattr(given, member).address.append("V")
    grant = MsgGrant(granter="cosmos1abc", grantee="cosmos1def")
    grant.grant.authorization.CopyFrom(registry.pack(given))
    assert amino.canonical(amino.typed(grant)).decode() == (
        '{"type":"cosmos-sdk/MsgGrant","value":{"grant":{"authorization":'
        '{"type":"cosmos-sdk/StakeAuthorization","value":{"Validators":' + wanted + ","
        '"authorization_type":1,"max_tokens":{"amount":"1000","denom":"stake"}}}},'
        '"grantee":"cosmos1def","granter":"cosmos1abc"}}'
    )


def test_an_empty_member_of_a_oneof_is_not_the_same_as_none() -> None:
    given = StakeAuthorization()
    given.deny_list.SetInParent()
    assert amino.value_of(given) == {
        "Validators": {"type": "cosmos-sdk/StakeAuthorization/DenyList", "value": {"deny_list": {}}}
    }


def messages_within(descriptor: Any, seen: dict[str, Any]) -> dict[str, Any]:
    """A message's type and those of its fields, by name."""
    if descriptor.full_name not in seen:
        seen[descriptor.full_name] = descriptor
        for field in descriptor.fields:
            if field.message_type is not None:
                messages_within(field.message_type, seen)
    return seen


def test_every_oneof_that_can_be_signed_names_its_members() -> None:
    seen: dict[str, Any] = {}
    for url in registry.type_urls():
        messages_within(registry.message_class(url).DESCRIPTOR, seen)
    oneofs = [oneof for each in seen.values() for oneof in each.oneofs]
    # How a transaction was signed is no part of what is signed.
    signed = [oneof for oneof in oneofs if oneof.full_name != "cosmos.tx.v1beta1.ModeInfo.sum"]
    assert [oneof.full_name for oneof in signed] == ["cosmos.staking.v1beta1.StakeAuthorization.validators"]
    for field in signed[0].fields:
        assert field.GetOptions().Extensions[amino_pb2.oneof_name], field.full_name


def test_integers_that_are_text_on_the_wire() -> None:
    message = MsgEditValidator(min_self_delegation="5", commission_rate="100000000000000000")
    value = amino.value_of(message)
    assert (value["min_self_delegation"], value["commission_rate"]) == ("5", "0.100000000000000000")


def test_canonical_text_is_sorted_compact_and_escaped_as_in_go() -> None:
    document = {"b": "<&>\u2028\u2029", "a": {"z": 1, "y": "ключ"}}
    assert amino.canonical(document) == (
        '{"a":{"y":"ключ","z":1},"b":"\\u003c\\u0026\\u003e\\u2028\\u2029"}'.encode()
    )


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=20) | st.integers() | st.booleans(), max_size=6))
def test_canonical_text_says_the_same_and_does_not_depend_on_order(document: dict[str, Any]) -> None:
    text = amino.canonical(document)
    assert json.loads(text) == document
    assert amino.canonical(dict(reversed(document.items()))) == text
    assert not set(b"<>&") & set(text)
