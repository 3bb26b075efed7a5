"""How ABCI messages follow one another on a socket: each after its length as a varint. Pure: bytes in, bytes out.

Source: CometBFT spec/abci, "Client and Server", socket protocol.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

MESSAGE_BYTES_MAX: Final = 104_857_600
"""CometBFT's own bound (abci/types, maxMsgSize)."""

_LENGTH_BYTES_MAX: Final = 5


class FramingError(ValueError):
    """What arrived is not ABCI."""


def frame(message: bytes) -> bytes:
    """A message with its length before it."""
    return _varint(len(message)) + message


class Unframer:
    """Collects what arrives and gives whole messages."""

    def __init__(self, message_bytes_max: int = MESSAGE_BYTES_MAX) -> None:
        self._held = bytearray()
        self._bytes_max = message_bytes_max

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Whole messages, oldest first. Raises FramingError for a length that is too large or not a number."""
        self._held += data
        at = 0
        while (found := self._length(at)) is not None:
            size, begin = found
            if len(self._held) < begin + size:
                break
            yield bytes(self._held[begin : begin + size])
            at = begin + size
        del self._held[:at]

    def _length(self, at: int) -> tuple[int, int] | None:
        """The length that stands at an offset, and where its message begins; None while it has not arrived."""
        value = shift = 0
        for place in range(at, min(at + _LENGTH_BYTES_MAX, len(self._held))):
            byte = self._held[place]
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                if value > self._bytes_max:
                    raise FramingError(f"a message of {value} bytes is over the limit of {self._bytes_max}")
                return value, place + 1
        if len(self._held) - at >= _LENGTH_BYTES_MAX:
            raise FramingError("a message's length is not a varint of at most 5 bytes")
        return None


def _varint(value: int) -> bytes:
    parts = bytearray()
    while value >= 0x80:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    parts.append(value)
    return bytes(parts)
