"""Lists of events as ABCI messages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from supercloud.pb.tendermint.abci import types_pb2 as abci

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Event

_Event = abci.Event
_Attribute = abci.EventAttribute


def abci_events(events: Iterable[Event], mode: str = "") -> list[abci.Event]:
    """Events of a transaction, or of a block's begin or end, marked with `mode`."""
    if mode:
        mark = _Attribute(key="mode", value=mode, index=True)
        return [
            _Event(type=kind, attributes=[*(_Attribute(key=k, value=v, index=True) for k, v in attributes), mark])
            for kind, attributes in events
        ]
    return [
        _Event(type=kind, attributes=[_Attribute(key=k, value=v, index=True) for k, v in attributes])
        for kind, attributes in events
    ]
