"""Where the attributes of a block's events stand: the rows of an index."""

from __future__ import annotations

from collections.abc import Iterable

from supercloud.node.indexer.port import EVENTS_MAX, VALUE_LENGTH_MAX
from supercloud.pb.tendermint.abci import types_pb2 as abci


def collect(response: abci.ResponseFinalizeBlock) -> dict[tuple[str, str], list[int]]:
    """Places by name (`type.key`) and value, in order. A place is `(position + 1) * EVENTS_MAX + event`; the block's
    own events have the position -1.
    """
    places: dict[tuple[str, str], list[int]] = {}
    _add(places, response.events, 0)
    for position, result in enumerate(response.tx_results, 1):
        _add(places, result.events, position * EVENTS_MAX)
    return places


def _add(places: dict[tuple[str, str], list[int]], events: Iterable[abci.Event], first: int) -> None:
    for number, event in enumerate(events, first):
        if not event.type:
            continue
        for attribute in event.attributes:
            if attribute.key and attribute.index:
                found = (f"{event.type}.{attribute.key}", attribute.value[:VALUE_LENGTH_MAX])
                places.setdefault(found, []).append(number)
