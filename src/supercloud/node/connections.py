"""HTTP connections of a listener, bounded for every client: how many it may hold, how long a request's head may take and be.

uvicorn bounds all clients together and gives a connection that says nothing all the time in the world: without this one
client could hold every place there is. It also reads a head that never ends, the longer the more slowly, and sends the head
of an answer by itself, which wakes the client up for nothing; here what is written in one turn of the loop leaves in one
piece.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any, Final, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from supercloud.clients import client_at

HEAD_S: Final = 30.0
"""Seconds within which the head of a request has to arrive."""
HEAD_BYTES_MAX: Final = 64 * 1024
"""Of what belongs to no body: a head that comes in pieces, what follows the last chunk. One piece more may come."""
_CROWDED: Final = b"too many connections from this address\n"
_TOO_LONG: Final = b"the head of the request is too long\n"
_HEAD: Final = b"HTTP/1.1 %s\r\nconnection: close\r\ncontent-type: text/plain; charset=utf-8\r\n"
_LENGTH: Final = b"content-length: %d\r\n\r\n%s"
_REFUSAL: Final = _HEAD % b"503 Service Unavailable" + _LENGTH % (len(_CROWDED), _CROWDED)
_HEAD_REFUSAL: Final = _HEAD % b"431 Request Header Fields Too Large" + _LENGTH % (len(_TOO_LONG), _TOO_LONG)


class Gathering:
    """A transport that sends what is written in one turn of the loop at the turn's end, together."""

    def __init__(self, bare: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self.bare = bare
        self._loop = loop
        self._pieces: list[bytes] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.bare, name)

    def write(self, data: bytes) -> None:
        """Send soon."""
        if not self._pieces:
            self._loop.call_soon(self._send)
        self._pieces.append(data)

    def close(self) -> None:
        """Send what was written, then close."""
        self._send()
        self.bare.close()

    def _send(self) -> None:
        pieces, self._pieces = self._pieces, []
        if pieces and not self.bare.is_closing():
            self.bare.writelines(pieces)


class BoundedHttp(HttpToolsProtocol):
    """uvicorn's HTTP connection within bounds; `bounded` makes the class of one listener."""

    per_client: int
    """Most connections of one address; 0 does not count them."""
    head_s: float
    held: Counter[str]
    """Connections by address. A WebSocket is counted by whoever serves it, and here no more."""

    _counted: str | None = None
    _refused = False
    _head_bytes = 0
    _goes_on = False
    """Whether a piece began or ended something, or was of a body."""
    _silence: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Take a connection in, unless its client holds enough of them."""
        peer = transport.get_extra_info("peername")
        client = client_at(str(peer[0])) if peer else ""
        if self.per_client and self.held[client] >= self.per_client:
            self._refused = True
            transport.write(_REFUSAL)
            transport.close()
            return
        self._counted = client
        self.held[client] += 1
        super().connection_made(cast(asyncio.Transport, Gathering(transport, self.loop)))
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        """Read on; what a refused client sends is of no interest."""
        if self._refused or self.transport.is_closing():
            return
        self._goes_on = False
        super().data_received(data)
        self._head_bytes = 0 if self._goes_on else self._head_bytes + len(data)
        if self._head_bytes > HEAD_BYTES_MAX:
            self.transport.write(_HEAD_REFUSAL)
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Count it out."""
        self._head_is_here()
        self._leave()
        if not self._refused:
            super().connection_lost(exc)

    def handle_websocket_upgrade(self) -> None:
        """Hand over to the WebSocket."""
        self.transport = cast(Gathering, self.transport).bare
        self._head_is_here()
        self._leave()
        super().handle_websocket_upgrade()

    def on_message_begin(self) -> None:
        """A request begins."""
        self._goes_on = True
        self._expect_head()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Its head is here; the body's time is the application's to bound."""
        self._goes_on = True
        self._head_is_here()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A part of its body; the application bounds how many."""
        self._goes_on = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        """It is here whole."""
        self._goes_on = True
        super().on_message_complete()

    def _expect_head(self) -> None:
        self._head_is_here()
        self._silence = self.loop.call_later(self.head_s, self.transport.abort)

    def _head_is_here(self) -> None:
        if self._silence is not None:
            self._silence.cancel()
            self._silence = None

    def _leave(self) -> None:
        if self._counted is None:
            return
        self.held[self._counted] -= 1
        if not self.held[self._counted]:
            del self.held[self._counted]
        self._counted = None


def bounded(per_client: int, head_s: float = HEAD_S) -> type[BoundedHttp]:
    """The class of one listener's connections, with a count of its own."""
    bounds = {"per_client": per_client, "head_s": head_s, "held": Counter()}
    return type("BoundedHttp", (BoundedHttp,), bounds)
