"""What should not be said: messages with one wrong field, and transactions that are broken as such."""

from __future__ import annotations

import random
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from supercloud.pb.cosmos.tx.v1beta1 import tx_pb2

TEXTS = (
    "", "0", "-1", "1", "1.5", "+7", "1e9", " 5", "999999999999999999999999999999999999999999999",
    "akash1invalid", "akash14pphss726thpwws3yc458hggufynm9x77l4l2u", "AKASH", "uakt", "UNKNOWN", "u", "ü€", "a/b", "\0",
    "x" * 300, "99999999999999999999",
)  # fmt: skip
NUMBERS = (0, 1, 2, 3, 7, 255, 10_000, 20_000, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**63, 2**64 - 1)
BYTES = (b"", b"0", b"-1", b"1e3", b"999999999999999999999999999", b"\xff\xfe", bytes(33))

_INTEGERS = {
    FieldDescriptor.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_UINT64: (0, 2**64 - 1),
    FieldDescriptor.CPPTYPE_ENUM: (-(2**31), 2**31 - 1),
}


def spoil(rng: random.Random, message: Message) -> None:
    """Change one field somewhere in a message: to something odd, away, or there twice."""
    target = message
    while True:
        field: Any = rng.choice(list(target.DESCRIPTOR.fields))
        value: Any = getattr(target, field.name)
        if field.is_repeated:
            _spoil_list(rng, field, value)
            return
        if field.message_type is None:
            setattr(target, field.name, _scalar(rng, field))
            return
        if rng.random() < 0.1:
            target.ClearField(field.name)
            return
        if not value.DESCRIPTOR.fields:
            return
        target = value


def _spoil_list(rng: random.Random, field: Any, values: Any) -> None:
    if not values:
        if field.message_type is None:
            values.append(_scalar(rng, field))
        else:
            values.add()
        return
    kind = rng.randrange(4)
    if kind == 0:
        del values[rng.randrange(len(values)) :]
    elif kind == 1:
        values.append(rng.choice(list(values)))
    elif field.message_type is not None:
        spoil(rng, rng.choice(list(values)))
    else:
        values[rng.randrange(len(values))] = _scalar(rng, field)


def _scalar(rng: random.Random, field: Any) -> Any:
    kind = field.cpp_type
    if kind in _INTEGERS:
        least, most = _INTEGERS[kind]
        return min(max(rng.choice([*NUMBERS, -1]), least), most)
    if kind == FieldDescriptor.CPPTYPE_BOOL:
        return rng.random() < 0.5
    if kind == FieldDescriptor.CPPTYPE_STRING:
        if field.type == FieldDescriptor.TYPE_BYTES:
            return rng.choice(BYTES)
        return rng.choice(TEXTS)
    return 1.5


def odd_options(rng: random.Random, now: int) -> dict[str, Any]:
    """Options of a transaction that is refused, or fails."""
    return rng.choice(
        [
            {"sequence": rng.choice([0, 10**6])},
            {"chain_id": "another-chain"},
            {"gas": rng.choice([0, 1, 30_000, 60_000, 90_000])},
            {"gas": rng.randint(40_000, 200_000)},
            {"memo": "m" * 257},
            {"fee": rng.choice(["99999999999999999999uakt", "1nothing", "1u"])},
            {"timeout_height": 1},
            {"unordered": True, "timeout_ns": now - 1},
            {"unordered": True, "timeout_ns": now + 3600 * 10**9},
            {"unordered": True},
            {"granter": "akash1invalid"},
            {"payer": "akash1invalid"},
        ]
    )


def spoil_bytes(rng: random.Random, raw: bytes) -> bytes:
    """A transaction's bytes with something wrong about them."""
    kind = rng.randrange(6)
    if kind == 0:
        return rng.randbytes(rng.randrange(300))
    if kind == 1:
        return raw[: rng.randrange(len(raw))]
    if kind == 2:
        return raw + rng.choice([b"\x00", b"\x22\x00", b"\xa2\x06\x01x", raw])
    if kind == 3:
        parts = tx_pb2.TxRaw.FromString(raw)
        parts.body_bytes += rng.choice([b"\xd2\x01\x01x", b"\xfa\x7f\x01x", b"\x20\x01"])
        return parts.SerializeToString(deterministic=True)
    if kind == 4:
        parts = tx_pb2.TxRaw.FromString(raw)
        if parts.signatures:
            kinds = [parts.signatures[0][::-1], b"", bytes(64), parts.signatures[0] + b"\0"]
            parts.signatures[0] = rng.choice(kinds)
        return parts.SerializeToString(deterministic=True)
    position = rng.randrange(len(raw))
    return raw[:position] + bytes([raw[position] ^ (1 << rng.randrange(8))]) + raw[position + 1 :]
