"""Lists of events as ABCI messages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from supercloud.pb.tendermint.abci import types_pb2 as abci

_Event = abci.Event
_Attribute = abci.EventAttribute


def abci_events(events: Iterable[tuple[str, Sequence[tuple[str, str]]]], mode: str = "") -> list[abci.Event]:
    """Events of a transaction, or of a block's begin or end, marked with `mode`."""
    if mode:
        mark = ("mode", mode)
        events = [(kind, (*attributes, mark)) for kind, attributes in events]
    return [
        _Event(type=kind, attributes=[_Attribute(key=k, value=v, index=True) for k, v in attributes])
        for kind, attributes in events
    ]
