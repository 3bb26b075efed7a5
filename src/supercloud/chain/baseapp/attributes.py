"""Typed events as attributes: one a field, its value as JSON exactly as the Go encoder writes it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from supercloud.codec.json import to_dict

if TYPE_CHECKING:
    from google.protobuf.message import Message

# Go's encoder writes these characters escaped, and clients search for attributes by exact text.
_GO_ESCAPES = str.maketrans(
    {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
)
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def attributes_of(message: Message) -> list[tuple[str, str]]:
    """One attribute a field: its proto name and its value as compact JSON, sorted by name."""
    fields = to_dict(message)
    return [(name, compact_json(fields[name])) for name in sorted(fields)]


def compact_json(value: object) -> str:
    """JSON as Go writes it: no spaces, non-ASCII as is, `<>&` escaped; object keys keep their order."""
    return _encode(value).translate(_GO_ESCAPES)
