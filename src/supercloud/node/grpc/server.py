"""The gRPC listener: one generic handler over the dispatch table, and server reflection in both its
versions.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import grpc
import grpc.aio

from supercloud.grpc_calls import CALLS_PER_CLIENT_MAX, CallsPerClient, Told
from supercloud.grpc_connections import CONNECTIONS_PER_CLIENT_MAX, OPTIONS, ConnectionsPerClient
from supercloud.node.grpc import reflection
from supercloud.node.grpc.dispatch import Dispatch, Failed, Served
from supercloud.types.errors import INVALID_ARGUMENT

log = logging.getLogger(__name__)

HEIGHT_HEADER = "x-cosmos-block-height"
MESSAGE_BYTES_MAX = 16 * 1024 * 1024
CALLS_MAX = 256
STOP_SECONDS = 2.0

_CODES = {code.value[0]: code for code in grpc.StatusCode}


@dataclass(frozen=True)
class Limits:
    """What clients may ask for; 0 bounds nothing where something is counted by address."""

    message_bytes: int = MESSAGE_BYTES_MAX
    calls: int = CALLS_MAX
    calls_per_client: int = CALLS_PER_CLIENT_MAX
    connections_per_client: int = CONNECTIONS_PER_CLIENT_MAX
    calls_per_s: int = 0
    """Of one address."""


class GrpcServer:
    """A listener over a dispatch table."""

    def __init__(
        self, dispatch: Dispatch, limits: Limits = Limits(), told: Told = lambda status: None
    ) -> None:
        self._connections = ConnectionsPerClient(limits.connections_per_client)
        self._port = 0
        self._server = grpc.aio.server(
            interceptors=[CallsPerClient(limits.calls_per_client, limits.calls_per_s, told)],
            maximum_concurrent_rpcs=limits.calls,
            options=[
                *OPTIONS,
                ("grpc.max_receive_message_length", limits.message_bytes),
                ("grpc.max_send_message_length", limits.message_bytes),
                ("grpc.so_reuseport", 0),
            ],
        )
        names = [service.full_name for service in dispatch.services]
        self._server.add_generic_rpc_handlers([*reflection.handlers(names), _Handler(dispatch, told)])

    def bind(self, address: str) -> int:
        """Take an address, `host:port`; returns the port. Raises RuntimeError."""
        self._port = self._server.add_insecure_port(address)
        return self._port

    async def start(self) -> None:
        """Serve from now on."""
        await self._server.start()
        self._connections.start(self._port)

    async def stop(self) -> None:
        """Let calls finish, then end."""
        await self._connections.stop()
        await self._server.stop(STOP_SECONDS)


class _Handler(grpc.GenericRpcHandler):  # type: ignore[misc]
    """Bytes in, bytes out; types are the dispatch table's business."""

    def __init__(self, dispatch: Dispatch, told: Told) -> None:
        self._dispatch = dispatch
        self._handlers = {
            path: _unary(_answering(dispatch, served, told)) for path, served in dispatch.table.items()
        }
        self._services = {service.full_name for service in dispatch.services}
        self._told = told

    def service(self, details: grpc.HandlerCallDetails) -> Any:
        """The handler of a call."""
        handler = self._handlers.get(details.method)
        if handler is not None:
            return handler
        service, _, method = details.method.strip("/").rpartition("/")
        if service in self._services:
            return _unary(_refusing(f"unknown method {method} for service {service}", self._told))
        return _unary(_refusing(f"unknown service {service}", self._told))


Behaviour = Callable[[bytes, Any], Awaitable[bytes]]


def _unary(behaviour: Behaviour) -> Any:
    return grpc.unary_unary_rpc_method_handler(behaviour)


def _answering(dispatch: Dispatch, served: Served, told: Told) -> Behaviour:
    async def answer(data: bytes, context: Any) -> bytes:
        try:
            response, height = await dispatch.call_bytes(served, data, _height(context))
        except Failed as failure:
            code = _CODES.get(failure.code, grpc.StatusCode.UNKNOWN)
            told(code.name)
            await context.abort(code, _printable(failure.message))
            raise
        except grpc.aio.AbortError:
            raise
        except Exception as error:
            log.exception("query failed", extra={"path": served.path})
            told(grpc.StatusCode.INTERNAL.name)
            text = f"{type(error).__name__}: {error}"
            await context.abort(grpc.StatusCode.INTERNAL, _printable(text))
            raise
        await context.send_initial_metadata(((HEIGHT_HEADER, str(height)),))
        told(grpc.StatusCode.OK.name)
        return response

    return answer


def _refusing(text: str, told: Told) -> Behaviour:
    async def refuse(data: bytes, context: Any) -> bytes:
        told(grpc.StatusCode.UNIMPLEMENTED.name)
        await context.abort(grpc.StatusCode.UNIMPLEMENTED, text)
        raise AssertionError("abort returned")

    return refuse


def _height(context: Any) -> int:
    for key, value in context.invocation_metadata() or ():
        if key == HEIGHT_HEADER:
            try:
                return int(value)
            except ValueError as error:
                text = f"invalid height header {value!r}"
                raise Failed(INVALID_ARGUMENT, text) from error
    return 0


def _printable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
