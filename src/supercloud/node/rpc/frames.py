"""WebSocket messages as bytes of the wire, made once however many clients get them.

A server's frames are not masked, so the same message is the same bytes for everyone. What is told to many therefore goes
to each of them in one write that shares its memory with the others, past the per-message work of the ASGI server.

Where many hear the same and a client takes compressed messages (permessage-deflate, RFC 7692), they are compressed once for
all: a message refers to those before it in its batch and to nothing earlier, so it reads the same on every connection.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from typing import Any, Final

from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.extensions.permessage_deflate import PerMessageDeflate, ServerPerMessageDeflateFactory
from websockets.frames import Frame

FRAMES: Final = "supercloud.frames"
"""Type of the ASGI message that carries a batch, and name of the extension under which a scope offers it."""
SHARED_MIN: Final = 16
"""Clients that hear the same, from which on compressing costs less than writing all of it to each of them."""
WINDOW_BITS: Final = 15
"""How far back a compressed message refers: 32 KiB."""
CLIENT_WINDOW_BITS: Final = 12
"""The same for clients, whose messages are small: the node keeps a window for each."""

_FINAL_TEXT: Final = b"\x81"
_FINAL_DEFLATED_TEXT: Final = b"\xc1"
_FLUSHED: Final = b"\0\0\xff\xff"
"""What ends a compressed message, and is left out (RFC 7692, section 7.2.1)."""


def text_frame(message: bytes, opening: bytes = _FINAL_TEXT) -> bytes:
    """One unmasked, unfragmented text message (RFC 6455, section 5.2)."""
    length = len(message)
    if length < 126:
        size = length.to_bytes(1, "big")
    elif length < 1 << 16:
        size = b"\x7e" + length.to_bytes(2, "big")
    else:
        size = b"\x7f" + length.to_bytes(8, "big")
    return opening + size + message


class Batch:
    """Messages that belong together and go to so many clients: what all begin with, and how each goes on.

    Those who ask alike share one, and what it goes on with is shared by all: only what is being written is made whole. A
    client that subscribes in a hundred ways to the same costs the memory of its connections, not of its subscriptions.
    """

    __slots__ = ("_deflated", "_frames", "clients", "count", "head", "size", "tails")

    def __init__(self, tails: Sequence[bytes], clients: int = 1, head: bytes = b"") -> None:
        self.head = head
        self.tails = tails
        self.clients = clients
        self.count = len(tails)
        """How many messages."""
        self.size = self.count * len(head) + sum(map(len, tails))
        """Bytes without framing."""
        self._frames: bytes | None = None
        self._deflated: bytes | None = None

    @property
    def messages(self) -> Iterator[bytes]:
        """Each whole."""
        return (self.head + tail for tail in self.tails)

    @property
    def frames(self) -> bytes:
        """All of them on the wire."""
        if self._frames is not None:
            return self._frames
        made = b"".join(map(text_frame, self.messages))
        if self.clients > 1:
            self._frames = made
        return made

    @property
    def deflated(self) -> bytes:
        """The same for clients that take it compressed."""
        if self._deflated is None:
            deflate = zlib.compressobj(zlib.Z_BEST_SPEED, wbits=-WINDOW_BITS)
            parts = []
            for message in self.messages:
                packed = deflate.compress(message) + deflate.flush(zlib.Z_SYNC_FLUSH)
                parts.append(text_frame(packed.removesuffix(_FLUSHED), _FINAL_DEFLATED_TEXT))
            self._deflated = b"".join(parts)
        return self._deflated


class _Deflate(PerMessageDeflate):
    """Reads compressed messages of a client; what it is sent is compressed by batch or not at all."""

    def __init__(self, agreed: PerMessageDeflate) -> None:
        # Without a context of its own for what is sent: it would cost each connection a quarter of a megabyte.
        remote, local = agreed.remote_max_window_bits, agreed.local_max_window_bits
        super().__init__(agreed.remote_no_context_takeover, True, remote, local)
        self.takes_batches = not agreed.local_no_context_takeover and local == WINDOW_BITS

    def encode(self, frame: Frame) -> Frame:
        """A message outside of batches, as it is."""
        return frame


class _DeflateFactory(ServerPerMessageDeflateFactory):
    def process_request_params(self, params: Any, accepted_extensions: Any) -> Any:
        answer, agreed = super().process_request_params(params, accepted_extensions)
        return answer, _Deflate(agreed)


class FramesProtocol(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket that also takes batches: `{"type": FRAMES, "batch": Batch}`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.conn.available_extensions = [_DeflateFactory(client_max_window_bits=CLIENT_WINDOW_BITS)]

    async def run_asgi(self) -> None:
        """Serve the connection."""
        extensions: dict[str, Any] = self.scope.setdefault("extensions", {})
        extensions[FRAMES] = {}
        await super().run_asgi()

    async def send(self, message: Any) -> None:
        """Write a message once the client has read enough of what came before."""
        if message["type"] != FRAMES:
            await super().send(message)
            return
        await self.writable.wait()
        if self.disconnected or self.close_sent:
            raise ClientDisconnected
        batch: Batch = message["batch"]
        shared = batch.clients >= SHARED_MIN and self._takes_batches()
        self.transport.write(batch.deflated if shared else batch.frames)

    def _takes_batches(self) -> bool:
        return any(isinstance(each, _Deflate) and each.takes_batches for each in self.conn.extensions)
