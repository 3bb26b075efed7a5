"""Amino binary of messages, made from their descriptors: the oldest wire form, which only conversions still speak.

Source: go-amino 0.16 and the Cosmos SDK's registrations. It is like protobuf but for five things: a field's number is
its place in the message; an Any is four bytes of its registered name's hash and the message; durations are
nanoseconds; big integers and decimals held by value are never left out; keys are bytes alone. A member of a oneof
has no number of its own and is refused.
"""

from __future__ import annotations

import hashlib
from typing import Any, Final, TypeVar

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from supercloud.codec import amino, registry
from supercloud.pb.amino import amino_pb2
from supercloud.pb.gogoproto import gogo_pb2

M = TypeVar("M", bound=Message)

DEPTH_MAX: Final = 32
PREFIX_BYTES: Final = 4
_DISAMBIGUATION_BYTES: Final = 3
_NANOS: Final = 10**9
_MASK: Final = 2**64 - 1
_VARINT, _BYTES = 0, 2
_INTEGERS: Final = frozenset(
    {
        FieldDescriptor.TYPE_INT64,
        FieldDescriptor.TYPE_UINT64,
        FieldDescriptor.TYPE_INT32,
        FieldDescriptor.TYPE_UINT32,
        FieldDescriptor.TYPE_ENUM,
        FieldDescriptor.TYPE_BOOL,
    }
)
_SIGNED: Final = frozenset(
    {FieldDescriptor.TYPE_INT64, FieldDescriptor.TYPE_INT32, FieldDescriptor.TYPE_ENUM}
)

# What the network's modules register under a name that differs from the one that is signed: package to the beginning.
_REGISTERED: Final = {
    "akash.audit.v1": "akash-sdk/x/audit/",
    "akash.bme.v1": "akash-sdk/x/bme/",
    "akash.cert.v1": "akash-sdk/x/cert/",
    "akash.deployment.v1beta4": "akash-sdk/x/deployment/",
    "akash.escrow.v1": "akash-sdk/x/escrow/v1/",
    "akash.market.v1beta5": "akash-sdk/x/market/",
    "akash.oracle.v2": "akash-sdk/x/oracle/",
    "akash.provider.v1beta4": "provider/",
    "akash.take.v1": "akash-sdk/x/take/",
    "akash.wasm.v1": "akash-sdk/x/awasm/",
}
_classes: dict[bytes, type[Message]] = {}


# --- Names


def registered_name(message: Message) -> str:
    """The name that a message's type is registered under."""
    package, _, name = message.DESCRIPTOR.full_name.rpartition(".")
    beginning = _REGISTERED.get(package)
    if beginning is None or not name.startswith("Msg"):
        return amino.name(message)
    return beginning + name


def prefix(name: str) -> bytes:
    """The four bytes that stand for a registered name: of its SHA-256, past three that tell names apart."""
    digest = hashlib.sha256(name.encode()).digest().lstrip(b"\0")
    return digest[_DISAMBIGUATION_BYTES:].lstrip(b"\0")[:PREFIX_BYTES]


def _class_of(given: bytes) -> type[Message]:
    if not _classes:
        for url in registry.type_urls():
            message_type = registry.message_class(url)
            _classes[prefix(registered_name(message_type()))] = message_type
    found = _classes.get(given)
    if found is None:
        raise ValueError(f"prefix {given.hex()} names no type")
    return found


# --- Writing


def encode_typed(message: Message) -> bytes:
    """A message with its type's prefix. Raises ValueError for what this form can not hold."""
    begin = prefix(registered_name(message))
    match message.DESCRIPTOR.GetOptions().Extensions[amino_pb2.message_encoding]:
        case "key_field":
            return begin + _delimited(message.key)  # type: ignore[attr-defined]
        case "threshold_string":
            members = [encode_typed(registry.unpack(key)) for key in message.public_keys]  # type: ignore[attr-defined]
            threshold = integer_field(1, message.threshold)  # type: ignore[attr-defined]
            return begin + threshold + b"".join(bytes_field(2, member) for member in members)
    return begin + encode(message)


def encode(message: Message) -> bytes:
    """A message's fields. Raises ValueError for what this form can not hold."""
    full_name = message.DESCRIPTOR.full_name
    if full_name == "google.protobuf.Any":
        return encode_typed(registry.unpack(message)) if message.type_url else b""  # type: ignore[attr-defined, arg-type]
    return b"".join(
        _encode_field(message, field, number) for number, field in enumerate(message.DESCRIPTOR.fields, 1)
    )


def _encode_field(message: Message, field: Any, number: int) -> bytes:
    value = getattr(message, field.name)
    if field.containing_oneof is not None:
        if message.HasField(field.name):
            raise ValueError(f"{field.full_name}: amino has no form for members of a oneof")
        return b""
    if field.is_repeated:
        if field.type in _INTEGERS:
            packed = b"".join(varint(int(item)) for item in value)
            return bytes_field(number, packed) if packed else b""
        return b"".join(bytes_field(number, _element(item, field)) for item in value)
    if field.type in _INTEGERS:
        return integer_field(number, int(value))
    if field.type == FieldDescriptor.TYPE_MESSAGE:
        if not _by_value(field) and not message.HasField(field.name):
            return b""
        if field.message_type.full_name == "google.protobuf.Duration":
            return integer_field(number, value.seconds * _NANOS + value.nanos)
        content = encode(value)
        return bytes_field(number, content) if content or not _by_value(field) else b""
    content = _element(value, field)
    if not content and _is_number(field) and _by_value(field):
        content = b"0"
    return bytes_field(number, content) if content else b""


def _element(value: Any, field: Any) -> bytes:
    if field.type == FieldDescriptor.TYPE_MESSAGE:
        return encode(value)
    if field.type == FieldDescriptor.TYPE_STRING:
        return str(value).encode()
    if field.type == FieldDescriptor.TYPE_BYTES:
        return bytes(value)
    raise ValueError(f"{field.full_name}: amino has no form for this kind of number here")


def _by_value(field: Any) -> bool:
    options = field.GetOptions()
    return bool(options.HasExtension(gogo_pb2.nullable) and not options.Extensions[gogo_pb2.nullable])


def _is_number(field: Any) -> bool:
    return str(field.GetOptions().Extensions[gogo_pb2.customtype]).endswith(("Int", "Dec"))


def varint(value: int) -> bytes:
    """Seven bits a byte, lowest first; negative numbers as 64 bits of two's complement."""
    value &= _MASK
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def integer_field(number: int, value: int) -> bytes:
    """A field that holds an integer; nothing for zero."""
    return varint(number << 3 | _VARINT) + varint(value) if value else b""


def bytes_field(number: int, content: bytes) -> bytes:
    """A field that holds bytes, empty or not."""
    return varint(number << 3 | _BYTES) + _delimited(content)


def _delimited(content: bytes) -> bytes:
    return varint(len(content)) + content


# --- Reading


def decode_typed(data: bytes, depth: int = 0) -> Message:
    """A message from its prefix and fields. Raises ValueError."""
    if depth > DEPTH_MAX:
        raise ValueError("nested too deeply")
    if data[:1] == b"\0":
        data = data[1 + _DISAMBIGUATION_BYTES :]
    message_type = _class_of(data[:PREFIX_BYTES])
    data = data[PREFIX_BYTES:]
    encoding = message_type.DESCRIPTOR.GetOptions().Extensions[amino_pb2.message_encoding]
    if encoding == "key_field":
        length, at = _read_varint(data, 0)
        if at + length != len(data):
            raise ValueError(f"{message_type.DESCRIPTOR.name}: length does not fit")
        return message_type(key=data[at:])
    if encoding == "threshold_string":
        message: Any = message_type()
        for number, value in fields(data):
            if number == 1 and isinstance(value, int):
                message.threshold = value
            elif number == 2 and isinstance(value, bytes):
                message.public_keys.append(registry.pack(decode_typed(value, depth + 1)))
        return message  # type: ignore[no-any-return]
    return decode(data, message_type, depth)


def decode(data: bytes, message_type: type[M], depth: int = 0) -> M:
    """A message from its fields. Raises ValueError."""
    message = message_type()
    _decode_into(message, data, depth)
    return message


def _decode_into(message: Message, data: bytes, depth: int) -> None:
    if depth > DEPTH_MAX:
        raise ValueError("nested too deeply")
    descriptor = message.DESCRIPTOR
    if descriptor.full_name == "google.protobuf.Any":
        message.CopyFrom(registry.pack(decode_typed(data, depth + 1)))
        return
    for number, value in fields(data):
        if not 1 <= number <= len(descriptor.fields):
            raise ValueError(f"{descriptor.name} has no field {number}")
        field: Any = descriptor.fields[number - 1]
        if field.containing_oneof is not None:
            raise ValueError(f"{field.full_name}: amino has no form for members of a oneof")
        _decode_field(message, field, value, depth)


def _decode_field(message: Message, field: Any, value: int | bytes, depth: int) -> None:
    kind = field.type
    if isinstance(value, int):
        if kind == FieldDescriptor.TYPE_MESSAGE and field.message_type.full_name.endswith(".Duration"):
            nanos = _signed(value)
            whole = abs(nanos) // _NANOS * (-1 if nanos < 0 else 1)
            length = getattr(message, field.name)
            length.seconds, length.nanos = whole, nanos - whole * _NANOS
            return
        if kind not in _INTEGERS or field.is_repeated:
            raise ValueError(f"{field.full_name}: found an integer")
        setattr(message, field.name, _integer(value, kind))
        return
    if field.is_repeated and kind in _INTEGERS:
        at = 0
        while at < len(value):
            item, at = _read_varint(value, at)
            getattr(message, field.name).append(_integer(item, kind))
        return
    if kind == FieldDescriptor.TYPE_MESSAGE:
        target = getattr(message, field.name)
        inner = target.add() if field.is_repeated else target
        inner.SetInParent()
        _decode_into(inner, value, depth + 1)
        return
    if kind not in (FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BYTES):
        raise ValueError(f"{field.full_name}: found bytes")
    content = value.decode() if kind == FieldDescriptor.TYPE_STRING else value
    if field.is_repeated:
        getattr(message, field.name).append(content)
    else:
        setattr(message, field.name, content)


def _integer(value: int, kind: int) -> Any:
    if kind == FieldDescriptor.TYPE_BOOL:
        return bool(value)
    return _signed(value) if kind in _SIGNED else value


def _signed(value: int) -> int:
    return value - 2**64 if value >= 2**63 else value


def fields(data: bytes) -> list[tuple[int, int | bytes]]:
    """Numbers and values of encoded fields, in order. Raises ValueError."""
    found: list[tuple[int, int | bytes]] = []
    at = 0
    while at < len(data):
        key, at = _read_varint(data, at)
        value, at = _read_varint(data, at)
        if key & 7 == _VARINT:
            found.append((key >> 3, value))
        elif key & 7 == _BYTES:
            if at + value > len(data):
                raise ValueError("bytes end early")
            found.append((key >> 3, data[at : at + value]))
            at += value
        else:
            raise ValueError(f"wire type {key & 7} is not read")
    return found


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            raise ValueError("bytes end early")
        value |= (data[at] & 0x7F) << shift
        at += 1
        if data[at - 1] < 0x80:
            if value > _MASK:
                raise ValueError("an integer exceeds 64 bits")
            return value, at
    raise ValueError("an integer exceeds 64 bits")
