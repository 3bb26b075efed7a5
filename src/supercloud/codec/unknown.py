"""Refusing fields that a message does not have, at any depth, in Anys too.

Source: Cosmos SDK ADR-020. An unknown field may carry a meaning the signer relied on, so it is an error; only in TxBody
may fields with bit 11 of their number set be unknown, since those are declared not to matter.

Nearly all messages pass a cheap test: with and without unknown fields a message is as long as what was parsed. Only when
the lengths differ (default values written out, say) is it walked field by field. All three have to be compared: a
negative enum may be written shorter than it is encoded here, which leaves room for a field that nobody would see.
"""

from __future__ import annotations

from typing import Any, Final

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.unknown_fields import UnknownFieldSet

from supercloud.codec import registry
from supercloud.types.errors import TxParse

NON_CRITICAL_BIT: Final = 1 << 10
DEPTH_MAX: Final = 16
_unknown_fields: Any = UnknownFieldSet
_ANY: Final = "google.protobuf.Any"
_any_inside: dict[str, bool] = {}


def refuse(message: Message, raw: bytes, *, allow_non_critical: bool = False) -> None:
    """Raise TxParse when `message`, parsed from `raw`, holds what its type does not define."""
    if _holds_any(message.DESCRIPTOR) or not is_plain(message, raw):
        _walk(type(message).FromString(raw), allow_non_critical, 0)


def strangers(message: Message) -> list[int]:
    """Numbers of the fields that a message's type does not define, at its own level."""
    return [field.field_number for field in _unknown_fields(message)]


def is_plain(message: Message, raw: bytes) -> bool:
    """Whether `message`, just parsed from `raw`, is those bytes and no field more. Unknown fields outside Anys go."""
    size = message.ByteSize()
    message.DiscardUnknownFields()
    return message.ByteSize() == size == len(raw)


def _walk(message: Message, allow_non_critical: bool, depth: int) -> None:
    if depth > DEPTH_MAX:
        raise TxParse("messages are nested too deeply")
    for number in strangers(message):
        if not (allow_non_critical and number & NON_CRITICAL_BIT):
            raise TxParse(f"errUnknownField {message.DESCRIPTOR.full_name!r}: {{TagNum: {number}}}")
    for descriptor, value in message.ListFields():
        if descriptor.type != FieldDescriptor.TYPE_MESSAGE:
            continue
        for each in _values(descriptor, value):
            if each.DESCRIPTOR.full_name == _ANY:
                _walk(each, False, depth + 1)
                _walk(registry.unpack(each), False, depth + 1)
            else:
                _walk(each, False, depth + 1)


def _values(descriptor: Any, value: Any) -> Any:
    if not descriptor.is_repeated:
        return (value,)
    if descriptor.message_type.GetOptions().map_entry:
        inner = descriptor.message_type.fields_by_name["value"]
        return value.values() if inner.type == FieldDescriptor.TYPE_MESSAGE else ()
    return value


def _holds_any(descriptor: Any) -> bool:
    """Whether a message of this type may hold an Any."""
    known = _any_inside.get(descriptor.full_name)
    if known is None:
        _any_inside[descriptor.full_name] = descriptor.full_name == _ANY
        known = descriptor.full_name == _ANY or any(
            field.message_type is not None and _holds_any(field.message_type) for field in descriptor.fields
        )
        _any_inside[descriptor.full_name] = known
    return known
