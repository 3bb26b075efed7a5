"""Query strings and path variables as fields of request messages:
`pagination.limit=5&filters.owner=akash1...`.

Unknown names are ignored, as the network's gateway does; a value that a field cannot hold is refused.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from supercloud.codec.json import from_dict

PARAMETERS_MAX = 256
_WHOLE = re.compile(r"-?[0-9]{1,20}")

_INTEGERS = {
    FieldDescriptor.CPPTYPE_INT32,
    FieldDescriptor.CPPTYPE_INT64,
    FieldDescriptor.CPPTYPE_UINT32,
    FieldDescriptor.CPPTYPE_UINT64,
}


class BadParameter(ValueError):
    """A value that does not fit its field."""


def fill(request: Message, parameters: Iterable[tuple[str, str]]) -> None:
    """Set fields by their dotted names. Raises BadParameter."""
    for name, text in parameters:
        _set(request, name.split("."), name, text)


def _set(message: Any, path: list[str], name: str, text: str) -> None:
    field = _field(message, path[0])
    if field is None:
        return
    if len(path) > 1:
        if field.message_type is None or field.is_repeated:
            raise BadParameter(f"{name}: {path[0]} has no fields")
        _set(getattr(message, field.name), path[1:], name, text)
        return
    try:
        if field.message_type is not None:
            if field.is_repeated:
                raise BadParameter(f"{name}: lists of messages do not fit into a query")
            # Times and durations have a text form.
            getattr(message, field.name).CopyFrom(from_dict(text, type(getattr(message, field.name))))
        elif field.is_repeated:
            getattr(message, field.name).append(_value(field, text))
        else:
            setattr(message, field.name, _value(field, text))
    except (ValueError, TypeError, binascii.Error) as error:
        raise BadParameter(f"parsing field {name!r}: {error}") from error


def _field(message: Message, name: str) -> Any:
    descriptor = message.DESCRIPTOR
    found: Any = descriptor.fields_by_name.get(name)
    if found is None:
        found = descriptor.fields_by_camelcase_name.get(name)
    return found


def _value(field: FieldDescriptor, text: str) -> Any:
    kind = field.cpp_type
    if field.enum_type is not None:
        named = field.enum_type.values_by_name.get(text)
        if named is not None:
            return named.number
        number = _integer(text)
        if number not in field.enum_type.values_by_number:
            raise BadParameter(f"{text} is not one of its values")
        return number
    if field.type == FieldDescriptor.TYPE_BYTES:
        return _bytes(text)
    if kind in _INTEGERS:
        return _integer(text)
    if kind == FieldDescriptor.CPPTYPE_BOOL:
        if text not in ("true", "false", "1", "0"):
            raise BadParameter(f"{text!r} is neither true nor false")
        return text in ("true", "1")
    if kind == FieldDescriptor.CPPTYPE_STRING:
        return text
    raise BadParameter("this field can not be set in a query")


def _integer(text: str) -> int:
    if not _WHOLE.fullmatch(text):
        raise BadParameter(f"{text!r} is not a whole number")
    return int(text)


def _bytes(text: str) -> bytes:
    """Base64 in either alphabet, padded or not; a `+` that became a space is taken back."""
    plain = text.replace(" ", "+").replace("-", "+").replace("_", "/").rstrip("=")
    return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
