"""gRPC-web: the calls of the gRPC door for pages in browsers, over the REST door's HTTP/1.1.

One message goes in and one comes out; trailers are a last frame of the body, because browsers show no others. The
`-text` form is the same in base64. Source: grpc/grpc PROTOCOL-WEB.
"""

from __future__ import annotations

import base64
import binascii
import logging
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote

from supercloud.node.grpc.asgi import (
    BodyTooLarge,
    BodyTooSlow,
    Header,
    Receive,
    Scope,
    Send,
    header,
    read_body,
    respond,
)
from supercloud.node.grpc.dispatch import Dispatch, Failed
from supercloud.types.errors import INTERNAL, INVALID_ARGUMENT, UNIMPLEMENTED

log = logging.getLogger(__name__)

CONTENT: Final = b"application/grpc-web"
OK: Final = 0
DEADLINE_EXCEEDED: Final = 4
RESOURCE_EXHAUSTED: Final = 8
_TEXT: Final = b"application/grpc-web-text"
_HEIGHT: Final = b"x-cosmos-block-height"
_PREFIX_BYTES: Final = 5
_COMPRESSED: Final = 0x01
_TRAILERS: Final = 0x80
# What a status message may show as it is; all else is percent-encoded.
_PLAIN: Final = " !\"#$&'()*+,/:;<=>?@[\\]^`{|}"


def asked(scope: Scope) -> bool:
    """Whether a request is one of these."""
    return scope["method"] == "POST" and (header(scope, b"content-type") or b"").startswith(CONTENT)


async def serve(
    dispatch: Dispatch,
    scope: Scope,
    receive: Receive,
    send: Send,
    body_limit: tuple[int, float],
    extra: Iterable[Header],
) -> None:
    """Answer a request; refusals are answers too. `body_limit` is bytes and seconds. Raises ClientGone."""
    data = b""
    status, message = OK, ""
    try:
        data = await _call(dispatch, scope, await read_body(scope, receive, *body_limit))
    except Failed as failure:
        status, message = failure.code, failure.message
    except BodyTooLarge:
        status, message = RESOURCE_EXHAUSTED, f"body exceeds {body_limit[0]} bytes"
    except BodyTooSlow:
        status, message = DEADLINE_EXCEEDED, f"the body did not arrive within {body_limit[1]:g} seconds"
    text = quote(message.encode("utf-8", "replace"), safe=_PLAIN)
    whole = data + _frame(_TRAILERS, f"grpc-status:{status}\r\ngrpc-message:{text}\r\n".encode())
    form = _TEXT if _is_text(scope) else CONTENT
    whole = base64.b64encode(whole) if _is_text(scope) else whole
    await respond(send, 200, whole, [(b"content-type", form + b"+proto"), *extra])


async def _call(dispatch: Dispatch, scope: Scope, body: bytes) -> bytes:
    path = scope["path"]
    served = dispatch.table.get(path)
    if served is None:
        service, _, method = path.strip("/").rpartition("/")
        known = any(entry.full_name == service for entry in dispatch.services)
        text = f"unknown method {method} for service {service}" if known else f"unknown service {service}"
        raise Failed(UNIMPLEMENTED, text)
    message = _message(body, _is_text(scope))
    try:
        response, _ = await dispatch.call_bytes(served, message, _height(scope))
    except Failed:
        raise
    except Exception as error:
        log.exception("query failed", extra={"path": path})
        raise Failed(INTERNAL, f"{type(error).__name__}: {error}") from error
    return _frame(0, response)


def _message(body: bytes, text: bool) -> bytes:
    """The one message of a request."""
    if text:
        try:
            body = base64.b64decode(body, validate=True)
        except binascii.Error as error:
            raise Failed(INVALID_ARGUMENT, "the body is not base64") from error
    if len(body) < _PREFIX_BYTES or len(body) - _PREFIX_BYTES != int.from_bytes(body[1:_PREFIX_BYTES]):
        raise Failed(INVALID_ARGUMENT, "the body is not one message with its length before it")
    if body[0] & _COMPRESSED:
        raise Failed(UNIMPLEMENTED, "compressed messages are not read")
    return body[_PREFIX_BYTES:]


def _frame(flags: int, content: bytes) -> bytes:
    return bytes([flags]) + len(content).to_bytes(4) + content


def _is_text(scope: Scope) -> bool:
    return (header(scope, b"content-type") or b"").startswith(_TEXT)


def _height(scope: Scope) -> int:
    text = header(scope, _HEIGHT) or b"0"
    if not text.isdigit() or len(text) > 18:
        raise Failed(INVALID_ARGUMENT, f"invalid height header {text.decode('latin-1')!r}")
    return int(text)
