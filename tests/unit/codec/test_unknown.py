"""Fields that a message does not have: refused at any depth, however they are hidden."""

from __future__ import annotations

import pytest
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st

from supercloud.codec import registry, unknown
from supercloud.pb.akash.market.v1beta5.bidmsg_pb2 import MsgCloseBid
from supercloud.pb.cosmos.authz.v1beta1.tx_pb2 import MsgExec
from supercloud.pb.cosmos.bank.v1beta1.tx_pb2 import MsgSend
from supercloud.pb.cosmos.tx.v1beta1.tx_pb2 import TxBody
from supercloud.types.errors import TxParse

STRANGER = b"\xfa\x01\x01x"
"""Field 31, one byte."""
NON_CRITICAL = b"\x82\x40\x01x"
"""Field 1024, whose bit 11 says that it does not matter."""


def refuse(kind: type[Message], raw: bytes, **options: bool) -> None:
    unknown.refuse(kind.FromString(raw), raw, **options)


def nested(depth: int) -> MsgExec:
    message = MsgExec(grantee="g")
    for _ in range(depth):
        message = MsgExec(grantee="g", msgs=[registry.pack(message)])
    return message


def test_messages_of_known_fields_pass() -> None:
    send = MsgSend(from_address="a")
    send.amount.add(denom="uakt", amount="1")
    refuse(MsgSend, send.SerializeToString())
    refuse(MsgSend, b"\x0a\x00" + send.SerializeToString())


def test_a_stranger_is_named_by_message_and_number() -> None:
    with pytest.raises(TxParse, match=r"errUnknownField 'cosmos.bank.v1beta1.MsgSend': \{TagNum: 31\}"):
        refuse(MsgSend, b"\x0a\x01a" + STRANGER)
    assert unknown.strangers(MsgSend.FromString(STRANGER)) == [31]


def test_a_stranger_inside_a_submessage_and_inside_an_any() -> None:
    coin = b"\x0a\x04uakt" + STRANGER
    with pytest.raises(TxParse, match=r"Coin.*31"):
        refuse(MsgSend, b"\x1a" + bytes([len(coin)]) + coin)
    inner = AnyMessage(type_url="/cosmos.bank.v1beta1.MsgSend", value=STRANGER)
    with pytest.raises(TxParse, match=r"MsgSend.*31"):
        refuse(TxBody, TxBody(messages=[inner]).SerializeToString())


def test_only_the_body_may_hold_what_does_not_matter() -> None:
    refuse(TxBody, NON_CRITICAL, allow_non_critical=True)
    with pytest.raises(TxParse):
        refuse(TxBody, NON_CRITICAL)
    with pytest.raises(TxParse):
        refuse(TxBody, STRANGER, allow_non_critical=True)
    inner = AnyMessage(type_url="/cosmos.bank.v1beta1.MsgSend", value=NON_CRITICAL)
    with pytest.raises(TxParse):
        refuse(TxBody, TxBody(messages=[inner]).SerializeToString(), allow_non_critical=True)


def test_no_room_is_made_by_a_number_written_short() -> None:
    """A negative enum takes ten bytes; five say the same to a parser, and leave five for a stranger."""
    short = b"\x10\xff\xff\xff\xff\x0f"
    stranger = b"\xfa\x01\x02xy"
    raw = short + stranger
    assert MsgCloseBid.FromString(short).reason == -1
    assert len(raw) == MsgCloseBid(reason=-1).ByteSize()
    with pytest.raises(TxParse, match="31"):
        refuse(MsgCloseBid, raw)


def test_plain_is_what_is_said_once_and_nothing_more() -> None:
    send = MsgSend(from_address="a").SerializeToString()
    for raw, plain in ((send, True), (b"\x0a\x00" + send, False), (send + STRANGER, False)):
        message = MsgSend.FromString(raw)
        assert unknown.is_plain(message, raw) is plain
        assert message == MsgSend(from_address="a")


def test_nesting_has_an_end() -> None:
    refuse(MsgExec, nested(unknown.DEPTH_MAX).SerializeToString())
    with pytest.raises(TxParse, match="nested too deeply"):
        refuse(MsgExec, nested(unknown.DEPTH_MAX + 1).SerializeToString())


@given(st.integers(4, 2**29 - 1).filter(lambda n: not 19000 <= n <= 19999), st.binary(max_size=8))
def test_any_number_is_seen_anywhere(number: int, data: bytes) -> None:
    tag, field = number << 3 | 2, bytearray()
    while tag > 0x7F:
        field.append(tag & 0x7F | 0x80)
        tag >>= 7
    field += bytes([tag, len(data)]) + data
    for raw in (bytes(field) + b"\x0a\x01a", b"\x0a\x01a" + bytes(field)):
        with pytest.raises(TxParse):
            refuse(MsgSend, raw)
