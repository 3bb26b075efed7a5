"""Routes from message types and query paths to the module functions that serve them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from google.protobuf import message_factory

from supercloud.types.errors import UnknownRequest

if TYPE_CHECKING:
    from google.protobuf.descriptor import ServiceDescriptor
    from google.protobuf.message import Message

    from supercloud.chain.baseapp.context import Context

M = TypeVar("M", bound="Message")

# A message may carry messages (MsgExec, proposals); deeper nesting than this is refused.
NESTING_MAX = 6

_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


class MessageRoute(NamedTuple):
    """How one message type is checked and executed."""

    type_url: str
    message_type: type[Message]
    handler: Callable[[Context, Any], Message]
    validate: Callable[[Context, Any], None]
    signers: Callable[[Any], tuple[str, ...]]
    module: str


class QueryRoute(NamedTuple):
    """How one query is served."""

    path: str
    request_type: type[Message]
    handler: Callable[[Context, Any], Message]


def _accept(ctx: Context, message: Any) -> None:
    """The check of messages that have none."""


class Router:
    """The table of everything the application answers to. Filled once at start-up."""

    def __init__(self) -> None:
        self.messages: dict[str, MessageRoute] = {}
        self.query_handlers: dict[str, QueryRoute] = {}
        self.services: list[ServiceDescriptor] = []
        self._by_type: dict[type[Message], MessageRoute] = {}

    def message(
        self,
        message_type: type[M],
        handler: Callable[[Context, M], Message],
        *,
        signers: Callable[[M], tuple[str, ...]],
        validate: Callable[[Context, M], None] | None = None,
    ) -> None:
        """Register a message: `validate` is stateless, `signers` gives the addresses that must sign."""
        name = message_type.DESCRIPTOR.full_name
        type_url = "/" + name
        if type_url in self.messages:
            raise ValueError(f"message {name} is registered twice")
        # The second word of the package names the module in events: cosmos.bank.v1beta1 -> bank.
        words = name.split(".")
        module = words[1] if len(words) > 1 else ""
        route = MessageRoute(type_url, message_type, handler, validate or _accept, signers, module)
        self.messages[type_url] = route
        self._by_type[message_type] = route

    def query(self, service: ServiceDescriptor, server: object, *, without: tuple[str, ...] = ()) -> None:
        """Register a query service: each rpc is a snake_case method `(ctx, request) -> response`.

        Rpcs in `without` are not served; any other rpc without a method is a programming error.
        """
        for method in service.methods:
            if method.name in without:
                continue
            handler = getattr(server, snake_case(method.name), None)
            if handler is None:
                raise ValueError(f"{type(server).__name__} does not serve {service.full_name}/{method.name}")
            path = f"/{service.full_name}/{method.name}"
            request_type = message_factory.GetMessageClass(method.input_type)
            self.query_handlers[path] = QueryRoute(path, request_type, handler)
        self.services.append(service)

    def route(self, message: Message) -> MessageRoute:
        """The route of a decoded message; sdk 6 when no module handles its type."""
        route = self._by_type.get(type(message))
        if route is None:
            raise UnknownRequest(f"no message handler found for /{message.DESCRIPTOR.full_name}")
        return route

    def signers(self, message: Message) -> tuple[str, ...]:
        """Bech32 addresses that must sign the message."""
        return self.route(message).signers(message)

    def invoke(self, ctx: Context, message: Message) -> Message:
        """Validate and execute a message carried inside another one. Authorisation is the caller's duty."""
        if ctx.depth >= NESTING_MAX:
            raise UnknownRequest(f"messages nested deeper than {NESTING_MAX}")
        route = self.route(message)
        ctx.depth += 1
        try:
            route.validate(ctx, message)
            return route.handler(ctx, message)
        finally:
            ctx.depth -= 1


def snake_case(name: str) -> str:
    """`DenomsMetadataByID` -> `denoms_metadata_by_id`."""
    return _WORD_START.sub("_", name).lower()


def signer_field(*path: str) -> Callable[[Any], tuple[str, ...]]:
    """A `signers` function that reads one field: `signer_field("id", "owner")`."""
    if len(path) == 1:
        name = path[0]
        return lambda message: (getattr(message, name),)

    def read(message: Any) -> tuple[str, ...]:
        for name in path:
            message = getattr(message, name)
        return (message,)

    return read
