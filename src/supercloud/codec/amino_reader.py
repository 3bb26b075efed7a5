"""Amino JSON back into messages: the inverse of `amino`.

A document is first turned into proto JSON field by field, which `json` then reads with all its checks.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any, Final, TypeVar

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from supercloud.codec import amino, json, registry
from supercloud.pb.amino import amino_pb2
from supercloud.pb.gogoproto import gogo_pb2
from supercloud.types.errors import ChainError

M = TypeVar("M", bound=Message)

DEPTH_MAX: Final = 32
_NANOS: Final = re.compile(r"(-?)([0-9]{1,19})")
_DIGITS: Final = re.compile(r"-?[0-9]+")

_by_name: dict[str, str] = {}


def type_url(name: str) -> str:
    """The type URL of an amino name, or of a type URL itself. Raises ValueError."""
    if not _by_name:
        _by_name.update({amino.name(registry.message_class(url)()): url for url in registry.type_urls()})
    found = _by_name.get(name) or (name if name.startswith("/") else None)
    if found is None:
        raise ValueError(f"{name!r} names no type")
    return found


def read(document: Any, message_type: type[M]) -> M:
    """A message from its amino JSON. Raises ValueError naming what is wrong."""
    return json.from_dict(_proto_value(document, message_type.DESCRIPTOR, 0), message_type)


def read_typed(document: Any) -> Message:
    """A message from `{type, value}`. Raises ValueError."""
    document = _typed(document)
    try:
        message_type = registry.message_class(type_url(document["type"]))
    except ChainError as error:
        raise ValueError(str(error)) from error
    return read(document["value"], message_type)


def _typed(document: Any) -> dict[str, Any]:
    if not isinstance(document, dict) or set(document) != {"type", "value"}:
        raise ValueError("expected an object of type and value")
    if not isinstance(document["type"], str):
        raise ValueError("type is no text")
    return document


def _proto_value(document: Any, descriptor: Any, depth: int) -> Any:
    """The proto JSON of a message's amino JSON."""
    if depth > DEPTH_MAX:
        raise ValueError("nested too deeply")
    match descriptor.full_name:
        case "google.protobuf.Any":
            return _any(document, depth)
        case "google.protobuf.Duration":
            return _duration(document)
        case "google.protobuf.Timestamp":
            return document
    if descriptor.GetOptions().Extensions[amino_pb2.message_encoding] == "key_field":
        return {"key": document}
    if not isinstance(document, dict):
        raise ValueError(f"{descriptor.name}: expected an object, found {type(document).__name__}")
    fields = {
        field.GetOptions().Extensions[amino_pb2.field_name] or field.name: field
        for field in descriptor.fields
        if field.containing_oneof is None
    }
    oneofs = {amino.oneof_name(oneof): oneof for oneof in descriptor.oneofs}
    found = {}
    for name, value in document.items():
        if name in oneofs:
            found.update(_member(value, oneofs[name], depth))
            continue
        if name not in fields:
            raise ValueError(f"{descriptor.name}: unknown field {name!r}")
        field = fields[name]
        if field.is_repeated and isinstance(value, list):
            found[field.name] = [_proto_field(item, field, depth) for item in value]
        else:
            found[field.name] = _proto_field(value, field, depth)
    return found


def _member(document: Any, oneof: Any, depth: int) -> dict[str, Any]:
    """The member of a oneof that an object of its type and its value, or null, sets."""
    if document is None:
        return {}
    document = _typed(document)
    for field in oneof.fields:
        options = field.GetOptions()
        if options.Extensions[amino_pb2.oneof_name] == document["type"]:
            name = options.Extensions[amino_pb2.field_name] or field.name
            value = document["value"]
            if not isinstance(value, dict) or set(value) != {name}:
                raise ValueError(f"{field.full_name}: expected an object of {name}")
            return {field.name: _proto_field(value[name], field, depth)}
    raise ValueError(f"{oneof.full_name}: {document['type']!r} names no member")


def _proto_field(value: Any, field: Any, depth: int) -> Any:
    if value is None:
        return None
    if field.type == FieldDescriptor.TYPE_MESSAGE:
        return _proto_value(value, field.message_type, depth + 1)
    if field.type == FieldDescriptor.TYPE_BYTES and str(
        field.GetOptions().Extensions[gogo_pb2.customtype]
    ).endswith("Int"):
        return _digits(value)
    return value


def _any(document: Any, depth: int) -> Any:
    document = _typed(document)
    url = type_url(document["type"])
    try:
        descriptor = registry.message_class(url).DESCRIPTOR
    except ChainError as error:
        raise ValueError(str(error)) from error
    inner = _proto_value(document["value"], descriptor, depth + 1)
    if not isinstance(inner, dict):
        raise ValueError(f"{url}: expected an object")
    return {"@type": url, **inner}


def _duration(value: Any) -> str:
    found = _NANOS.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError(f"expected a duration as nanoseconds in text, found {value!r}")
    whole, nanos = divmod(int(found[2]), 10**9)
    return f"{found[1]}{whole}.{nanos:09d}s"


def _digits(value: Any) -> Any:
    """Digits in bytes are written as base64 by one of the network's encoders, plainly by the older one.

    The base64 of digits always has letters, so the two can not be confused.
    """
    if not isinstance(value, str) or _DIGITS.fullmatch(value):
        return value
    try:
        return base64.b64decode(value, validate=True).decode("ascii")
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"expected digits or their base64, found {value[:40]!r}") from error
