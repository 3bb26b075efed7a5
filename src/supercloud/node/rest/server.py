"""The REST door as an ASGI application; calls of gRPC-web come in by it too."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import orjson
from google.protobuf.message import Message

from supercloud.codec import json as proto_json
from supercloud.node.grpc.asgi import (
    HTML,
    JSON,
    RETRY,
    TOO_MANY,
    BodyTooLarge,
    BodyTooSlow,
    ClientGone,
    CrossOrigin,
    Header,
    Receive,
    Scope,
    Send,
    client_of,
    header,
    read_body,
    respond,
)
from supercloud.node.grpc.dispatch import UNAVAILABLE, Dispatch, Failed
from supercloud.node.rest import grpc_web, openapi
from supercloud.node.rest.parameters import PARAMETERS_MAX, BadParameter, fill
from supercloud.node.rest.routes import Match, Routes
from supercloud.rates import Rates
from supercloud.types.errors import (
    ALREADY_EXISTS,
    FAILED_PRECONDITION,
    INTERNAL,
    INVALID_ARGUMENT,
    NOT_FOUND,
    PERMISSION_DENIED,
    UNAUTHENTICATED,
    UNIMPLEMENTED,
)

log = logging.getLogger(__name__)

OPENAPI_PATH = "/openapi.json"
SWAGGER_PATH = "/swagger"
HEIGHT_HEADER = b"x-cosmos-block-height"
DEADLINE_EXCEEDED = 4
RESOURCE_EXHAUSTED = 8
_HEIGHT_ANSWERS = (b"grpc-metadata-x-cosmos-block-height", HEIGHT_HEADER)
"""The gateway tells the height of an answer under both names."""

_HTTP = {
    INVALID_ARGUMENT: 400,
    FAILED_PRECONDITION: 400,
    NOT_FOUND: 404,
    ALREADY_EXISTS: 409,
    PERMISSION_DENIED: 403,
    UNAUTHENTICATED: 401,
    UNIMPLEMENTED: 501,
    UNAVAILABLE: 503,
}


@dataclass(frozen=True)
class Limits:
    """What one request may be."""

    body_bytes: int = 4 * 1024 * 1024
    body_s: float = 30.0
    """Seconds within which a body has to arrive."""
    requests_per_s: int = 0
    """Of one address; 0 bounds nothing."""


class RestServer:
    """ASGI application over a dispatch table."""

    def __init__(
        self, dispatch: Dispatch, limits: Limits, cross_origin: CrossOrigin, version: str = ""
    ) -> None:
        self._dispatch = dispatch
        self._version = version
        self._described: tuple[bytes, bytes] | None = None
        self._routes = Routes(dispatch.table.values())
        self._limits = limits
        self._rates = Rates(limits.requests_per_s)
        self._cross_origin = cross_origin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return
        extra = self._cross_origin.headers(scope)
        if scope["method"] == "OPTIONS":
            await respond(send, 204, b"", extra)
            return
        if not self._rates.take(client_of(scope)):
            refusal = Failed(RESOURCE_EXHAUSTED, self._rates.words)
            await self._refuse(send, TOO_MANY, refusal, [RETRY, *extra])
            return
        described = self._description(scope)
        if described is not None:
            await respond(send, 200, described[1], [described[0], *extra])
            return
        try:
            if grpc_web.asked(scope):
                limit = (self._limits.body_bytes, self._limits.body_s)
                await grpc_web.serve(self._dispatch, scope, receive, send, limit, extra)
                return
            body, height = await self._answer(scope, receive)
            told = str(height).encode()
            await respond(send, 200, body, [JSON, *((name, told) for name in _HEIGHT_ANSWERS), *extra])
        except ClientGone:
            return
        except BodyTooLarge:
            text = f"body exceeds {self._limits.body_bytes} bytes"
            await self._refuse(send, 413, Failed(INVALID_ARGUMENT, text), extra)
        except BodyTooSlow:
            text = f"the body did not arrive within {self._limits.body_s:g} seconds"
            await self._refuse(send, 408, Failed(DEADLINE_EXCEEDED, text), extra)
        except Failed as failure:
            await self._refuse(send, _HTTP.get(failure.code, 500), failure, extra)
        except Exception as error:
            log.exception("query failed", extra={"path": scope["path"]})
            await self._refuse(send, 500, Failed(INTERNAL, f"{type(error).__name__}: {error}"), extra)

    def _description(self, scope: Scope) -> tuple[Header, bytes] | None:
        """What the door says of itself: for programs at /openapi.json, for people at /swagger/."""
        path = scope["path"].rstrip("/")
        if scope["method"] not in ("GET", "HEAD") or path not in (OPENAPI_PATH, SWAGGER_PATH):
            return None
        if self._described is None:
            described = openapi.document(self._routes, self._version)
            self._described = orjson.dumps(described), openapi.page(described)
        return (JSON, self._described[0]) if path == OPENAPI_PATH else (HTML, self._described[1])

    async def _answer(self, scope: Scope, receive: Receive) -> tuple[bytes, int]:
        raw_path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
        path = raw_path.partition("?")[0].rstrip("/")
        verb = "GET" if scope["method"] == "HEAD" else scope["method"]
        match = self._routes.match(verb, path)
        if match is None:
            raise Failed(UNIMPLEMENTED, "Not Implemented")
        request = match.route.served.request_type()
        if match.route.body:
            body = await read_body(scope, receive, self._limits.body_bytes, self._limits.body_s)
            request = _from_body(match, body)
        try:
            if not match.route.body:
                query = scope["query_string"].decode("latin-1")
                pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=PARAMETERS_MAX)
                fill(request, [(name, text) for name, text in pairs if text])
            fill(request, match.values.items())
        except ValueError as error:
            kind = "" if isinstance(error, BadParameter) else "query: "
            raise Failed(INVALID_ARGUMENT, f"{kind}{error}") from error
        answer = await self._dispatch.call(match.route.served, request, _height(scope))
        return orjson.dumps(proto_json.to_dict(answer.response)), answer.height

    async def _refuse(self, send: Send, status: int, failure: Failed, extra: list[Header]) -> None:
        message = failure.message.encode("utf-8", "replace").decode()
        document: dict[str, Any] = {"code": failure.code, "message": message, "details": []}
        await respond(send, status, orjson.dumps(document), [JSON, *extra])


def _from_body(match: Match, body: bytes) -> Message:
    try:
        document = proto_json.from_text(body) if body else {}
        if match.route.body != "*":
            document = {match.route.body: document}
        # The gateway passes over what it does not know; inside an Any, which may get signed, nothing is.
        return proto_json.from_dict(document, match.route.served.request_type, ignore_unknown=True)
    except (ValueError, TypeError, RecursionError) as error:
        raise Failed(INVALID_ARGUMENT, f"the body does not fit: {error}") from error


def _height(scope: Scope) -> int:
    text = header(scope, HEIGHT_HEADER)
    if text is None or not text:
        return 0
    if not text.isdigit() or len(text) > 18:
        raise Failed(INVALID_ARGUMENT, f"invalid height header {text.decode('latin-1')!r}")
    return int(text)
