"""One WebSocket: JSON-RPC both ways, and events pushed with the id of the request that subscribed to them.

What waits for a client to read is bounded. A client that falls behind is cut off; it reconnects and catches
up by height, which is what well-made clients do anyway.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

import orjson

from supercloud.node.grpc.asgi import Receive, Send
from supercloud.node.indexer.query import QueryError, parse
from supercloud.node.rpc.frames import FRAMES, Batch
from supercloud.node.rpc.jsonrpc import (
    INTERNAL_ERROR,
    PARSE_ERROR,
    SERVER_ERROR,
    Kind,
    Parameter,
    Request,
    RpcError,
    arguments,
    failure,
    parse_request,
    success,
)
from supercloud.node.rpc.subscriptions import Hub, Subscription, TooMany

WAITING_MESSAGES_MAX = 2000
WAITING_BYTES_MAX = 32 * 1024 * 1024
CLOSE_POLICY = 1008
CLOSE_GOING_AWAY = 1001

_QUERY = (Parameter("query", Kind.TEXT),)

Call = Callable[[Request], Awaitable[bytes]]
Admit = Callable[[], str]
"""Counts a request; gives why it is one too many, and nothing when it is not."""


class Connection:
    """A client's WebSocket. `call` answers the ordinary methods; `frames`: the server takes batches."""

    def __init__(
        self,
        hub: Hub,
        call: Call,
        subscriptions_max: int,
        *,
        client: str = "",
        admit: Admit = lambda: "",
        frames: bool = False,
    ) -> None:
        self._client = client
        self._admit = admit
        self._frames = frames
        self._hub = hub
        self._call = call
        self._subscriptions_max = subscriptions_max
        self._subscriptions: dict[str, Subscription] = {}
        self._outbox: deque[Batch] = deque()
        self._outbox_messages = 0
        self._outbox_bytes = 0
        self._ready = asyncio.Event()
        self._closing: int | None = None
        self._abandoned = asyncio.Event()

    async def serve(self, receive: Receive, send: Send) -> None:
        """Carry the connection until either side ends it."""
        await send({"type": "websocket.accept"})
        reader = asyncio.ensure_future(self._read(receive))
        writer = asyncio.ensure_future(self._write(send))
        # A client that does not read holds the writer up, so giving it up does not go through the writer.
        abandoned = asyncio.ensure_future(self._abandoned.wait())
        tasks = {reader, writer, abandoned}
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for subscription in self._subscriptions.values():
                self._hub.remove(subscription)
            self._subscriptions.clear()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def close(self, code: int = CLOSE_GOING_AWAY) -> None:
        """End the connection after what waits was sent."""
        self._closing = code
        self._ready.set()

    async def _read(self, receive: Receive) -> None:
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                return
            if message["type"] == "websocket.receive":
                await self._handle(message.get("text") or message.get("bytes") or b"")

    async def _handle(self, raw: str | bytes) -> None:
        # What can not be read, or subscribes, costs the node something too.
        refusal = self._admit()
        try:
            request = parse_request(orjson.loads(raw))
        except orjson.JSONDecodeError as error:
            self._push(failure(None, PARSE_ERROR, f"error unmarshaling request: {error}"))
            return
        except RpcError as error:
            self._push(failure(None, error.code, error.data))
            return
        if request is None:
            return
        if refusal:
            self._push(failure(request.id, SERVER_ERROR, refusal))
            return
        special: dict[str, Callable[[Request], Any]] = {
            "subscribe": self._subscribe,
            "unsubscribe": self._unsubscribe,
            "unsubscribe_all": self._unsubscribe_all,
        }
        handler = special.get(request.method)
        if handler is None:
            self._push(await self._call(request))
            return
        try:
            handler(request)
        except (RpcError, QueryError) as error:
            code = error.code if isinstance(error, RpcError) else INTERNAL_ERROR
            self._push(failure(request.id, code, str(error)))

    def _subscribe(self, request: Request) -> None:
        text = arguments(_QUERY, request.params)[0] or ""
        if text in self._subscriptions:
            raise RpcError(INTERNAL_ERROR, "already subscribed")
        if len(self._subscriptions) >= self._subscriptions_max:
            text = f"max_subscriptions_per_client {self._subscriptions_max} reached"
            raise RpcError(INTERNAL_ERROR, text)
        try:
            query = parse(text)
        except QueryError as error:
            raise RpcError(INTERNAL_ERROR, f"failed to parse query: {error}") from error
        head = b'{"jsonrpc":"2.0","id":' + orjson.dumps(request.id) + b',"result":'
        subscription = Subscription(query, head, self._push_batch, self._client)
        try:
            self._hub.add(subscription)
        except TooMany as error:
            raise RpcError(INTERNAL_ERROR, str(error)) from error
        self._subscriptions[text] = subscription
        self._push(success(request.id, {}))

    def _unsubscribe(self, request: Request) -> None:
        text = arguments(_QUERY, request.params)[0] or ""
        subscription = self._subscriptions.pop(text, None)
        if subscription is None:
            raise RpcError(INTERNAL_ERROR, "subscription not found")
        self._hub.remove(subscription)
        self._push(success(request.id, {}))

    def _unsubscribe_all(self, request: Request) -> None:
        if not self._subscriptions:
            raise RpcError(INTERNAL_ERROR, "subscription not found")
        for subscription in self._subscriptions.values():
            self._hub.remove(subscription)
        self._subscriptions.clear()
        self._push(success(request.id, {}))

    def _push(self, message: bytes) -> None:
        self._push_batch(Batch((message,)))

    def _push_batch(self, batch: Batch) -> None:
        if self._closing is not None:
            return
        behind = bool(self._outbox)
        self._outbox.append(batch)
        self._outbox_messages += batch.count
        self._outbox_bytes += batch.size
        # One block may hold more than the limit; only who has not read the one before is behind.
        if behind and (
            self._outbox_messages > WAITING_MESSAGES_MAX or self._outbox_bytes > WAITING_BYTES_MAX
        ):
            self._outbox.clear()
            self._outbox_messages = self._outbox_bytes = 0
            self._closing = CLOSE_POLICY
            self._abandoned.set()
        self._ready.set()

    async def _write(self, send: Send) -> None:
        while True:
            await self._ready.wait()
            self._ready.clear()
            while self._outbox:
                batch = self._outbox.popleft()
                self._outbox_messages -= batch.count
                self._outbox_bytes -= batch.size
                await self._send(batch, send)
            if self._closing is not None:
                await send({"type": "websocket.close", "code": self._closing})
                return

    async def _send(self, batch: Batch, send: Send) -> None:
        if self._frames:
            await send({"type": FRAMES, "batch": batch})
            return
        for message in batch.messages:
            await send({"type": "websocket.send", "text": message.decode()})
