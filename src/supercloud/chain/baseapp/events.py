"""Events and results in their wire form, written directly.

Building the messages object by object costs a third of executing a transfer, so the bytes are put together
here and parsed once for a whole block. Field numbers are those of tendermint/abci/types.proto; tests compare.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from supercloud.pb.tendermint.abci import types_pb2 as abci

if TYPE_CHECKING:
    from supercloud.chain.baseapp.execution import Outcome

Events = Iterable[tuple[str, Sequence[tuple[str, str]]]]

PIECES_KEPT_MAX = 1 << 16
"""Encoded attributes kept for reuse: addresses, amounts and names come again and again."""

_INT64_MAX = 2**63 - 1
_INDEXED = b"\x18\x01"
_pieces: dict[tuple[str, str], bytes] = {}


def varint(value: int) -> bytes:
    """A protobuf number that is not negative."""
    if value < 0x80:
        return b"%c" % value
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _sized(tag: bytes, body: bytes) -> bytes:
    return tag + varint(len(body)) + body


def _attribute(pair: tuple[str, str]) -> bytes:
    key, value = pair
    body = _sized(b"\x0a", key.encode()) if key else b""
    if value:
        body += _sized(b"\x12", value.encode())
    piece = _sized(b"\x12", body + _INDEXED)
    if len(_pieces) >= PIECES_KEPT_MAX:
        _pieces.clear()
    _pieces[pair] = piece
    return piece


def encode_events(events: Events, tag: bytes) -> bytes:
    """Events as a repeated field whose tag is given."""
    pieces = _pieces
    out: list[bytes] = []
    for kind, attributes in events:
        body = [b"\x0a", varint(len(kind)), kind.encode()]
        for pair in attributes:
            piece = pieces.get(pair)
            body.append(_attribute(pair) if piece is None else piece)
        encoded = b"".join(body)
        out += (tag, varint(len(encoded)), encoded)
    return b"".join(out)


def encode_result(outcome: Outcome) -> bytes:
    """An ExecTxResult."""
    failure = outcome.failure
    parts = []
    if failure is not None and failure.code:
        parts.append(b"\x08" + varint(failure.code))
    if outcome.data:
        parts.append(_sized(b"\x12", outcome.data))
    if failure is not None and failure.log:
        parts.append(_sized(b"\x1a", failure.log.encode("utf-8", "replace")))
    if outcome.gas_wanted:
        parts.append(b"\x28" + varint(min(outcome.gas_wanted, _INT64_MAX)))
    if outcome.gas_used:
        parts.append(b"\x30" + varint(min(outcome.gas_used, _INT64_MAX)))
    parts.append(encode_events(outcome.events, b"\x3a"))
    if failure is not None and failure.codespace:
        parts.append(_sized(b"\x42", failure.codespace.encode()))
    return b"".join(parts)


class BlockResponse:
    """The answer to a decided block, as it grows."""

    def __init__(self) -> None:
        self._events: list[bytes] = []
        self._results: list[bytes] = []

    def add_events(self, events: Events, mode: str = "") -> None:
        """Events outside transactions, marked with the part of the block that they belong to."""
        if mode:
            mark = ("mode", mode)
            events = [(kind, (*attributes, mark)) for kind, attributes in events]
        self._events.append(encode_events(events, b"\x0a"))

    def add_result(self, outcome: Outcome) -> None:
        """The next transaction's result."""
        result = encode_result(outcome)
        self._results += (b"\x12", varint(len(result)), result)

    def message(self) -> abci.ResponseFinalizeBlock:
        """The message."""
        return abci.ResponseFinalizeBlock.FromString(b"".join((*self._events, *self._results)))


def abci_events(events: Events) -> list[abci.Event]:
    """Events as messages."""
    return list(abci.ResponseFinalizeBlock.FromString(encode_events(events, b"\x0a")).events)
