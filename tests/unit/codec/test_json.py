"""Proto JSON: what the network's gateway prints, and what is refused on the way in."""

from __future__ import annotations

import json as plain_json
from typing import Any

import pytest
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from supercloud.codec import json, registry
from supercloud.pb.akash.base.resources.v1beta4.resources_pb2 import Resources
from supercloud.pb.akash.deployment.v1beta4.groupspec_pb2 import GroupSpec
from supercloud.pb.akash.market.v1.lease_pb2 import Lease
from supercloud.pb.cosmos.authz.v1beta1 import tx_pb2 as authz_tx
from supercloud.pb.cosmos.authz.v1beta1.authz_pb2 import Grant
from supercloud.pb.cosmos.bank.v1beta1 import tx_pb2 as bank_tx
from supercloud.pb.cosmos.base.query.v1beta1.pagination_pb2 import PageRequest
from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import DecCoin
from supercloud.pb.cosmos.crypto.secp256k1.keys_pb2 import PubKey
from supercloud.pb.cosmos.tx.v1beta1.tx_pb2 import ModeInfo, TxBody


def send(amount: str = "1") -> bank_tx.MsgSend:
    message = bank_tx.MsgSend(from_address="a", to_address="b")
    message.amount.add(denom="uakt", amount=amount)
    return message


# --- Writing


def test_defaults_are_printed_and_long_numbers_are_text() -> None:
    assert json.to_dict(PageRequest(offset=2**63)) == {
        "key": None,
        "offset": "9223372036854775808",
        "limit": "0",
        "count_total": False,
        "reverse": False,
    }


def test_enums_are_names_and_numbers_without_a_name_stay_numbers() -> None:
    assert json.to_dict(Lease(state=1))["state"] == "active"
    assert json.to_dict(Lease(state=99))["state"] == 99


def test_decimals_are_decimal_text_and_resource_values_digits() -> None:
    assert json.to_dict(DecCoin(denom="uakt", amount="1500000000000000000")) == {
        "denom": "uakt",
        "amount": "1.500000000000000000",
    }
    unit = Resources(id=1)
    unit.cpu.units.val = b"1000"
    document = json.to_dict(unit)
    assert document["cpu"]["units"] == {"val": "1000"}
    assert document["memory"] is None, "a submessage that Go holds by pointer is null when absent"


def test_submessages_held_by_value_are_always_there() -> None:
    document = json.to_dict(GroupSpec(name="g"))
    assert document["requirements"] == {"signed_by": {"all_of": [], "any_of": []}, "attributes": []}


def test_of_a_oneof_only_the_member_that_is_set_is_printed() -> None:
    assert json.to_dict(ModeInfo(single=ModeInfo.Single(mode=1))) == {"single": {"mode": "SIGN_MODE_DIRECT"}}
    assert json.to_dict(ModeInfo()) == {}


def test_an_any_is_its_message_or_what_is_left_of_it() -> None:
    packed = registry.pack(PubKey(key=b"k" * 33))
    assert json.to_dict(TxBody(messages=[packed]))["messages"][0]["@type"] == packed.type_url
    assert json.to_dict(packed)["key"].startswith("a2tra")
    unknown = AnyMessage(type_url="/strange.Type", value=b"\1")
    assert json.to_dict(TxBody(messages=[unknown]))["messages"] == [
        {"@type": "/strange.Type", "value": "AQ=="}
    ]
    assert json.to_dict(TxBody(messages=[AnyMessage()]))["messages"] == [{}]


@pytest.mark.parametrize(
    ("seconds", "nanos", "text"),
    [
        (0, 0, "1970-01-01T00:00:00Z"),
        (951782400, 0, "2000-02-29T00:00:00Z"),
        (1764288000, 500_000_000, "2025-11-28T00:00:00.5Z"),
        (-62135596800, 0, "0001-01-01T00:00:00Z"),
        (253402300799, 999_999_999, "9999-12-31T23:59:59.999999999Z"),
        (-1, 1, "1969-12-31T23:59:59.000000001Z"),
    ],
)
def test_times(seconds: int, nanos: int, text: str) -> None:
    stamp = Timestamp(seconds=seconds, nanos=nanos)
    assert json.timestamp(stamp) == text
    assert json.from_dict(text, Timestamp) == stamp


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [(0, "0s"), (3_600_000_000_000, "3600s"), (-1_500_000_000, "-1.5s"), (-1, "-0.000000001s")],
)
def test_durations(nanoseconds: int, text: str) -> None:
    length = Duration()
    length.FromNanoseconds(nanoseconds)
    assert json.duration(length) == text
    assert json.from_dict(text, Duration) == length


def test_text_is_compact() -> None:
    assert json.to_text(send("7")) == (
        '{"from_address":"a","to_address":"b","amount":[{"denom":"uakt","amount":"7"}]}'
    )


# --- Reading


def test_camel_case_is_read_too_and_null_is_absent() -> None:
    read = json.from_dict({"fromAddress": "a", "to_address": "b", "amount": None}, bank_tx.MsgSend)
    assert read == bank_tx.MsgSend(from_address="a", to_address="b")


@pytest.mark.parametrize("text", ["_-_-", "/+/+", "-_+/"])
def test_both_alphabets_of_base64(text: str) -> None:
    assert len(json.from_dict({"key": text}, PageRequest).key) == 3


@pytest.mark.parametrize(
    ("document", "kind", "words"),
    [
        ([], PageRequest, "PageRequest: expected an object, found list"),
        ({"x": 1}, PageRequest, "PageRequest: unknown field 'x'"),
        ({"offset": True}, PageRequest, "PageRequest.offset: expected an integer"),
        ({"offset": "1.5"}, PageRequest, "PageRequest.offset: expected an integer"),
        ({"offset": "١"}, PageRequest, "PageRequest.offset: expected an integer"),
        ({"offset": -1}, PageRequest, "PageRequest.offset"),
        ({"offset": 2**64}, PageRequest, "PageRequest.offset"),
        ({"reverse": "true"}, PageRequest, "PageRequest.reverse: expected true or false"),
        ({"key": 5}, PageRequest, "PageRequest.key: expected text, found int"),
        ({"key": "***"}, PageRequest, "PageRequest.key: not base64"),
        ({"key": "ключ"}, PageRequest, "PageRequest.key: not base64"),
        ({"amount": {}}, bank_tx.MsgSend, "MsgSend.amount: expected a list, found dict"),
        ({"amount": [{"denom": 1}]}, bank_tx.MsgSend, r"MsgSend.amount\[0\].denom: expected text"),
        ({"state": "opened"}, Lease, "Lease.state: 'opened' is none of invalid, active"),
        ({"state": True}, Lease, "Lease.state"),
        ({"price": {"amount": "1.x"}}, Lease, "Lease.price.amount: failed to set decimal"),
        ({"cpu": {"units": {"val": "12a"}}}, Resources, "Resources.cpu.units.val: expected digits"),
        ({"messages": [{}]}, TxBody, r"TxBody.messages\[0\]: expected an object with @type"),
        ({"messages": [{"@type": "/x.Y"}]}, TxBody, r"TxBody.messages\[0\]: .*unable to resolve"),
        ("yesterday", Timestamp, "expected a time such as"),
        ("2026-02-29T00:00:00Z", Timestamp, "is no time"),
        ("2026-04-31T00:00:00Z", Timestamp, "is no time"),
        ("2026-13-01T00:00:00Z", Timestamp, "is no time"),
        ("0000-01-01T00:00:00Z", Timestamp, "is no time"),
        ("2026-01-01T00:00:60Z", Timestamp, "is no time"),
        ("2026-01-01T00:00:00+24:00", Timestamp, "is no time"),
        ("2026-01-01T00:00:00+01:60", Timestamp, "is no time"),
        ("1h", Duration, "expected seconds such as"),
        (5, Duration, "expected seconds such as"),
    ],
)
def test_what_is_wrong_is_named(document: Any, kind: type[Message], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        json.from_dict(document, kind)


def test_unknown_fields_may_be_skipped_on_request() -> None:
    assert json.from_dict({"new": 1, "limit": "3"}, PageRequest, ignore_unknown=True).limit == 3


def test_offsets_of_times() -> None:
    assert json.from_dict("2026-01-01T01:30:00+01:30", Timestamp).seconds == 1767225600
    assert json.from_dict("2025-12-31T22:30:00-01:30", Timestamp).seconds == 1767225600


def test_endless_nesting_is_refused_where_it_stands() -> None:
    """Neither objects, nor lists, nor Anys inside Anys reach the interpreter's own limit."""
    with pytest.raises(ValueError, match="nested too deeply"):
        json.from_text("[" * 200_000)
    document: Any = {"@type": "/cosmos.bank.v1beta1.MsgSend"}
    for _ in range(json.DEPTH_MAX):
        document = {"@type": "/cosmos.authz.v1beta1.MsgExec", "msgs": [document]}
    with pytest.raises(ValueError, match="nested too deeply"):
        json.from_dict({"msgs": [document]}, authz_tx.MsgExec)


@pytest.mark.parametrize(
    "text", ['{"a":1,"a":2}', '{"a":1.5}', '{"a":NaN}', '{"a":1e3}', "{", "", "1" * 5000]
)
def test_texts_that_are_refused(text: str) -> None:
    with pytest.raises(ValueError):
        json.from_text(text)


def test_well_known_types_inside_an_any() -> None:
    grant = Grant(expiration=Timestamp(seconds=5))
    assert json.from_dict(json.to_dict(grant), Grant) == grant


MESSAGES = st.builds(
    lambda texts, amounts, key, numbers: [
        bank_tx.MsgSend(
            from_address=texts[0],
            to_address=texts[1],
            amount=[{"denom": texts[2], "amount": str(amount)} for amount in amounts],
        ),
        PageRequest(key=key, offset=numbers[0], limit=numbers[1], reverse=bool(key)),
        Timestamp(seconds=numbers[0] % 10**11, nanos=numbers[1] % 10**9),
        TxBody(memo=texts[0], messages=[registry.pack(PubKey(key=key))], timeout_height=numbers[0]),
        DecCoin(denom=texts[1], amount=str(numbers[0])),
    ],
    st.lists(st.text(max_size=20), min_size=3, max_size=3),
    st.lists(st.integers(0, 2**256 - 1), max_size=3),
    st.binary(max_size=40),
    st.lists(st.integers(0, 2**64 - 1), min_size=2, max_size=2),
)


@given(MESSAGES)
def test_what_is_written_is_read_back(messages: list[Message]) -> None:
    for message in messages:
        document = json.to_dict(message) if not isinstance(message, Timestamp) else json.timestamp(message)
        assert json.from_dict(json.from_text(plain_json.dumps(document)), type(message)) == message
