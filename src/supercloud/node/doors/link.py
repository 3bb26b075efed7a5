"""Two processes over one stream: calls that are answered, and news that is not.

A frame is `length (4) | number (4) | what (1) | kind (1) | body`, all big-endian; an answer has the number of its call.
Both ends may call. An error is answered with the bytes that `pack_error` made of it.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Awaitable, Callable
from typing import Final, cast

HEAD: Final = struct.Struct(">IIBB")
BODY_BYTES_MAX: Final = 256 * 2**20
_NEWS, _CALL, _ANSWER, _ERROR = range(4)

Answer = Callable[[int, bytes], "bytes | Awaitable[bytes]"]
"""Answers a call of a kind; what it raises is the caller's."""


class LinkLost(Exception):
    """The other process is gone."""


class Link(asyncio.Protocol):
    """One end. `answer` serves the other end's calls, `hear` gets its news, `lost` runs once when it is gone."""

    def __init__(
        self,
        answer: Answer,
        hear: Callable[[int, bytes], None],
        lost: Callable[[], None],
        errors: tuple[Callable[[Exception], bytes], Callable[[bytes], Exception]],
    ) -> None:
        self._answer = answer
        self._hear = hear
        self._lost = lost
        self._pack_error, self._unpack_error = errors
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._number = 0
        self._waiting: dict[int, asyncio.Future[bytes]] = {}
        self._answering: set[asyncio.Task[None]] = set()

    def tell(self, kind: int, body: bytes) -> None:
        """Send news. Goes nowhere when the link is lost."""
        self._send(0, _NEWS, kind, body)

    async def call(self, kind: int, body: bytes) -> bytes:
        """Ask the other end. Raises what it raised, or LinkLost."""
        if self._transport is None:
            raise LinkLost("the other process is gone")
        self._number = number = (self._number + 1) & 0xFFFFFFFF
        future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        self._send(number, _CALL, kind, body)
        try:
            return await future
        finally:
            self._waiting.pop(number, None)

    def close(self) -> None:
        """Let go of the other end."""
        if self._transport is not None:
            self._transport.close()

    # --- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The stream is there."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Part of a frame, or several."""
        received = self._received
        received += data
        at = 0
        while len(received) - at >= HEAD.size:
            length, number, what, kind = HEAD.unpack_from(received, at)
            if length > BODY_BYTES_MAX:
                self.close()
                return
            end = at + HEAD.size + length
            if len(received) < end:
                break
            self._take(number, what, kind, bytes(received[at + HEAD.size : end]))
            at = end
        if at:
            del received[:at]

    def connection_lost(self, error: Exception | None) -> None:
        """Nobody will answer any more."""
        self._transport = None
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(LinkLost("the other process is gone"))
        for task in self._answering:
            task.cancel()
        self._lost()

    # --- Frames

    def _send(self, number: int, what: int, kind: int, body: bytes) -> None:
        if self._transport is not None:
            self._transport.write(HEAD.pack(len(body), number, what, kind) + body)

    def _take(self, number: int, what: int, kind: int, body: bytes) -> None:
        if what == _CALL:
            self._serve(number, kind, body)
        elif what == _NEWS:
            self._hear(kind, body)
        else:
            future = self._waiting.get(number)
            if future is not None and not future.done():
                if what == _ANSWER:
                    future.set_result(body)
                else:
                    future.set_exception(self._unpack_error(body))

    def _serve(self, number: int, kind: int, body: bytes) -> None:
        try:
            found = self._answer(kind, body)
        except Exception as error:
            self._send(number, _ERROR, kind, self._pack_error(error))
            return
        if isinstance(found, bytes):
            self._send(number, _ANSWER, kind, found)
            return
        task = asyncio.ensure_future(self._finish(number, kind, found))
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    async def _finish(self, number: int, kind: int, found: Awaitable[bytes]) -> None:
        try:
            self._send(number, _ANSWER, kind, await found)
        except Exception as error:
            self._send(number, _ERROR, kind, self._pack_error(error))
