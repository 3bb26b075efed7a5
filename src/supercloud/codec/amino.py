"""Amino JSON of messages, made from their descriptors: what SIGN_MODE_LEGACY_AMINO_JSON signs.

Source: Cosmos SDK x/tx aminojson. Zero values are left out unless a field says otherwise; 64-bit numbers are text;
enums are numbers; decimals are decimal text; an Any becomes {type, value}. So does a member of a oneof, under the
oneof's name as Go spells it; one of which no member is set is null.
"""

from __future__ import annotations

import base64
import json
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from supercloud.codec import registry
from supercloud.codec.json import timestamp
from supercloud.pb.amino import amino_pb2
from supercloud.pb.cosmos_proto import cosmos_pb2
from supercloud.pb.gogoproto import gogo_pb2
from supercloud.types.dec import Dec

_LONG = frozenset(
    {
        FieldDescriptor.TYPE_INT64,
        FieldDescriptor.TYPE_UINT64,
        FieldDescriptor.TYPE_SINT64,
        FieldDescriptor.TYPE_FIXED64,
        FieldDescriptor.TYPE_SFIXED64,
    }
)
_ESCAPES = str.maketrans(
    {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
)


def canonical(document: Any) -> bytes:
    """Sorted compact JSON with the characters escaped that Go's encoder escapes."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.translate(_ESCAPES).encode()


def text(document: Any) -> str:
    """Compact JSON in the order given, with the same characters escaped."""
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False, sort_keys=False).translate(
        _ESCAPES
    )


def typed(message: Message) -> dict[str, Any]:
    """`{type, value}` of a message; the type is its amino name or its type URL."""
    return {"type": name(message), "value": value_of(message)}


def name(message: Message) -> str:
    """The amino name of a message's type, else `/` and its full name."""
    given: str = message.DESCRIPTOR.GetOptions().Extensions[amino_pb2.name]
    return given or "/" + message.DESCRIPTOR.full_name


def value_of(message: Message) -> Any:
    """A message as amino JSON writes it."""
    full_name = message.DESCRIPTOR.full_name
    match full_name:
        case "google.protobuf.Any":
            return typed(registry.unpack(message))  # type: ignore[arg-type]
        case "google.protobuf.Timestamp":
            return timestamp_text(message)
        case "google.protobuf.Duration":
            return str(message.seconds * 10**9 + message.nanos)  # type: ignore[attr-defined]
    match message.DESCRIPTOR.GetOptions().Extensions[amino_pb2.message_encoding]:
        case "key_field":
            return base64.b64encode(message.key).decode()  # type: ignore[attr-defined]
        case "threshold_string":
            members = [typed(registry.unpack(key)) for key in message.public_keys]  # type: ignore[attr-defined]
            return {"threshold": str(message.threshold), "pubkeys": members}  # type: ignore[attr-defined]
    document: dict[str, Any] = {}
    for field in message.DESCRIPTOR.fields:
        options = field.GetOptions()
        if field.containing_oneof is not None:
            _set_member(document, message, field, options)
            continue
        kept = options.Extensions[amino_pb2.dont_omitempty]
        if not kept and not _present(message, field):
            continue
        document[options.Extensions[amino_pb2.field_name] or field.name] = _field(message, field, options)
    return document


def oneof_name(oneof: Any) -> str:
    """A oneof's name as amino JSON writes it: that of the field of the Go struct."""
    return "".join([part[:1].upper() + part[1:] for part in oneof.name.split("_")])


def _set_member(document: dict[str, Any], message: Message, field: Any, options: Any) -> None:
    """Write a oneof: the member that is set, in an object of its type and its value, or null."""
    name = oneof_name(field.containing_oneof)
    if not message.HasField(field.name):
        document.setdefault(name, None)
        return
    member = options.Extensions[amino_pb2.field_name] or field.name
    value = {member: _scalar(getattr(message, field.name), field, options)}
    document[name] = {"type": options.Extensions[amino_pb2.oneof_name], "value": value}


def _present(message: Message, field: Any) -> bool:
    value = getattr(message, field.name)
    if field.is_repeated:
        return len(value) > 0
    if field.type == FieldDescriptor.TYPE_MESSAGE:
        return message.HasField(field.name)
    return bool(value)


def _field(message: Message, field: Any, options: Any) -> Any:
    value = getattr(message, field.name)
    if field.is_repeated:
        if not len(value):
            return [] if options.Extensions[amino_pb2.encoding] == "legacy_coins" else None
        return [_scalar(item, field, options) for item in value]
    return _scalar(value, field, options)


def _scalar(value: Any, field: Any, options: Any) -> Any:
    kind = field.type
    if kind == FieldDescriptor.TYPE_MESSAGE:
        return value_of(value)
    if kind in _LONG:
        return str(value)
    if kind == FieldDescriptor.TYPE_BYTES and options.Extensions[cosmos_pb2.scalar] == "cosmos.Dec":
        return Dec.from_wire(value.decode("ascii", "replace")).text()
    if kind == FieldDescriptor.TYPE_BYTES:
        return base64.b64encode(value).decode()
    if kind == FieldDescriptor.TYPE_STRING:
        match options.Extensions[cosmos_pb2.scalar]:
            # Without a Go type of its own a decimal is text on the wire too: weights and ratios of gov v1. The
            # network's encoder reads that as raw digits, and so can not sign a split vote; here it stays.
            case "cosmos.Dec" if options.Extensions[gogo_pb2.customtype]:
                return Dec.from_wire(value).text()
            case "cosmos.Int":
                return value or "0"
    return value


def timestamp_text(stamp: Any) -> str:
    """RFC 3339 in UTC with as many digits of the second as needed."""
    return timestamp(stamp)
