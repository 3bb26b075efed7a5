"""WebSocket messages as bytes of the wire, made once however many clients get them.

A server's frames are not masked, so the same message is the same bytes for everyone. What is told to many therefore goes
to each of them in one write that shares its memory with the others, past the per-message work of the ASGI server.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

FRAMES = "supercloud.frames"
"""Type of the ASGI message that carries frames, and name of the extension under which a scope offers it."""

_FINAL_TEXT = b"\x81"


def text_frame(message: bytes) -> bytes:
    """One unmasked, unfragmented text message (RFC 6455, section 5.2)."""
    length = len(message)
    if length < 126:
        size = length.to_bytes(1, "big")
    elif length < 1 << 16:
        size = b"\x7e" + length.to_bytes(2, "big")
    else:
        size = b"\x7f" + length.to_bytes(8, "big")
    return _FINAL_TEXT + size + message


class Batch:
    """Messages that belong together and go to several clients."""

    __slots__ = ("_frames", "messages", "size")

    def __init__(self, messages: Sequence[bytes]) -> None:
        self.messages = messages
        self.size = sum(map(len, messages))
        """Bytes without framing."""
        self._frames: bytes | None = None

    @property
    def frames(self) -> bytes:
        """All of them on the wire."""
        if self._frames is None:
            self._frames = b"".join(map(text_frame, self.messages))
        return self._frames


class FramesProtocol(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket that also takes ready frames: `{"type": FRAMES, "frames": bytes}`."""

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
        self.transport.write(message["frames"])
