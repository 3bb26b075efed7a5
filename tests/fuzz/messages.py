"""Messages nobody would write: any type of the descriptors filled with values at the edges, and bytes gone wrong.

Everything comes from a `random.Random`, so the seed that a failing test prints makes the same input again.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any, NamedTuple

from google.protobuf import message_factory
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from supercloud.pb.cosmos_proto import cosmos_pb2

DEPTH_MAX = 8
_ANY = "google.protobuf.Any"
_RANGES = {
    FieldDescriptor.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_UINT64: (0, 2**64 - 1),
}
_NUMBERS = (
    "0",
    "1",
    "-1",
    "1000000",
    "5000000",
    str(10**18),
    str(10**30),
    str(10**300),
    "0.5",
    "1e9",
    "-0",
    "٣",
    "",
)
_TEXTS = (
    "",
    "uakt",
    "uact",
    "ibc/" + "A" * 64,
    "active",
    "closed",
    "/cosmos.bank.v1beta1.MsgSend",
    "\x00",
    "'",
    "../..",
    "%s%n",
    "é\U0001f600\u2028",
    "a" * 5000,
    "9" * 300,
    "NaN",
)


class Cast(NamedTuple):
    """Who and what exists, so that input is near enough to the truth to get past the first check."""

    accounts: Sequence[str]
    validators: Sequence[str]
    messages: Sequence[Descriptor]
    """What an Any may carry."""


def of_type(descriptor: Descriptor, random: Random, cast: Cast, density: float | None = None) -> Message:
    """A message; `density` is the share of its fields that are set, any by default."""
    message = message_factory.GetMessageClass(descriptor)()
    fill(message, random, cast, density if density is not None else random.choice((0.3, 0.7, 1.0)))
    return message


def fill(message: Any, random: Random, cast: Cast, density: float, depth: int = 0) -> None:
    """Set fields of a message, at any depth."""
    if message.DESCRIPTOR.full_name == _ANY:
        _fill_any(message, random, cast, depth)
        return
    for field in message.DESCRIPTOR.fields:
        if random.random() > density or (field.message_type and field.message_type.GetOptions().map_entry):
            continue
        for _ in range(random.choice((1, 1, 2, 4)) if field.is_repeated else 1):
            _set(message, field, random, cast, density, depth)


def _set(message: Any, field: Any, random: Random, cast: Cast, density: float, depth: int) -> None:
    held = getattr(message, field.name)
    if field.message_type is None:
        value = _value(field, random, cast)
        if field.is_repeated:
            held.append(value)
        else:
            setattr(message, field.name, value)
    elif depth < DEPTH_MAX:
        inner = held.add() if field.is_repeated else held
        inner.SetInParent()
        fill(inner, random, cast, density, depth + 1)


def _fill_any(message: Any, random: Random, cast: Cast, depth: int) -> None:
    if not cast.messages or depth >= DEPTH_MAX:
        return
    descriptor = random.choice(cast.messages)
    inner = message_factory.GetMessageClass(descriptor)()
    fill(inner, random, cast, 0.8, depth + 2)
    message.type_url = "/" + descriptor.full_name
    message.value = inner.SerializePartialToString()
    kind = random.random()
    if kind < 0.1:
        message.value = mutated(message.value, random)
    elif kind < 0.15:
        message.type_url = text(random)


def _value(field: Any, random: Random, cast: Cast) -> Any:
    kind = field.cpp_type
    if kind in _RANGES:
        low, high = _RANGES[kind]
        return random.choice(
            (0, 1, 1, 2, 3, 100, low, high, high - 1, max(low, -1), random.randint(low, high))
        )
    if kind == FieldDescriptor.CPPTYPE_BOOL:
        return random.random() < 0.5
    if kind == FieldDescriptor.CPPTYPE_ENUM:
        return random.choice((0, 1, 2, 3, -1, 2**31 - 1))
    if kind in (FieldDescriptor.CPPTYPE_DOUBLE, FieldDescriptor.CPPTYPE_FLOAT):
        return random.choice((0.0, 1.5, float("inf"), float("nan"), -1e30))
    if field.type == FieldDescriptor.TYPE_BYTES:
        return random.choice((b"", b"\0", b"1000", b"\xff" * 20, b"9" * 400, random.randbytes(32)))
    return _text(field, random, cast)


def _text(field: Any, random: Random, cast: Cast) -> str:
    if random.random() < 0.1:
        return text(random)
    scalar = field.GetOptions().Extensions[cosmos_pb2.scalar]
    name = field.name
    if scalar == "cosmos.ValidatorAddressString" or name.startswith("validator"):
        return random.choice(cast.validators)
    if scalar == "cosmos.AddressString" or name in ("owner", "provider", "auditor", "signer", "depositor"):
        return random.choice(cast.accounts)
    if scalar in ("cosmos.Int", "cosmos.Dec") or name in ("amount", "weight", "rate"):
        return random.choice(_NUMBERS)
    if "denom" in name:
        return random.choice(("uakt", "uact", "uusdc", "", "akt", "x" * 300))
    return random.choice((*cast.accounts, *_TEXTS, *_NUMBERS))


def text(random: Random) -> str:
    """Text for a field that expects something else."""
    if random.random() < 0.6:
        return random.choice((*_TEXTS, *_NUMBERS))
    return "".join(
        chr(random.choice((random.randrange(1, 128), 0xE9, 0x1F600))) for _ in range(random.randrange(40))
    )


def mutated(raw: bytes, random: Random) -> bytes:
    """The same bytes with something changed, cut out, put in or repeated."""
    data = bytearray(raw) or bytearray(b"\x0a")
    for _ in range(random.choice((1, 1, 2, 5))):
        at = random.randrange(len(data)) if data else 0
        kind = random.randrange(5)
        if kind == 0 and data:
            data[at] = random.randrange(256)
        elif kind == 1:
            del data[at : at + random.randrange(1, 8)]
        elif kind == 2:
            data[at:at] = random.randbytes(random.randrange(1, 8))
        elif kind == 3:
            data[at:at] = data[max(0, at - 20) : at]
        elif kind == 4:
            # An unknown field: 15 is critical, 2047 is not, 0 does not exist.
            data += random.choice((b"\x7a\x01x", b"\xfa\x7f\x01x", b"\x02\x01x", b"\x78" + b"\xff" * 10))
    return bytes(data)


def nested(field: int, depth: int, core: bytes = b"") -> bytes:
    """Length-delimited fields of one number inside one another."""
    raw = core
    for _ in range(depth):
        raw = _varint(field << 3 | 2) + _varint(len(raw)) + raw
    return raw


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)
