"""The doors of a node over its view: RPC, REST and gRPC."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

import uvicorn

from supercloud.node.config import Config, ConfigError, split_address
from supercloud.node.connections import BoundedHttp, bounded
from supercloud.node.doors.alongside import Alongside
from supercloud.node.doors.indexing import Indexing
from supercloud.node.engine.embedded import EngineError
from supercloud.node.engine.ports import Listener
from supercloud.node.grpc.asgi import CrossOrigin
from supercloud.node.grpc.readiness import Readiness
from supercloud.node.grpc.server import GrpcServer
from supercloud.node.grpc.server import Limits as GrpcLimits
from supercloud.node.grpc.services import make_dispatch
from supercloud.node.grpc.view import View
from supercloud.node.metrics import Metrics
from supercloud.node.rest.server import Limits as RestLimits
from supercloud.node.rest.server import RestServer
from supercloud.node.rpc.frames import FramesProtocol
from supercloud.node.rpc.server import Limits as RpcLimits
from supercloud.node.rpc.server import RpcServer
from supercloud.node.rpc.subscriptions import Hub

STOP_SECONDS = 3


class Addresses(NamedTuple):
    """Where the doors are, once open; a port of 0 in the settings takes a free one."""

    rpc_url: str = ""
    rest_url: str = ""
    grpc_address: str = ""


class Ports(NamedTuple):
    """Bound sockets of the doors that take them; None is bound when the door opens, or the door stays shut."""

    rpc: socket.socket | None = None
    rest: socket.socket | None = None

    @classmethod
    def of(cls, config: Config) -> Ports:
        """Take the ports that the settings name. Raises ConfigError."""
        return cls(
            bind(config.rpc.listen) if config.rpc.listen else None,
            bind(config.rest.listen) if config.rest.listen else None,
        )

    def close(self) -> None:
        """Let the ports go."""
        for bound in self:
            if bound is not None:
                bound.close()


class Doors:
    """RPC, REST and gRPC of a node. Of a block `indexing` is to be told first: who hears of it may look it up."""

    def __init__(self, view: View, config: Config, metrics: Metrics) -> None:
        self._view = view
        self._config = config
        self._metrics = metrics
        self._hub = Hub(config.rpc.subscriptions_per_client)
        self._http = HttpServers(config.rpc.body_bytes)
        self._rpc: RpcServer | None = None
        self._grpc: GrpcServer | None = None
        kept = config.engine.blocks_kept
        # A database that does not answer must hold neither blocks nor doors up.
        indexing = Indexing(view.index, kept, view.history.again())
        self._apart = Alongside(indexing) if view.index.far else None
        self.indexing: Listener = self._apart or indexing
        self.hearing: list[Listener] = [view.waiting, self._hub]

    @property
    def listeners(self) -> list[Listener]:
        """All who are to be told of a block, in this order."""
        return [self.indexing, *self.hearing]

    async def open(self, ports: Ports) -> Addresses:
        """Answer from now on. Raises on anything that prevents it."""
        config = self._config
        dispatch = make_dispatch(self._view)
        rpc_url = rest_url = grpc_address = ""
        if ports.rpc is not None:
            self._rpc = self._make_rpc(dispatch)
            counted = self._metrics.counted("rpc", self._rpc)
            rpc_url = await self._http.serve(
                counted,
                ports.rpc,
                config.rpc.connections,
                config.rpc.keep_alive_s,
                http=bounded(config.rpc.connections_per_client, config.rpc.body_s),
            )
        if ports.rest is not None:
            rest = config.rest
            bounds = RestLimits(rest.body_bytes, rest.body_s, rest.requests_per_s)
            version = self._view.identity.version
            door = RestServer(dispatch, bounds, CrossOrigin(rest.cors_origins), version)
            counted = self._metrics.counted("rest", door)
            http = bounded(rest.connections_per_client, rest.body_s)
            rest_url = await self._http.serve(
                counted, ports.rest, rest.connections, rest.keep_alive_s, http=http
            )
        if config.grpc.listen:
            host, _ = split_address(config.grpc.listen)
            grpc = config.grpc
            allowed = GrpcLimits(
                grpc.message_bytes,
                grpc.calls,
                grpc.calls_per_client,
                grpc.connections_per_client,
                grpc.calls_per_s,
            )
            told = partial(self._metrics.answered, "grpc")
            self._grpc = GrpcServer(dispatch, allowed, told)
            grpc_address = f"{host}:{self._grpc.bind(config.grpc.listen)}"
            await self._grpc.start()
        return Addresses(rpc_url, rest_url, grpc_address)

    async def close(self) -> None:
        """Let calls finish, then end."""
        if self._rpc is not None:
            self._rpc.close()
        self._http.stop()
        if self._grpc is not None:
            await self._grpc.stop()
            self._grpc = None
        await self._http.stopped()
        if self._apart is not None:
            await asyncio.to_thread(self._apart.close)

    def _make_rpc(self, dispatch: Any) -> RpcServer:
        rpc = self._config.rpc
        limits = RpcLimits(
            body_bytes=rpc.body_bytes,
            body_s=rpc.body_s,
            batch=rpc.batch,
            sockets=max(rpc.connections // 2, 1),
            sockets_per_client=rpc.sockets_per_client,
            subscriptions_per_socket=rpc.subscriptions_per_socket,
            commit_s=rpc.commit_s,
            requests_per_s=rpc.requests_per_s,
        )
        readiness = Readiness(self._view, self._view.live, self._config.node.ready_age_s)
        return RpcServer(self._view, dispatch, self._hub, limits, CrossOrigin(rpc.cors_origins), readiness)


class HttpServers:
    """ASGI applications on ports of their own, in one event loop."""

    def __init__(self, socket_bytes: int) -> None:
        self._socket_bytes = socket_bytes
        self._running: list[tuple[_Uvicorn, asyncio.Task[None]]] = []

    async def serve(
        self,
        app: Any,
        bound: socket.socket,
        connections: int,
        keep_alive_s: int = 60,
        http: type[BoundedHttp] | None = None,
    ) -> str:
        """Serve an application on a bound socket; returns its URL.

        `http` is the class of its connections; without one a client may hold half of all.
        """
        server = _Uvicorn(
            uvicorn.Config(
                app,
                http=http or bounded(max(connections // 2, 1)),
                ws=FramesProtocol,
                ws_max_size=self._socket_bytes,
                ws_per_message_deflate=False,
                lifespan="off",
                log_config=None,
                log_level="warning",
                access_log=False,
                server_header=False,
                date_header=False,
                proxy_headers=False,
                limit_concurrency=connections,
                timeout_keep_alive=keep_alive_s,
                timeout_graceful_shutdown=STOP_SECONDS,
            )
        )
        host, port = bound.getsockname()[:2]
        task = asyncio.create_task(server.serve(sockets=[bound]), name=f"serve {host}:{port}")
        self._running.append((server, task))
        while not server.started:
            if task.done():
                await task
                raise EngineError(f"nothing serves {host}:{port}")
            await asyncio.sleep(0.005)
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def stop(self) -> None:
        """Take no more requests."""
        for server, _ in self._running:
            server.should_exit = True

    async def stopped(self) -> None:
        """Wait until all have ended."""
        await asyncio.gather(*(task for _, task in self._running), return_exceptions=True)
        self._running.clear()


class _Uvicorn(uvicorn.Server):
    """uvicorn without its own signal handling: one process holds several servers."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def bind(listen: str) -> socket.socket:
    """Take a port. Raises ConfigError."""
    host, port = split_address(listen)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        bound = socket.create_server((host, port), family=family, backlog=1024)
    except OSError as error:
        raise ConfigError(f"cannot listen on {listen}: {error.strerror}") from error
    # Accepted connections inherit it. Without it an answer's body waits 40 ms for the client to acknowledge its head.
    bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return bound
