"""gRPC calls, bounded: what every gRPC listener, the node's and the provider's, puts before its services.

grpc bounds all calls together; without this one client could hold every place there is with streams that never end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import unquote

import grpc
import grpc.aio

from supercloud.clients import client_at
from supercloud.rates import Rates

CALLS_PER_CLIENT_MAX: Final = 100

Told = Callable[[str], None]
"""Is told the status of an answer, by its name in gRPC."""


def client_of(peer: str) -> str:
    """The client behind what grpc calls a peer, such as `ipv4:127.0.0.1:5` and `ipv6:%5B::1%5D:5`."""
    kind, _, place = peer.partition(":")
    if kind not in ("ipv4", "ipv6"):
        return peer
    return client_at(unquote(place.rpartition(":")[0]).strip("[]"))


class CallsPerClient(grpc.aio.ServerInterceptor):  # type: ignore[misc]
    """Refuses (RESOURCE_EXHAUSTED) calls of an address beyond `most` at once or `per_second`; 0 does not count them."""

    def __init__(
        self, most: int = CALLS_PER_CLIENT_MAX, per_second: int = 0, told: Told = lambda status: None
    ) -> None:
        self._most = most
        self._told = told
        self._rates = Rates(per_second)
        self.held: Counter[str] = Counter()
        """Calls now running, by address."""

    async def intercept_service(
        self, continuation: Callable[[Any], Awaitable[Any]], handler_call_details: Any
    ) -> Any:
        """The handler of a call, counted."""
        handler = await continuation(handler_call_details)
        if handler is None or not (self._most or self._rates.per_second):
            return handler
        if handler.request_streaming and handler.response_streaming:
            return _like(grpc.stream_stream_rpc_method_handler, self._stream(handler.stream_stream), handler)
        if handler.response_streaming:
            return _like(grpc.unary_stream_rpc_method_handler, self._stream(handler.unary_stream), handler)
        if handler.request_streaming:
            return _like(grpc.stream_unary_rpc_method_handler, self._answer(handler.stream_unary), handler)
        return _like(grpc.unary_unary_rpc_method_handler, self._answer(handler.unary_unary), handler)

    def _answer(self, behaviour: Callable[[Any, Any], Awaitable[Any]]) -> Any:
        async def counted(request: Any, context: Any) -> Any:
            client = await self._admitted(context)
            with self._holding(client):
                return await behaviour(request, context)

        return counted

    def _stream(self, behaviour: Callable[[Any, Any], AsyncIterator[Any]]) -> Any:
        async def counted(request: Any, context: Any) -> AsyncIterator[Any]:
            client = await self._admitted(context)
            with self._holding(client):
                async for message in behaviour(request, context):
                    yield message

        return counted

    async def _admitted(self, context: Any) -> str:
        """Who calls. Where that is one call too many, raises what ends it."""
        client = client_of(context.peer())
        if self._most and self.held[client] >= self._most:
            await self._refuse(context, f"more than {self._most} calls at once from this address")
        if not self._rates.take(client):
            await self._refuse(context, self._rates.words)
        return client

    async def _refuse(self, context: Any, text: str) -> None:
        self._told(grpc.StatusCode.RESOURCE_EXHAUSTED.name)
        await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, text)

    @contextmanager
    def _holding(self, client: str) -> Iterator[None]:
        self.held[client] += 1
        try:
            yield
        finally:
            self.held[client] -= 1
            if not self.held[client]:
                del self.held[client]


def _like(make: Callable[..., Any], behaviour: Any, handler: Any) -> Any:
    return make(
        behaviour,
        request_deserializer=handler.request_deserializer,
        response_serializer=handler.response_serializer,
    )
