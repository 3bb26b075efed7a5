"""The RPC door as an ASGI application: POST of JSON-RPC, GET of URIs, and /websocket."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

import orjson

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
    read_body,
    respond,
)
from supercloud.node.grpc.dispatch import Dispatch
from supercloud.node.grpc.readiness import Readiness
from supercloud.node.grpc.view import View
from supercloud.node.rpc.frames import FRAMES
from supercloud.node.rpc.jsonrpc import (
    INTERNAL_ERROR,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    PARSE_ERROR,
    SERVER_ERROR,
    URI_ID,
    Request,
    RpcError,
    arguments,
    failure,
    parse_request,
    success,
    uri_arguments,
)
from supercloud.node.rpc.methods import COMMIT_SECONDS, Methods
from supercloud.node.rpc.subscriptions import Hub
from supercloud.node.rpc.websocket import Connection
from supercloud.rates import Rates

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Limits:
    """What one client may ask of the RPC."""

    body_bytes: int = 4 * 1024 * 1024
    body_s: float = 30.0
    """Seconds within which a body has to arrive."""
    batch: int = 100
    sockets: int = 500
    sockets_per_client: int = 100
    subscriptions_per_socket: int = 20
    commit_s: float = COMMIT_SECONDS
    """Seconds that broadcast_tx_commit waits for a block."""
    requests_per_s: int = 0
    """Of one address, over HTTP and WebSockets together; 0 bounds nothing."""


class RpcServer:
    """ASGI application over a node's view."""

    def __init__(
        self,
        view: View,
        dispatch: Dispatch,
        hub: Hub,
        limits: Limits,
        cross_origin: CrossOrigin,
        readiness: Readiness | None = None,
    ) -> None:
        self._readiness = readiness or Readiness(view, view.live)
        self._rates = Rates(limits.requests_per_s)
        self._methods = Methods(view, dispatch, limits.commit_s).table()
        self._hub = hub
        self._limits = limits
        self._cross_origin = cross_origin
        self._connections: set[Connection] = set()
        self._sockets_of: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or connection."""
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        elif scope["type"] == "http":
            try:
                await self._http(scope, receive, send)
            except ClientGone:
                pass

    def close(self) -> None:
        """Tell all WebSockets that the node goes away."""
        for connection in list(self._connections):
            connection.close()

    # --- HTTP

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        extra = self._cross_origin.headers(scope)
        if scope["method"] == "OPTIONS":
            await respond(send, 204, b"", extra)
            return
        # Before the count of requests: what asks for many clients comes from one address.
        if await self._readiness.respond(scope["path"], send, extra):
            return
        client = client_of(scope)
        if not self._rates.take(client):
            refusal = failure(None, SERVER_ERROR, self._rates.words)
            await respond(send, TOO_MANY, refusal, [JSON, RETRY, *extra])
            return
        name = scope["path"].strip("/")
        if name:
            await self._uri(name, scope, send, extra)
            return
        try:
            body = await read_body(scope, receive, self._limits.body_bytes, self._limits.body_s)
        except BodyTooLarge:
            text = f"body exceeds {self._limits.body_bytes} bytes"
            await respond(send, 413, failure(None, INVALID_REQUEST, text), [JSON, *extra])
            return
        except BodyTooSlow:
            text = f"the body did not arrive within {self._limits.body_s:g} seconds"
            await respond(send, 408, failure(None, INVALID_REQUEST, text), [JSON, *extra])
            return
        if not body:
            await respond(send, 200, self._listing(), [HTML, *extra])
            return
        status, answer = await self._post(body, client)
        await respond(send, status, answer, [JSON, *extra])

    async def _post(self, body: bytes, client: str) -> tuple[int, bytes]:
        try:
            document = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            return 500, failure(None, PARSE_ERROR, f"error unmarshaling request: {error}")
        if not isinstance(document, list):
            return 200, await self._one(document) or b""
        if not 0 < len(document) <= self._limits.batch:
            text = f"a batch has 1 to {self._limits.batch} requests, not {len(document)}"
            return 200, failure(None, INVALID_REQUEST, text)
        if len(document) > 1 and not self._rates.take(client, len(document) - 1):
            return TOO_MANY, failure(None, SERVER_ERROR, self._rates.words)
        answers = [await self._one(entry) for entry in document]
        return 200, b"[" + b",".join([answer for answer in answers if answer]) + b"]"

    async def _one(self, document: Any) -> bytes | None:
        """Answer of one request object; None for a notification."""
        try:
            request = parse_request(document)
        except RpcError as error:
            return failure(None, error.code, error.data)
        return None if request is None else await self.call(request)

    async def call(self, request: Request) -> bytes:
        """Answer a request; every failure is an answer too."""
        method = self._methods.get(request.method)
        if method is None:
            return failure(request.id, METHOD_NOT_FOUND)
        try:
            values = arguments(method.parameters, request.params)
            return success(request.id, await method.handler(*values))
        except RpcError as error:
            return failure(request.id, error.code, error.data)
        except Exception as error:
            log.exception("rpc method failed", extra={"method": request.method})
            return failure(request.id, INTERNAL_ERROR, f"{type(error).__name__}: {error}")

    def _admit(self, client: str) -> str:
        """Count a request of a WebSocket, where they come one by one; why it is one too many, if it is."""
        return "" if self._rates.take(client) else self._rates.words

    async def _uri(self, name: str, scope: Scope, send: Send, extra: list[Header]) -> None:
        method = self._methods.get(name)
        if method is None:
            await respond(send, 404, failure(URI_ID, METHOD_NOT_FOUND), [JSON, *extra])
            return
        try:
            query = dict(parse_qsl(scope["query_string"].decode("latin-1"), max_num_fields=32))
            answer = success(URI_ID, await method.handler(*uri_arguments(method.parameters, query)))
            status = 200
        except RpcError as error:
            answer, status = failure(URI_ID, error.code, error.data), 500
        except ValueError as error:
            answer, status = failure(URI_ID, INVALID_REQUEST, str(error)), 500
        except Exception as error:
            log.exception("rpc method failed", extra={"method": name})
            text = f"{type(error).__name__}: {error}"
            answer, status = failure(URI_ID, INTERNAL_ERROR, text), 500
        await respond(send, status, answer, [JSON, *extra])

    def _listing(self) -> bytes:
        """What a browser sees: the methods and their parameters."""
        lines = []
        for name, method in sorted(self._methods.items()):
            query = "&".join(f"{parameter.name}=_" for parameter in method.parameters)
            link = f"/{name}?{query}" if query else f"/{name}"
            lines.append(f'<li><a href="{link}">{link}</a></li>')
        return f"<!doctype html><title>RPC</title><ul>{''.join(lines)}</ul>".encode()

    # --- WebSocket

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        client = client_of(scope)
        limits = self._limits
        crowded = len(self._connections) >= limits.sockets
        if scope["path"] != "/websocket" or crowded or self._sockets_of[client] >= limits.sockets_per_client:
            await send({"type": "websocket.close", "code": 1008})
            return
        frames = FRAMES in (scope.get("extensions") or {})
        admit, most = partial(self._admit, client), limits.subscriptions_per_socket
        connection = Connection(self._hub, self.call, most, client=client, admit=admit, frames=frames)
        self._connections.add(connection)
        self._sockets_of[client] += 1
        try:
            await receive()
            await connection.serve(receive, send)
        finally:
            self._connections.discard(connection)
            self._sockets_of[client] -= 1
            if not self._sockets_of[client]:
                del self._sockets_of[client]
