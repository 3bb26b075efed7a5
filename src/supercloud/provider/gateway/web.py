"""The gateway over HTTPS with tokens: manifest, status, logs, events, shell. Serves whatever satisfies `Agent`.

Certificates of clients are not asked for here: the standard TLS stack can not accept the network's.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, Final, Protocol

import orjson
from aiohttp import WSCloseCode, WSMsgType, web

from supercloud.provider.drivers.base import ExecSession, LogLine, PermanentError, TemporaryError
from supercloud.provider.event import LeaseRef, OrderRef
from supercloud.provider.manifest.service import ManifestRefused
from supercloud.sdk import jwt
from supercloud.sdk.errors import SdkError

BODY_BYTES_MAX: Final = 1024 * 1024
PING_S: Final = 10.0
STDOUT, STDERR, RESULT, FAILURE, STDIN, RESIZE = 100, 101, 102, 103, 104, 105
NO_REPLICAS, NO_LEASE, UNAVAILABLE = 4000, 4001, 4002


class Agent(Protocol):
    """What the gateway asks of the agent."""

    address: str

    async def verify_signature(self, issuer: str, signed: bytes, signature: bytes) -> bool:
        """Whether the issuer's key on the ledger made this signature."""

    async def receive_manifest(self, owner: str, dseq: int, body: bytes) -> None:
        """Take a manifest. Raises ManifestRefused."""

    async def manifest(self, lease: LeaseRef) -> bytes | None:
        """The manifest of a lease as JSON."""

    async def lease_status(self, lease: LeaseRef) -> dict[str, Any] | None:
        """Status of a lease; None when it has no manifest."""

    def logs(
        self, lease: LeaseRef, services: tuple[str, ...], follow: bool, tail: int
    ) -> AsyncIterator[LogLine]:
        """Lines of a lease."""

    def events(
        self, lease: LeaseRef, services: tuple[str, ...], follow: bool
    ) -> AsyncIterator[dict[str, Any]]:
        """Events of a lease."""

    async def shell(
        self, lease: LeaseRef, service: str, replica: int, command: list[str], tty: bool, stdin: bool
    ) -> ExecSession:
        """A command in a replica."""

    def status(self) -> dict[str, Any]:
        """Public status."""

    def version(self) -> dict[str, Any]:
        """Versions."""


class GatewayServer:
    """HTTPS on one port."""

    def __init__(self, agent: Agent, certificate: Path, key: Path, listen: str, port: int) -> None:
        self.port = port
        self._agent = agent
        self._files = (certificate, key)
        self._listen = listen
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Open the port."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.load_cert_chain(*self._files)
        app = web.Application(client_max_size=BODY_BYTES_MAX, middlewares=[self._authenticate])
        lease = r"/lease/{dseq:\d+}/{gseq:\d+}/{oseq:\d+}"
        app.add_routes(
            [
                web.get("/version", self._version),
                web.get("/address", self._address),
                web.get("/status", self._status),
                web.put(r"/deployment/{dseq:\d+}/manifest", self._put_manifest),
                web.get(lease + "/manifest", self._get_manifest),
                web.get(lease + "/status", self._lease_status),
                web.get(lease + "/service/{name}/status", self._service_status),
                web.get(lease + "/logs", self._logs),
                web.get(lease + "/kubeevents", self._events),
                web.get(lease + "/shell", self._shell),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None, keepalive_timeout=30, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, self._listen, self.port, ssl_context=context).start()

    async def stop(self) -> None:
        """Close the port."""
        if self._runner is not None:
            await self._runner.cleanup()

    # --- Who asks

    @web.middleware
    async def _authenticate(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        header = request.headers.get("Authorization")
        if header is not None:
            kind, _, token = header.partition(" ")
            if kind.lower() != "bearer" or not token:
                return _refusal(400, "invalid authorization header")
            try:
                request["access"] = await self._access(token.strip())
            except jwt.TokenInvalid:
                return _refusal(401, "JWT is invalid")
            except jwt.ClaimsInvalid:
                return _refusal(400, "JWT has invalid claims")
        try:
            return await handler(request)
        except _Unauthorized:
            return _refusal(401, "unauthorized access")
        except TemporaryError as error:
            return web.Response(status=503, text=f"{error}\n")
        except SdkError as error:
            return web.Response(status=500, text=f"{error}\n")

    async def _access(self, token: str) -> jwt.Access:
        claims, signed, signature = jwt.parse(token)
        jwt.check_claims(claims, int(time.time()))
        if not await self._agent.verify_signature(claims["iss"], signed, signature):
            raise jwt.TokenInvalid("signature does not match the issuer's key")
        return jwt.Access(claims, self._agent.address)

    def _lease(self, request: web.Request, scope: str | None, service: str | None = None) -> LeaseRef:
        """The lease of the path, which is always the token's issuer's own. Raises _Unauthorized."""
        access: jwt.Access | None = request.get("access")
        dseq, gseq, oseq = (int(request.match_info[name]) for name in ("dseq", "gseq", "oseq"))
        if access is None or not access.allows(scope, dseq, gseq, oseq, service):
            raise _Unauthorized
        return LeaseRef(OrderRef(access.issuer, dseq, gseq, oseq), self._agent.address)

    # --- Answers

    async def _version(self, request: web.Request) -> web.Response:
        return _json(self._agent.version())

    async def _address(self, request: web.Request) -> web.Response:
        return _json({"address": self._agent.address})

    async def _status(self, request: web.Request) -> web.Response:
        return _json(self._agent.status())

    async def _put_manifest(self, request: web.Request) -> web.Response:
        access: jwt.Access | None = request.get("access")
        dseq = int(request.match_info["dseq"])
        if access is None or not access.allows("send-manifest", dseq):
            raise _Unauthorized
        try:
            await self._agent.receive_manifest(access.issuer, dseq, await request.read())
        except ManifestRefused as refused:
            return web.Response(status=refused.status, text=refused.text + "\n")
        return web.Response(status=200)

    async def _get_manifest(self, request: web.Request) -> web.Response:
        found = await self._agent.manifest(self._lease(request, "get-manifest"))
        if found is None:
            return web.Response(status=404, text="lease not found\n")
        return web.Response(body=found, content_type="application/json")

    async def _lease_status(self, request: web.Request) -> web.Response:
        found = await self._agent.lease_status(self._lease(request, "status"))
        return web.Response(status=404) if found is None else _json(found)

    async def _service_status(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        found = await self._agent.lease_status(self._lease(request, None, name))
        service = (found or {}).get("services", {}).get(name)
        return (
            web.Response(status=404, text="kube: no service for lease\n")
            if service is None
            else _json(service)
        )

    # --- Streams

    async def _logs(self, request: web.Request) -> web.StreamResponse:
        services = _services(request)
        lease = self._lease(request, "logs")
        try:
            tail = int(request.query.get("tail", "-1"))
        except ValueError:
            tail = -2
        if tail < -1 or services is None:
            return web.Response(status=400, text="bad tail or service\n")

        async def lines() -> AsyncIterator[bytes]:
            async for line in self._agent.logs(lease, services, _flag(request, "follow"), tail):
                yield orjson.dumps({"name": line.replica, "message": line.text})

        return await self._stream(request, lines())

    async def _events(self, request: web.Request) -> web.StreamResponse:
        services = _services(request)
        lease = self._lease(request, "events")
        if services is None:
            return web.Response(status=400, text="bad service\n")

        async def items() -> AsyncIterator[bytes]:
            async for item in self._agent.events(lease, services, _flag(request, "follow")):
                yield orjson.dumps(item)

        return await self._stream(request, items())

    async def _stream(self, request: web.Request, items: AsyncIterator[bytes]) -> web.StreamResponse:
        """Send items until they end or the client goes; a client that does not read is cut off by the ping."""
        if request.headers.get("Origin"):
            return web.Response(status=403)
        socket = web.WebSocketResponse(heartbeat=PING_S)
        await socket.prepare(request)
        code: int = WSCloseCode.OK
        gone = asyncio.ensure_future(_until_closed(socket))
        sending = asyncio.ensure_future(_send_all(socket, items))
        try:
            await asyncio.wait({gone, sending}, return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                sending.result()
        except TemporaryError:
            code = UNAVAILABLE
        except PermanentError:
            code = NO_REPLICAS
        finally:
            for task in (gone, sending):
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError, Exception):
                    await task
            await socket.close(code=code)
        return socket

    async def _shell(self, request: web.Request) -> web.StreamResponse:
        query = request.query
        service = query.get("service", "")
        lease = self._lease(request, "shell", service or None)
        command: list[str] = []
        while query.get(f"cmd{len(command)}"):
            command.append(query[f"cmd{len(command)}"])
        replica = query.get("podIndex", "")
        if not (
            service
            and command
            and replica.isdigit()
            and query.get("tty") in ("0", "1")
            and query.get("stdin") in ("0", "1")
        ):
            return web.Response(status=400)
        socket = web.WebSocketResponse(heartbeat=PING_S)
        await socket.prepare(request)
        tty, stdin = query["tty"] == "1", query["stdin"] == "1"
        try:
            session = await self._agent.shell(lease, service, int(replica), command, tty, stdin)
        except PermanentError as error:
            message = {"exit_code": 0, "message": f"remote command execute error: {error}"}
            await socket.send_bytes(bytes([RESULT]) + orjson.dumps(message))
        except TemporaryError:
            await socket.send_bytes(bytes([FAILURE]))
        else:
            await _carry(socket, session, stdin)
        await socket.close()
        return socket


class _Unauthorized(Exception):
    """The token does not allow this."""


async def _send_all(socket: web.WebSocketResponse, items: AsyncIterator[bytes]) -> None:
    async for item in items:
        await socket.send_str(item.decode())


async def _until_closed(socket: web.WebSocketResponse) -> None:
    async for message in socket:
        if message.type in (WSMsgType.CLOSE, WSMsgType.ERROR):
            return


async def _carry(socket: web.WebSocketResponse, session: ExecSession, stdin: bool) -> None:
    """Bytes both ways until the command ends or the client goes."""

    async def read_client() -> None:
        async for message in socket:
            if message.type is not WSMsgType.BINARY or not message.data:
                continue
            kind, data = message.data[0], message.data[1:]
            if kind == STDIN and stdin:
                await session.write(data)
            elif kind == RESIZE and len(data) == 4:
                await session.resize(int.from_bytes(data[:2], "big"), int.from_bytes(data[2:], "big"))

    async def write_client() -> None:
        async for stream, data in session.output():
            await socket.send_bytes(bytes([STDERR if stream == 2 else STDOUT]) + data)
        result = {"exit_code": await session.exit_code()}
        await socket.send_bytes(bytes([RESULT]) + orjson.dumps(result))

    reading, writing = asyncio.ensure_future(read_client()), asyncio.ensure_future(write_client())
    try:
        await asyncio.wait({reading, writing}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (reading, writing):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await task
        await session.close()


def _services(request: web.Request) -> tuple[str, ...] | None:
    """Services of the query; None when the list is malformed."""
    text = request.query.get("service", "")
    if not text:
        return ()
    names = tuple(text.split(","))
    return names if all(names) else None


def _flag(request: web.Request, name: str) -> bool:
    return request.query.get(name, "").lower() in ("1", "t", "true")


def _json(document: Any) -> web.Response:
    return web.Response(body=orjson.dumps(document), content_type="application/json")


def _refusal(status: int, text: str) -> web.Response:
    return web.Response(status=status, body=orjson.dumps({"message": text}), content_type="application/json")
