"""Proto JSON as the network's Go gateway prints and reads it.

Names are the proto's own (snake_case); defaults are printed; 64-bit integers are text; enums are names; bytes are
base64, null when empty; decimals are decimal text; durations are seconds with an `s`; an Any is its message with
`@type`. A message field that the Go structs hold by value is always printed, one they hold by pointer is null when
absent.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable
from functools import partial
from typing import Any, Final, TypeVar

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from supercloud.codec import registry
from supercloud.pb.cosmos_proto import cosmos_pb2
from supercloud.pb.gogoproto import gogo_pb2
from supercloud.types.dec import Dec
from supercloud.types.errors import ChainError

M = TypeVar("M", bound=Message)

TEXT_CHARS_MAX: Final = 1 << 30
DEPTH_MAX: Final = 64
_LONG: Final = frozenset(
    {
        FieldDescriptor.TYPE_INT64,
        FieldDescriptor.TYPE_UINT64,
        FieldDescriptor.TYPE_SINT64,
        FieldDescriptor.TYPE_FIXED64,
        FieldDescriptor.TYPE_SFIXED64,
    }
)
_SHORT: Final = frozenset(
    {
        FieldDescriptor.TYPE_INT32,
        FieldDescriptor.TYPE_UINT32,
        FieldDescriptor.TYPE_SINT32,
        FieldDescriptor.TYPE_FIXED32,
        FieldDescriptor.TYPE_SFIXED32,
    }
)
_INTEGER: Final = re.compile(r"-?[0-9]{1,20}")
_DURATION: Final = re.compile(r"(-?)([0-9]{1,12})(?:\.([0-9]{1,9}))?s")
_TIME: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):(\d\d))", re.ASCII
)

Write = Callable[[Any], Any]
ReadScalar = Callable[[Any, str], Any]
ReadField = Callable[[Any, Any, str, bool, int], None]
ReadSpecial = Callable[[Any, Any, str, int], None]


# --- Writing


def to_dict(message: Message) -> dict[str, Any]:
    """A message as JSON values, fields in the order of the proto."""
    document = _to_value(message)
    assert isinstance(document, dict)
    return document


def to_text(message: Message) -> str:
    """Compact JSON text of a message."""
    return json.dumps(to_dict(message), separators=(",", ":"), ensure_ascii=False, sort_keys=False)


def _to_value(message: Message) -> Any:
    descriptor = message.DESCRIPTOR
    special = _SPECIAL_WRITE.get(descriptor.full_name)
    if special is not None:
        return special(message)
    return {
        name: write(message)
        for name, optional, write in _writers(descriptor)
        if not optional or message.HasField(name)
    }


_writer_cache: dict[str, list[tuple[str, bool, Write]]] = {}


def _writers(descriptor: Any) -> list[tuple[str, bool, Write]]:
    """Name, whether it is printed only when set (members of a oneof), and how."""
    found = _writer_cache.get(descriptor.full_name)
    if found is None:
        found = [
            (field.name, field.containing_oneof is not None, _field_writer(field))
            for field in descriptor.fields
        ]
        _writer_cache[descriptor.full_name] = found
    return found


def _field_writer(field: Any) -> Write:
    name = field.name
    one = _value_writer(field)
    if _is_map(field):
        inner = _value_writer(field.message_type.fields_by_name["value"])
        return lambda message: {
            str(key): inner(value) for key, value in sorted(getattr(message, name).items())
        }
    if field.is_repeated:
        return lambda message: [one(item) for item in getattr(message, name)]
    if field.type == FieldDescriptor.TYPE_MESSAGE:
        if _by_value(field):
            return lambda message: one(getattr(message, name))
        return lambda message: one(getattr(message, name)) if message.HasField(name) else None
    if field.type == FieldDescriptor.TYPE_BYTES and not _is_digits(field) and not _is_dec(field):
        # Go has no empty bytes after decoding, only none: `"next_key":null`.
        return lambda message: base64.b64encode(value).decode() if (value := getattr(message, name)) else None
    return lambda message: one(getattr(message, name))


def _value_writer(field: Any) -> Write:
    kind = field.type
    if kind == FieldDescriptor.TYPE_MESSAGE:
        return _to_value
    if kind in _LONG:
        return str
    if kind == FieldDescriptor.TYPE_ENUM:
        names = {value.number: value.name for value in field.enum_type.values}
        return lambda number: names.get(number, number)
    if kind == FieldDescriptor.TYPE_BYTES:
        if _is_digits(field):
            return lambda value: value.decode("ascii", "replace") or "0"
        if _is_dec(field):
            return lambda value: Dec.from_wire(value.decode("ascii", "replace")).text()
        return lambda value: base64.b64encode(value).decode()
    if kind == FieldDescriptor.TYPE_STRING and _is_dec(field):
        return lambda text: Dec.from_wire(text).text()
    if kind == FieldDescriptor.TYPE_STRING and _is_int(field):
        return lambda text: text or "0"
    return lambda value: value


def _is_map(field: Any) -> bool:
    return bool(
        field.is_repeated and field.message_type is not None and field.message_type.GetOptions().map_entry
    )


def _by_value(field: Any) -> bool:
    options = field.GetOptions()
    return bool(options.HasExtension(gogo_pb2.nullable) and not options.Extensions[gogo_pb2.nullable])


def _customtype(field: Any) -> str:
    return str(field.GetOptions().Extensions[gogo_pb2.customtype])


def _is_dec(field: Any) -> bool:
    # A plain string with the scalar's name alone is text on the wire already.
    return _customtype(field).endswith("Dec")


def _is_int(field: Any) -> bool:
    return _customtype(field).endswith("Int") or (
        not _customtype(field) and field.GetOptions().Extensions[cosmos_pb2.scalar] == "cosmos.Int"
    )


def _is_digits(field: Any) -> bool:
    """Bytes that hold an integer as ASCII digits (akash ResourceValue)."""
    return _customtype(field).endswith("Int")


def timestamp(stamp: Any) -> str:
    """RFC 3339 in UTC; digits of the second in groups of what is needed."""
    seconds, nanos = stamp.seconds, stamp.nanos
    if not seconds and not nanos:
        return "1970-01-01T00:00:00Z"
    days, rest = divmod(seconds, 86400)
    year, month, day = _civil(days)
    fraction = f".{nanos:09d}".rstrip("0") if nanos else ""
    return f"{year:04d}-{month:02d}-{day:02d}T{rest // 3600:02d}:{rest % 3600 // 60:02d}:{rest % 60:02d}{fraction}Z"


def _civil(days: int) -> tuple[int, int, int]:
    """Date of a day number (0 is 1970-01-01), by the proleptic Gregorian calendar."""
    days += 719468
    era, day_of_era = divmod(days, 146097)
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36524 - day_of_era // 146096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    month_from_march = (5 * day_of_year + 2) // 153
    day = day_of_year - (153 * month_from_march + 2) // 5 + 1
    month = month_from_march + 3 if month_from_march < 10 else month_from_march - 9
    return year_of_era + era * 400 + (month <= 2), month, day


def _days(year: int, month: int, day: int) -> int:
    """Day number of a date; the inverse of `_civil`."""
    year -= month <= 2
    era, year_of_era = divmod(year, 400)
    day_of_year = (153 * (month - 3 if month > 2 else month + 9) + 2) // 5 + day - 1
    return era * 146097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year - 719468


def duration(length: Any) -> str:
    """Seconds with an `s`."""
    total = length.seconds * 10**9 + length.nanos
    whole, nanos = divmod(abs(total), 10**9)
    fraction = f".{nanos:09d}".rstrip("0") if nanos else ""
    return f"{'-' if total < 0 else ''}{whole}{fraction}s"


def _any(packed: Any) -> dict[str, Any]:
    if not packed.type_url:
        return {}
    try:
        inner = registry.unpack(packed)
    except ChainError:
        return {"@type": packed.type_url, "value": base64.b64encode(packed.value).decode()}
    return {"@type": packed.type_url, **to_dict(inner)}


_SPECIAL_WRITE: Final[dict[str, Write]] = {
    "google.protobuf.Timestamp": timestamp,
    "google.protobuf.Duration": duration,
    "google.protobuf.Any": _any,
}


# --- Reading


def from_text(text: bytes | str) -> Any:
    """JSON values of a text. Raises ValueError for malformed text, duplicate keys, floats and endless nesting."""
    if len(text) > TEXT_CHARS_MAX:
        raise ValueError("JSON text is too long")
    try:
        return json.loads(
            text, object_pairs_hook=_unique, parse_float=_refuse_float, parse_constant=_refuse_float
        )
    except RecursionError as error:
        raise ValueError("JSON text is nested too deeply") from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"key {next(name for name in names if names.count(name) > 1)!r} stands twice")
    return document


def _refuse_float(text: str) -> Any:
    raise ValueError(f"{text} is no integer; decimals are written as text")


def from_dict(document: Any, message_type: type[M], *, ignore_unknown: bool = False) -> M:
    """A message from JSON values. Raises ValueError naming the field that is wrong."""
    message = message_type()
    _read_into(message, document, message_type.DESCRIPTOR.name, ignore_unknown, 0)
    return message


def _read_into(message: Message, document: Any, where: str, ignore_unknown: bool, depth: int) -> None:
    if depth > DEPTH_MAX:
        raise ValueError(f"{where}: nested too deeply")
    special, fields = _readers(message)
    if special is not None:
        special(message, document, where, depth)
        return
    if not isinstance(document, dict):
        raise ValueError(f"{where}: expected an object, found {type(document).__name__}")
    for name, value in document.items():
        read = fields.get(name)
        if read is None:
            if ignore_unknown:
                continue
            raise ValueError(f"{where}: unknown field {name!r}")
        if value is not None:
            read(message, value, f"{where}.{name}", ignore_unknown, depth)


_reader_cache: dict[type[Message], tuple[ReadSpecial | None, dict[str, ReadField]]] = {}


def _readers(message: Message) -> tuple[ReadSpecial | None, dict[str, ReadField]]:
    """How a type is read: as a whole, or its fields by proto name and by camelCase name."""
    found = _reader_cache.get(type(message))
    if found is None:
        descriptor = message.DESCRIPTOR
        fields: dict[str, ReadField] = {}
        for field in descriptor.fields:
            fields[field.camelcase_name] = _field_reader(field)
        fields |= {field.name: fields[field.camelcase_name] for field in descriptor.fields}
        found = _SPECIAL_READ.get(descriptor.full_name), fields
        _reader_cache[type(message)] = found
    return found


def _field_reader(field: Any) -> ReadField:
    if _is_map(field):
        return _map_reader(field)
    if field.is_repeated:
        return _list_reader(field)
    name = field.name
    if field.type == FieldDescriptor.TYPE_MESSAGE:

        def read_message(message: Any, value: Any, where: str, ignore_unknown: bool, depth: int) -> None:
            inner = getattr(message, name)
            inner.SetInParent()
            _read_into(inner, value, where, ignore_unknown, depth + 1)

        return read_message
    one = _scalar_reader(field)

    def read_scalar(message: Any, value: Any, where: str, ignore_unknown: bool, depth: int) -> None:
        try:
            setattr(message, name, one(value, where))
        except (ValueError, TypeError) as error:
            raise ValueError(str(error) if str(error).startswith(where) else f"{where}: {error}") from error

    return read_scalar


def _map_reader(field: Any) -> ReadField:
    name, entry = field.name, field.message_type.fields_by_name["value"]
    one = None if entry.type == FieldDescriptor.TYPE_MESSAGE else _scalar_reader(entry)

    def read_map(message: Any, value: Any, where: str, ignore_unknown: bool, depth: int) -> None:
        if not isinstance(value, dict):
            raise ValueError(f"{where}: expected an object")
        target = getattr(message, name)
        for key, item in value.items():
            if one is None:
                _read_into(target[key], item, f"{where}.{key}", ignore_unknown, depth + 1)
            else:
                target[key] = one(item, where)

    return read_map


def _list_reader(field: Any) -> ReadField:
    name = field.name
    one = None if field.type == FieldDescriptor.TYPE_MESSAGE else _scalar_reader(field)

    def read_list(message: Any, value: Any, where: str, ignore_unknown: bool, depth: int) -> None:
        if not isinstance(value, list):
            raise ValueError(f"{where}: expected a list, found {type(value).__name__}")
        target = getattr(message, name)
        for index, item in enumerate(value):
            if one is None:
                _read_into(target.add(), item, f"{where}[{index}]", ignore_unknown, depth + 1)
            else:
                target.append(one(item, f"{where}[{index}]"))

    return read_list


def _scalar_reader(field: Any) -> ReadScalar:
    kind = field.type
    if kind in _LONG or kind in _SHORT:
        return _read_integer
    if kind == FieldDescriptor.TYPE_BOOL:
        return _read_bool
    if kind == FieldDescriptor.TYPE_ENUM:
        return partial(_read_enum, field)
    if kind == FieldDescriptor.TYPE_BYTES:
        if _is_digits(field):
            return lambda value, where: _read_digits(_text(value, where), where)
        if _is_dec(field):
            return lambda value, where: Dec.from_text(_text(value, where)).to_wire().encode()
        return lambda value, where: _read_bytes(_text(value, where), where)
    if _is_dec(field):
        return lambda value, where: Dec.from_text(_text(value, where)).to_wire()
    return _text


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{where}: expected text, found {type(value).__name__}")
    return value


def _read_bool(value: Any, where: str) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{where}: expected true or false, found {value!r}")
    return value


def _read_digits(text: str, where: str) -> bytes:
    if not _INTEGER.fullmatch(text):
        raise ValueError(f"{where}: expected digits, found {text[:40]!r}")
    return text.encode()


def _read_integer(value: Any, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError(f"{where}: expected an integer, found {value!r}")
    if isinstance(value, str) and not _INTEGER.fullmatch(value):
        raise ValueError(f"{where}: expected an integer, found {value[:40]!r}")
    return int(value)


def _read_enum(field: Any, value: Any, where: str) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    assert field.enum_type is not None
    found = field.enum_type.values_by_name.get(value) if isinstance(value, str) else None
    if found is None:
        names = ", ".join(entry.name for entry in field.enum_type.values)
        raise ValueError(f"{where}: {value!r} is none of {names}")
    return int(found.number)


def _read_bytes(text: str, where: str) -> bytes:
    plain = text.replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"{where}: not base64") from error


def _read_timestamp(stamp: Any, value: Any, where: str, depth: int) -> None:
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"{where}: expected a time such as 2026-01-31T12:00:00Z, found {value!r}")
    year, month, day, hour, minute, second = (int(match[at]) for at in range(1, 7))
    if not (1 <= month <= 12 and hour < 24 and minute < 60 and second < 60 and year):
        raise ValueError(f"{where}: {value!r} is no time")
    days = _days(year, month, day)
    # A day that the month does not have comes back as one of the next month.
    if _civil(days) != (year, month, day):
        raise ValueError(f"{where}: {value!r} is no time")
    seconds = days * 86400 + hour * 3600 + minute * 60 + second
    if match[8]:
        away_hours, away_minutes = int(match[9]), int(match[10])
        if away_hours > 23 or away_minutes > 59:
            raise ValueError(f"{where}: {value!r} is no time")
        offset = away_hours * 3600 + away_minutes * 60
        seconds += -offset if match[8] == "+" else offset
    stamp.seconds = seconds
    stamp.nanos = int(((match[7] or "") + "0" * 9)[:9])


def _read_duration(length: Any, value: Any, where: str, depth: int) -> None:
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f'{where}: expected seconds such as "3600s", found {value!r}')
    sign = -1 if match[1] else 1
    length.seconds = sign * int(match[2])
    length.nanos = sign * int(((match[3] or "") + "0" * 9)[:9])


def _read_any(packed: Any, value: Any, where: str, depth: int) -> None:
    if not isinstance(value, dict) or not isinstance(value.get("@type"), str):
        raise ValueError(f"{where}: expected an object with @type")
    try:
        message_type = registry.message_class(value["@type"])
    except ChainError as error:
        raise ValueError(f"{where}: {error}") from error
    inner = {name: item for name, item in value.items() if name != "@type"}
    if message_type.DESCRIPTOR.full_name in _SPECIAL_READ:
        inner = inner.get("value", {})
    packed.type_url = value["@type"]
    message = message_type()
    _read_into(message, inner, where, False, depth + 1)
    packed.value = message.SerializeToString(deterministic=True)


_SPECIAL_READ: Final[dict[str, ReadSpecial]] = {
    "google.protobuf.Timestamp": _read_timestamp,
    "google.protobuf.Duration": _read_duration,
    "google.protobuf.Any": _read_any,
}
