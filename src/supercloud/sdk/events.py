"""Typed events: from the attributes of an ABCI event back to the values of the message it was made of.

Source: Cosmos SDK typed events: the event's type is the message's full name, each attribute is one field as JSON.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import orjson

# Attributes that the node adds to every event of a transaction or block; they are no fields of the message.
ADDED = frozenset({"msg_index", "mode"})


class TypedEvent(NamedTuple):
    """`name` is the full message name, e.g. akash.market.v1.EventOrderCreated; `fields` its fields as JSON values."""

    name: str
    fields: dict[str, Any]


def is_typed(event: dict[str, Any]) -> bool:
    """Whether an ABCI event was made of a message."""
    return ".Event" in event.get("type", "")


def typed_events(events: Iterable[dict[str, Any]]) -> list[TypedEvent]:
    """The typed ones among ABCI events as the RPC prints them; others (bank, message, tx) are left out."""
    found = []
    for event in events:
        if not is_typed(event):
            continue
        fields = {}
        for attribute in event.get("attributes") or []:
            if attribute["key"] not in ADDED:
                fields[attribute["key"]] = _value(attribute.get("value") or "")
        found.append(TypedEvent(event["type"], fields))
    return found


def _value(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
