"""What the HTTP doors (REST and RPC) share: bounded bodies, answers, cross-origin headers. Raw ASGI, no
framework.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, MutableMapping, Sequence
from typing import Any

from supercloud.clients import client_at

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Header = tuple[bytes, bytes]

JSON = (b"content-type", b"application/json")
HTML = (b"content-type", b"text/html; charset=utf-8")
_METHODS = b"GET, POST, OPTIONS"
_HEADERS = (
    b"content-type, x-cosmos-block-height, x-requested-with, accept, x-grpc-web, x-user-agent, grpc-timeout"
)
_EXPOSED = b"grpc-metadata-x-cosmos-block-height, x-cosmos-block-height"


RETRY = (b"retry-after", b"1")
TOO_MANY = 429
"""Status of an answer to a client that asks too often."""


class BodyTooLarge(Exception):
    """A request body beyond the limit."""


class BodyTooSlow(Exception):
    """A request body that did not arrive in time."""


class ClientGone(Exception):
    """The client hung up in the middle of its request."""


def header(scope: Scope, name: bytes) -> bytes | None:
    """The first value of a request header."""
    for key, value in scope["headers"]:
        if key == name:
            found: bytes = value
            return found
    return None


async def read_body(scope: Scope, receive: Receive, limit: int, seconds: float) -> bytes:
    """The request's body. Raises BodyTooLarge as soon as it is known to be, BodyTooSlow, ClientGone."""
    length = header(scope, b"content-length")
    if length is not None and (not length.isdigit() or int(length) > limit):
        raise BodyTooLarge
    try:
        async with asyncio.timeout(seconds):
            return await _read_parts(receive, limit)
    except TimeoutError as error:
        raise BodyTooSlow from error


async def _read_parts(receive: Receive, limit: int) -> bytes:
    parts = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        part = message.get("body", b"")
        size += len(part)
        if size > limit:
            raise BodyTooLarge
        parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts)


def client_of(scope: Scope) -> str:
    """Who asks."""
    return client_at(scope["client"][0]) if scope.get("client") else ""


async def respond(send: Send, status: int, body: bytes, headers: Iterable[Header] = (JSON,)) -> None:
    """Send a whole answer."""
    fields = [*headers, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": body})


class CrossOrigin:
    """Which pages of other origins may read answers. None by default; `*` is all."""

    def __init__(self, origins: Sequence[str]) -> None:
        self._all = "*" in origins
        self._origins = {origin.encode() for origin in origins}

    def headers(self, scope: Scope) -> list[Header]:
        """Headers that let the asking page read the answer."""
        origin = header(scope, b"origin")
        if origin is None or not (self._all or origin in self._origins):
            return []
        return [
            (b"access-control-allow-origin", b"*" if self._all else origin),
            (b"access-control-allow-methods", _METHODS),
            (b"access-control-allow-headers", _HEADERS),
            (b"access-control-expose-headers", _EXPOSED),
            (b"vary", b"origin"),
        ]
