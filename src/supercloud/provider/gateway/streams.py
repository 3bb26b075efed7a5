"""The gateway's WebSockets: logs, events and shells."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from typing import Final
from urllib.parse import urlsplit

import orjson
from aiohttp import WSCloseCode, WSMsgType, web

from supercloud.provider.drivers.base import DriverError, ExecSession, PermanentError, TemporaryError
from supercloud.provider.event import LeaseRef
from supercloud.provider.gateway.access import Gatekeeper
from supercloud.provider.gateway.agent import Agent, LeaseUnknown
from supercloud.provider.gateway.answers import Refused

log = logging.getLogger(__name__)

PING_S: Final = 10.0
"""A client has half of that again to answer a ping."""
FRAME_BYTES_MAX: Final = 1024 * 1024
STREAMS_PER_TENANT: Final = 64
SERVICES_MAX: Final = 64
STDOUT, STDERR, RESULT, FAILURE, STDIN, RESIZE = 100, 101, 102, 103, 104, 105
INTERNAL, NO_LEASE, UNAVAILABLE = 4000, 4001, 4002
_TRUE: Final = frozenset({"1", "t", "T", "true", "TRUE", "True"})
_FALSE: Final = frozenset({"0", "f", "F", "false", "FALSE", "False"})


class Streams:
    """The handlers of the three routes."""

    def __init__(self, agent: Agent, gatekeeper: Gatekeeper) -> None:
        self._agent = agent
        self._gatekeeper = gatekeeper
        self._running: Counter[str] = Counter()

    async def logs(self, request: web.Request) -> web.StreamResponse:
        """Lines as `{"name": replica, "message": line}`."""
        lease = self._gatekeeper.lease(request, "logs")
        services, follow, tail = _services(request), _flag(request, "follow"), _tail(request)
        services = await self._visible(request, "logs", lease, services)

        async def lines() -> AsyncIterator[bytes]:
            async for line in self._agent.logs(lease, services, follow, tail):
                yield orjson.dumps({"name": line.replica, "message": line.text})

        return await self._stream(request, lease, lines())

    async def events(self, request: web.Request) -> web.StreamResponse:
        """What happened to containers."""
        lease = self._gatekeeper.lease(request, "events")
        services, follow = _services(request), _flag(request, "follow")
        services = await self._visible(request, "events", lease, services)

        async def items() -> AsyncIterator[bytes]:
            async for item in self._agent.events(lease, services, follow):
                yield orjson.dumps(item)

        return await self._stream(request, lease, items())

    async def _visible(
        self, request: web.Request, scope: str, lease: LeaseRef, services: tuple[str, ...]
    ) -> tuple[str, ...]:
        """The services to show. A token for some does not open the others. Raises Refused."""
        if services:
            for service in services:
                self._gatekeeper.lease(request, scope, service)
            return services
        if self._gatekeeper.opens(scope, lease, ""):
            return ()
        known = (await self._agent.lease_status(lease) or {}).get("services", ())
        return tuple(name for name in known if self._gatekeeper.opens(scope, lease, name)) or ("",)

    async def _stream(
        self, request: web.Request, lease: LeaseRef, items: AsyncIterator[bytes]
    ) -> web.StreamResponse:
        """Send items until they end or the client goes; a client that does not read is cut off by the ping."""
        _check_origin(request)
        with self._counted(lease.order.owner):
            socket = _socket()
            await socket.prepare(request)
            code, reason = await _send(socket, items)
            await socket.close(code=code, message=reason.encode()[:120])
        return socket

    async def shell(self, request: web.Request) -> web.StreamResponse:
        """A command in a replica: bytes both ways, each frame led by its kind."""
        query = request.query
        service, replica = query.get("service", ""), query.get("podIndex", "")
        lease = self._gatekeeper.lease(request, "shell", service or None)
        command: list[str] = []
        while query.get(f"cmd{len(command)}"):
            command.append(query[f"cmd{len(command)}"])
        flags = query.get("tty"), query.get("stdin")
        if not (service and command and all(flag in ("0", "1") for flag in flags) and _is_index(replica)):
            raise Refused(400, "", json=False)
        _check_origin(request)
        tty, stdin = (flag == "1" for flag in flags)
        with self._counted(lease.order.owner):
            socket = _socket()
            await socket.prepare(request)
            try:
                session = await self._agent.shell(lease, service, int(replica), command, tty, stdin)
            except LeaseUnknown:
                await _send_problem(socket, "deployment is not yet active")
            except PermanentError as error:
                await _send_problem(socket, str(error))
            except Exception as error:
                if not isinstance(error, DriverError):
                    log.exception("shell failed")
                await socket.send_bytes(bytes([FAILURE]))
            else:
                await _carry(socket, session, tty, stdin)
            await socket.close()
        return socket

    @contextlib.contextmanager
    def _counted(self, owner: str) -> Iterator[None]:
        if self._running[owner] >= STREAMS_PER_TENANT:
            raise Refused(503, f"{STREAMS_PER_TENANT} streams are open already", json=False)
        self._running[owner] += 1
        try:
            yield
        finally:
            self._running[owner] -= 1
            if not self._running[owner]:
                del self._running[owner]


def _socket() -> web.WebSocketResponse:
    return web.WebSocketResponse(heartbeat=PING_S, max_msg_size=FRAME_BYTES_MAX, compress=False)


async def _send(socket: web.WebSocketResponse, items: AsyncIterator[bytes]) -> tuple[int, str]:
    """Send all items; returns the code and reason to close with."""

    async def send_all() -> None:
        async for item in items:
            await socket.send_str(item.decode())

    gone = asyncio.ensure_future(_until_closed(socket))
    sending = asyncio.ensure_future(send_all())
    try:
        await asyncio.wait({gone, sending}, return_when=asyncio.FIRST_COMPLETED)
        if sending.done():
            sending.result()
    except ConnectionError:
        pass
    except LeaseUnknown:
        return NO_LEASE, "lease not found"
    except TemporaryError as error:
        return UNAVAILABLE, str(error)
    except PermanentError as error:
        return INTERNAL, str(error)
    except Exception:
        log.exception("stream failed")
        return INTERNAL, "internal error"
    finally:
        await _cancel(gone, sending)
    return WSCloseCode.OK, ""


async def _until_closed(socket: web.WebSocketResponse) -> None:
    async for _ in socket:
        pass


async def _send_problem(socket: web.WebSocketResponse, text: str) -> None:
    document = {"exit_code": 0, "message": f"remote command execute error: {text}"}
    await socket.send_bytes(bytes([RESULT]) + orjson.dumps(document))


async def _carry(socket: web.WebSocketResponse, session: ExecSession, tty: bool, stdin: bool) -> None:
    """Bytes both ways until the command ends or the client goes."""

    async def read_client() -> None:
        async for message in socket:
            if message.type is not WSMsgType.BINARY or not message.data or not stdin:
                continue
            kind, data = message.data[0], message.data[1:]
            if kind == STDIN:
                await (session.write(data) if data else session.close_stdin())
            elif kind == RESIZE and tty and len(data) == 4:
                await session.resize(int.from_bytes(data[:2], "big"), int.from_bytes(data[2:], "big"))

    async def write_client() -> None:
        async for stream, data in session.output():
            await socket.send_bytes(bytes([STDERR if stream == 2 else STDOUT]) + data)
        result = {"exit_code": await session.exit_code()}
        await socket.send_bytes(bytes([RESULT]) + orjson.dumps(result))

    reading, writing = asyncio.ensure_future(read_client()), asyncio.ensure_future(write_client())
    try:
        await asyncio.wait({reading, writing}, return_when=asyncio.FIRST_COMPLETED)
        if not writing.done() and reading.exception() is not None:
            # The command's input is closed, which is no reason to withhold its output.
            await writing
        if writing.done() and isinstance(writing.exception(), DriverError):
            await socket.send_bytes(bytes([FAILURE]))
    except (DriverError, ConnectionError):
        pass
    finally:
        await _cancel(reading, writing)
        await session.close()


async def _cancel(*tasks: asyncio.Future[None]) -> None:
    for task in tasks:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await task


def _check_origin(request: web.Request) -> None:
    """Browsers send an Origin; a page of another site may not open a socket with the visitor's certificate."""
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc.lower() != request.host.lower():
        raise Refused(403, "", json=False)


def _services(request: web.Request) -> tuple[str, ...]:
    """Services of the query. Raises Refused when the list is malformed."""
    text = request.query.get("service", "")
    names = tuple(text.split(",")) if text else ()
    if not all(names) or len(names) > SERVICES_MAX:
        raise Refused(400, "parameter service must be a list of names with commas between them", json=False)
    return names


def _tail(request: web.Request) -> int:
    text = request.query.get("tail", "") or "-1"
    if text == "-1":
        return -1
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise Refused(400, "parameter tail must be a number of lines, or -1 for all", json=False)
    return int(text)


def _flag(request: web.Request, name: str) -> bool:
    text = request.query.get(name, "") or "false"
    if text not in _TRUE and text not in _FALSE:
        raise Refused(400, f"parameter {name} must be true or false", json=False)
    return text in _TRUE


def _is_index(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 6
