"""Amino JSON read back."""

from __future__ import annotations

from typing import Any

import pytest

from supercloud.codec import amino, amino_reader, registry
from supercloud.pb.akash.base.resources.v1beta4.resourcevalue_pb2 import ResourceValue
from supercloud.pb.akash.market.v1beta5.bidmsg_pb2 import MsgCreateBid
from supercloud.pb.cosmos.authz.v1beta1.authz_pb2 import GenericAuthorization
from supercloud.pb.cosmos.authz.v1beta1.tx_pb2 import MsgGrant
from supercloud.pb.cosmos.bank.v1beta1.tx_pb2 import MsgSend
from supercloud.pb.cosmos.crypto.secp256k1.keys_pb2 import PubKey
from supercloud.pb.cosmos.feegrant.v1beta1.feegrant_pb2 import PeriodicAllowance
from supercloud.pb.cosmos.staking.v1beta1.authz_pb2 import StakeAuthorization

STAKE = "cosmos-sdk/StakeAuthorization"


def test_names() -> None:
    assert amino_reader.type_url("cosmos-sdk/MsgSend") == "/cosmos.bank.v1beta1.MsgSend"
    assert amino_reader.type_url("/akash.x.Y") == "/akash.x.Y"
    with pytest.raises(ValueError, match="names no type"):
        amino_reader.type_url("MsgSend")


def examples() -> list[Any]:
    send = MsgSend(from_address="a", to_address="b")
    send.amount.add(denom="uakt", amount="1")
    grant = MsgGrant(granter="a", grantee="b")
    grant.grant.authorization.CopyFrom(registry.pack(GenericAuthorization(msg="/x")))
    grant.grant.expiration.seconds = 1_700_000_000
    bid = MsgCreateBid()
    bid.price.denom, bid.price.amount = "uakt", "1500000000000000000"
    bid.resources_offer.add().resources.cpu.units.val = b"100"
    allowance = PeriodicAllowance()
    allowance.period.seconds, allowance.period.nanos = 3600, 5
    some, none = StakeAuthorization(authorization_type=2), StakeAuthorization()  # type: ignore[arg-type]
    some.deny_list.address.append("v")
    return [send, grant, bid, allowance, PubKey(key=b"\2" * 33), some, none]


@pytest.mark.parametrize("message", examples(), ids=lambda message: message.DESCRIPTOR.name)
def test_there_and_back(message: Any) -> None:
    document = amino.typed(message)
    found = amino_reader.read_typed(document)
    assert amino.typed(found) == document
    assert found.DESCRIPTOR is message.DESCRIPTOR


def test_digits_as_either_encoder_writes_them() -> None:
    for text in ("100", "MTAw"):
        assert amino_reader.read({"val": text}, ResourceValue).val == b"100"
    with pytest.raises(ValueError, match="digits or their base64"):
        amino_reader.read({"val": "*"}, ResourceValue)


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ([], "object of type and value"),
        ({"type": 5, "value": {}}, "type is no text"),
        ({"type": "/nothing", "value": {}}, "unable to resolve type URL /nothing"),
        ({"type": "cosmos-sdk/MsgSend", "value": 5}, "expected an object, found int"),
        ({"type": "cosmos-sdk/MsgSend", "value": {"amount": 5}}, "Coin: expected an object, found int"),
        ({"type": "cosmos-sdk/PeriodicAllowance", "value": {"period": "1s"}}, "as nanoseconds in text"),
        ({"type": "cosmos-sdk/MsgGrant", "value": {"grant": {"authorization": {}}}}, "type and value"),
        ({"type": STAKE, "value": {"allow_list": {}}}, "unknown field 'allow_list'"),
        ({"type": STAKE, "value": {"Validators": {"allow_list": {}}}}, "type and value"),
        ({"type": STAKE, "value": {"Validators": {"type": "x", "value": {}}}}, "'x' names no member"),
        (
            {"type": STAKE, "value": {"Validators": {"type": f"{STAKE}/AllowList", "value": {}}}},
            "expected an object of allow_list",
        ),
    ],
)
def test_refuses(document: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        amino_reader.read_typed(document)


def test_refuses_endless_nesting() -> None:
    document: Any = {"type": "cosmos-sdk/MsgSend", "value": {}}
    for _ in range(40):
        document = {"type": "cosmos-sdk/MsgExec", "value": {"msgs": [document]}}
    with pytest.raises(ValueError, match="too deeply"):
        amino_reader.read_typed(document)
