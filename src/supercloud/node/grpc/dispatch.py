"""One table of every query that the node answers: those of the state machine and those of the node itself.

gRPC, REST and `abci_query` all come through here, so a query answers alike whichever door it came in by.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

from google.protobuf import message_factory
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import DecodeError, Message

from supercloud.chain.app import SupercloudApp
from supercloud.chain.baseapp.queries import BROADCAST_PATH, SIMULATE_PATH
from supercloud.chain.baseapp.router import snake_case
from supercloud.chain.baseapp.status import abci_failure, grpc_status
from supercloud.chain.store.backend import HeightUnavailable
from supercloud.node.live import Live, needs_live
from supercloud.pb.tendermint.abci import types_pb2 as abci
from supercloud.types.errors import INTERNAL, INVALID_ARGUMENT, NOT_FOUND, ChainError

UNAVAILABLE = 14

# ABCI answers these in its own way.
_OF_ABCI = frozenset((BROADCAST_PATH, SIMULATE_PATH))

Handler = Callable[[Any, int], Message | Awaitable[Message]]


class Failed(Exception):
    """A query's refusal: a gRPC status."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Served(NamedTuple):
    """A method that is served."""

    path: str
    descriptor: MethodDescriptor
    request_type: type[Message]
    response_type: type[Message]
    handler: Handler
    of_node: bool
    """Answered by the node rather than by a height of the state."""


class Answer(NamedTuple):
    """A response and the height that it speaks of."""

    response: Message
    height: int


class Dispatch:
    """The table and the way through it. `servers` are the node's own services."""

    def __init__(self, app: SupercloudApp, live: Live, servers: Mapping[ServiceDescriptor, object]) -> None:
        self._app = app
        self._live = live
        self.table: dict[str, Served] = {}
        self.services: list[ServiceDescriptor] = []
        for service in app.router.services:
            self._add_service(service, self._of_state, False)
        for service, server in servers.items():
            self._add_service(service, partial(_of_server, server), True)

    def _add_service(
        self, service: ServiceDescriptor, find: Callable[[str], Handler | None], of_node: bool
    ) -> None:
        self.services.append(service)
        for method in service.methods:
            path = f"/{service.full_name}/{method.name}"
            handler = find(path)
            if handler is None:
                continue
            self.table[path] = Served(
                path,
                method,
                message_factory.GetMessageClass(method.input_type),
                message_factory.GetMessageClass(method.output_type),
                handler,
                of_node,
            )

    def _of_state(self, path: str) -> Handler | None:
        route = self._app.router.query_handlers.get(path)
        if route is None:
            return None
        handler = route.handler

        def answer(request: Any, height: int) -> Message:
            return handler(self._app.query_context(height), request)

        return answer

    async def call(self, served: Served, request: Message, height: int = 0) -> Answer:
        """Answer a query at a height (0: the last committed one). Raises Failed."""
        last = self._app.store.height
        if height < 0:
            raise Failed(INVALID_ARGUMENT, "height must not be negative")
        if height > last:
            text = f"cannot query with height in the future; last committed height is {last}"
            raise Failed(INVALID_ARGUMENT, text)
        if not last and not served.of_node:
            raise Failed(UNAVAILABLE, "the node is not ready; please wait for first block")
        try:
            found = served.handler(request, height)
            response = await found if inspect.isawaitable(found) else found
        except ChainError as error:
            raise Failed(*grpc_status(error)) from error
        except HeightUnavailable as error:
            raise Failed(NOT_FOUND, f"failed to load state at height {height}; {error}") from error
        return Answer(response, height or last)

    async def query(self, request: abci.RequestQuery) -> abci.ResponseQuery:
        """Answer an ABCI query: of the state machine, or of a service of the node. Failures are answers
        too.
        """
        served = self.table.get(request.path)
        if served is None or not served.of_node or request.path in _OF_ABCI:
            return await self._live.query(request) if needs_live(request) else self._app.query(request)
        last = self._app.store.height
        try:
            found = served.handler(served.request_type.FromString(request.data), request.height)
            response = await found if inspect.isawaitable(found) else found
        except (ChainError, DecodeError) as error:
            codespace, code, log = abci_failure(error)
            return abci.ResponseQuery(codespace=codespace, code=code, log=log, height=last)
        return abci.ResponseQuery(value=response.SerializeToString(deterministic=True), height=last)

    async def call_bytes(self, served: Served, data: bytes, height: int = 0) -> tuple[bytes, int]:
        """The same with serialised messages. Raises Failed."""
        try:
            request = served.request_type.FromString(data)
        except DecodeError as error:
            raise Failed(INTERNAL, f"the request cannot be decoded: {error}") from error
        answer = await self.call(served, request, height)
        return answer.response.SerializeToString(deterministic=True), answer.height


def _of_server(server: object, path: str) -> Handler | None:
    return getattr(server, snake_case(path.rpartition("/")[2]), None)
