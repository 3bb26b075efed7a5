"""StdTx against the bytes of the network's own encoder."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from supercloud.codec import amino, std_tx

VECTORS: dict[str, Any] = json.loads(Path(__file__).with_name("std_tx_vectors.json").read_text())["vectors"]


@pytest.mark.parametrize("name", VECTORS)
def test_the_networks_bytes(name: str) -> None:
    binary = base64.b64decode(VECTORS[name]["binary"])
    text = amino.text(VECTORS[name]["document"])
    assert std_tx.to_binary(std_tx.from_json(text)) == binary
    assert std_tx.to_json(std_tx.from_binary(binary)) == text


def document(**value: Any) -> str:
    return json.dumps({"type": "cosmos-sdk/StdTx", "value": value})


SEND = {"type": "cosmos-sdk/MsgSend", "value": {"from_address": "a"}}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "Expecting"),
        ("[]", "type is cosmos-sdk/StdTx"),
        (json.dumps({"type": "auth/StdTx", "value": {}}), "type is cosmos-sdk/StdTx"),
        (document(msgs=[]), "expected an object of msg"),
        (document(msg={"a": 1}), "msg: expected a list"),
        (document(msg=[{"type": "cosmos-sdk/MsgSend"}]), "an object of type and value"),
        (document(msg=[{"type": "cosmos-sdk/MsgNone", "value": {}}]), "'cosmos-sdk/MsgNone' names no type"),
        (document(msg=[{**SEND, "value": {"from": "a"}}]), "MsgSend: unknown field 'from'"),
        (document(memo=5), "memo: expected text"),
        (document(timeout_height="x"), "timeout_height: expected an integer"),
        (document(timeout_height=str(2**64)), "range|less than"),
        (document(signatures=[{"key": 1}]), "pub_key and signature"),
        (document(signatures=[{"signature": "*"}]), "not base64"),
        (document(fee={"gas": "-1"}), "range"),
        (document(fee=[1]), "Fee: expected an object"),
    ],
)
def test_refuses_documents(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        std_tx.from_json(text)


def test_refuses_bytes() -> None:
    good = std_tx.to_binary(std_tx.from_json(document(msg=[SEND], memo="m")))
    begin, rest = good[:4], good[4:]
    for bad, words in [
        (b"", "do not begin with 282816a9"),
        (b"\xf0\x62\x5d\xee" + rest, "do not begin with 282816a9"),
        (good[:-1], "end early"),
        (begin + b"\x22\x00" + rest, "not as amino writes"),
        (begin + b"\x32\x00", "has no field 6"),
        (begin + b"\x08\x01", "field 1 is no integer"),
        (begin + b"\x0a\x04abcd", "prefix 61626364 names no type"),
    ]:
        with pytest.raises(ValueError, match=words):
            std_tx.from_binary(bad)


def test_a_deployments_type_is_written_as_it_is_signed() -> None:
    name = "/akash.deployment.v1beta4.MsgCloseDeployment"
    text = document(msg=[{"type": name, "value": {"id": {"owner": "akash1a", "dseq": "7"}}}])
    binary = std_tx.to_binary(std_tx.from_json(text))
    back = json.loads(std_tx.to_json(std_tx.from_binary(binary)))
    assert back["value"]["msg"] == [{"type": name, "value": {"id": {"owner": "akash1a", "dseq": "7"}}}]
