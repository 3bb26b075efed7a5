"""Amino binary of messages: prefixes, places instead of numbers, refusals. Whole transactions: test_std_tx."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supercloud.codec import amino_binary, registry
from supercloud.pb.akash.deployment.v1beta4.deploymentmsg_pb2 import MsgCreateDeployment, MsgUpdateDeployment
from supercloud.pb.cosmos.crypto.secp256k1.keys_pb2 import PubKey
from supercloud.pb.cosmos.slashing.v1beta1.slashing_pb2 import Params
from supercloud.pb.cosmos.staking.v1beta1.authz_pb2 import StakeAuthorization


def test_prefixes() -> None:
    """Those of keys are what addresses of threshold keys are made of."""
    assert amino_binary.prefix("tendermint/PubKeySecp256k1").hex() == "eb5ae987"
    assert amino_binary.prefix("tendermint/PubKeyMultisigThreshold").hex() == "22c1f7e2"
    assert amino_binary.prefix("cosmos-sdk/StdTx").hex() == "282816a9"
    assert amino_binary.registered_name(MsgCreateDeployment()) == "akash-sdk/x/deployment/MsgCreateDeployment"


def test_every_known_type_has_a_prefix_of_its_own() -> None:
    messages = [registry.message_class(url)() for url in registry.type_urls()]
    prefixes = {amino_binary.prefix(amino_binary.registered_name(message)) for message in messages}
    assert len(prefixes) == len(messages) > 150


def test_a_key_is_its_bytes() -> None:
    key = PubKey(key=bytes(33))
    encoded = amino_binary.encode_typed(key)
    assert encoded.hex() == "eb5ae98721" + "00" * 33
    assert amino_binary.decode_typed(encoded) == key
    # Beginning with the bytes that tell equal prefixes apart.
    assert amino_binary.decode_typed(b"\0" + b"abc" + encoded) == key
    with pytest.raises(ValueError, match="length does not fit"):
        amino_binary.decode_typed(encoded + b"\0")


def test_places_stand_for_numbers() -> None:
    message = MsgUpdateDeployment(hash=b"\1")
    assert MsgUpdateDeployment.DESCRIPTOR.fields_by_name["hash"].number == 3
    encoded = amino_binary.encode(message)
    assert encoded.hex() == "120101"
    assert amino_binary.decode(encoded, MsgUpdateDeployment).hash == b"\1"


def test_members_of_a_oneof_have_no_form() -> None:
    message = StakeAuthorization()
    message.allow_list.address.append("v")
    with pytest.raises(ValueError, match="members of a oneof"):
        amino_binary.encode_typed(message)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("0a", "end early"),
        ("0d00000000", "wire type 5"),
        ("0aff", "end early"),
        ("28ffffffffffffffffff7f", "64 bits"),
        ("28ffffffffffffffffffffff", "64 bits"),
        ("3801", "Params has no field 7"),
        ("0a0101", "found bytes"),
        ("1001", "found an integer"),
    ],
)
def test_refuses(data: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        amino_binary.decode(bytes.fromhex(data), Params)


@given(
    st.integers(-(2**63), 2**63 - 1),
    st.integers(-(2**62), 2**62),
    st.binary(max_size=40),
)
def test_there_and_back(window: int, nanos: int, fraction: bytes) -> None:
    message = Params(signed_blocks_window=window, slash_fraction_downtime=fraction or b"0")
    message.min_signed_per_window = message.slash_fraction_double_sign = b"5"
    whole = abs(nanos) // 10**9 * (-1 if nanos < 0 else 1)
    message.downtime_jail_duration.seconds = whole
    message.downtime_jail_duration.nanos = nanos - whole * 10**9
    if not nanos:
        message.ClearField("downtime_jail_duration")
    assert amino_binary.decode(amino_binary.encode(message), Params) == message


def test_refuses_endless_nesting() -> None:
    """Keys in keys: each begins with the prefix of a threshold key."""
    data = b""
    for _ in range(40):
        inner = amino_binary.prefix("tendermint/PubKeyMultisigThreshold") + data
        data = amino_binary.bytes_field(2, inner)
    with pytest.raises(ValueError, match="too deeply"):
        amino_binary.decode_typed(inner)
