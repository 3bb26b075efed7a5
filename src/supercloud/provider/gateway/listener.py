"""The gateway's port: how many connections, how long a handshake may take, and who is let through to HTTP."""

from __future__ import annotations

import asyncio
import datetime
import logging
from collections import Counter
from collections.abc import Callable
from typing import Any, Final, NamedTuple, cast

from supercloud.clients import client_at
from supercloud.provider.gateway.certificates import CertificateRefused, owner_of
from supercloud.provider.gateway.ledger import Ledger
from supercloud.provider.gateway.tls import PeerTls, ServerTls

log = logging.getLogger(__name__)

EARLY_BYTES_MAX: Final = 256 * 1024
GOODBYE_S: Final = 2.0


class Limits(NamedTuple):
    """Bounds of the listener; seconds where times."""

    connections: int = 2048
    connections_per_client: int = 256
    handshake_s: float = 10.0
    first_request_s: float = 30.0


class Listener:
    """Accepts connections, finds out who they are, and hands them to protocols made by `http`."""

    def __init__(
        self, context: ServerTls, ledger: Ledger, http: Callable[[], asyncio.Protocol], limits: Limits
    ) -> None:
        self.context = context
        self.ledger = ledger
        self.http = http
        self.limits = limits
        self.open = 0
        self.per_client: Counter[str] = Counter()
        self.tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self, host: str, port: int) -> int:
        """Open the port; returns its number, which the system chooses when `port` is 0."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Connection(self), host, port, backlog=256)
        number: int = self._server.sockets[0].getsockname()[1]
        return number

    async def stop(self) -> None:
        """Close the port; connections that reached HTTP are HTTP's to end."""
        if self._server is not None:
            self._server.close()
        for task in list(self.tasks):
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    def admit(self, client: str) -> bool:
        """Count a connection in, unless there are too many."""
        if (
            self.open >= self.limits.connections
            or self.per_client[client] >= self.limits.connections_per_client
        ):
            return False
        self.open += 1
        self.per_client[client] += 1
        return True

    def leave(self, client: str) -> None:
        """Count it out."""
        self.open -= 1
        self.per_client[client] -= 1
        if not self.per_client[client]:
            del self.per_client[client]


class _Connection(asyncio.Protocol):
    """Stands between TLS and HTTP until the client is known, then passes everything on."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._client = ""
        self._admitted = False
        self._http: asyncio.Protocol | None = None
        self._tls: asyncio.Transport | None = None
        self._early: list[bytes] = []
        self._ended = False
        self._gone = asyncio.Event()
        self._silence: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Transports of uvloop are no subclasses of asyncio's.
        transport = cast(asyncio.Transport, transport)
        transport.pause_reading()
        peer = transport.get_extra_info("peername")
        client = client_at(str(peer[0])) if peer else ""
        if not self._listener.admit(client):
            self._ended = True
            transport.abort()
            return
        self._client, self._admitted = client, True
        task = asyncio.ensure_future(self._open(transport))
        self._listener.tasks.add(task)
        task.add_done_callback(self._listener.tasks.discard)

    async def _open(self, plain: asyncio.Transport) -> None:
        try:
            transport = await self._handshake(plain)
            if transport is not None and await self._welcome(plain, transport):
                self._hand_over(transport)
        except Exception:
            log.exception("connection failed")
            plain.abort()
        finally:
            if self._http is None:
                plain.abort()
                self._leave()

    async def _handshake(self, plain: asyncio.Transport) -> asyncio.Transport | None:
        # uvloop begins to read after connection_made, whatever was asked for in it: a quick client's first bytes
        # are here already.
        early, self._early = b"".join(self._early), []
        context = self._listener.context
        try:
            return await asyncio.get_running_loop().start_tls(
                plain,
                self,
                context.after(early) if early else context,
                server_side=True,
                ssl_handshake_timeout=self._listener.limits.handshake_s,
                ssl_shutdown_timeout=GOODBYE_S,
            )
        except OSError as error:
            log.debug("no handshake", extra={"client": self._client, "reason": str(error)})
            return None

    async def _welcome(self, plain: asyncio.Transport, transport: asyncio.Transport) -> bool:
        """Look at the client's certificate, if it has one; a refused client gets its alert."""
        self._tls = transport
        peer: PeerTls = transport.get_extra_info("ssl_object")
        chain = peer.certificates()
        if chain:
            now = datetime.datetime.now(datetime.UTC)
            try:
                async with asyncio.timeout(self._listener.limits.handshake_s):
                    peer.identity, peer.serial = await owner_of(chain, self._listener.ledger, now)
            except TimeoutError:
                return False
            except CertificateRefused as refused:
                log.info("certificate refused", extra={"client": self._client, "reason": str(refused)})
                await self._say_goodbye(plain, peer.refuse(refused.alert))
                return False
        peer.accept()
        return not self._gone.is_set()

    async def _say_goodbye(self, plain: asyncio.Transport, record: bytes) -> None:
        """Wait for the client to hang up: closing on unread bytes would take the alert back."""
        if plain.is_closing():
            return
        plain.write(record)
        plain.write_eof()
        try:
            async with asyncio.timeout(GOODBYE_S):
                await self._gone.wait()
        except TimeoutError:
            pass

    def _hand_over(self, transport: asyncio.Transport) -> None:
        http = self._http = self._listener.http()
        http.connection_made(transport)
        early, self._early = self._early, []
        for data in early:
            http.data_received(data)
        if self._ended:
            http.eof_received()
        transport.resume_reading()
        self._silence = asyncio.get_running_loop().call_later(
            self._listener.limits.first_request_s, _end_if_silent, transport
        )

    def _leave(self) -> None:
        if self._admitted:
            self._admitted = False
            self._listener.leave(self._client)

    # --- From TLS

    def data_received(self, data: bytes) -> None:
        if self._http is not None:
            self._http.data_received(data)
            return
        self._early.append(data)
        if self._tls is not None and sum(map(len, self._early)) > EARLY_BYTES_MAX:
            self._tls.pause_reading()

    def eof_received(self) -> bool | None:
        if self._http is not None:
            return self._http.eof_received()
        self._ended = True
        return None

    def connection_lost(self, error: Exception | None) -> None:
        self._gone.set()
        if self._silence is not None:
            # A transport that is gone can not be asked any more.
            self._silence.cancel()
        if self._http is not None:
            self._http.connection_lost(error)
            self._leave()

    def pause_writing(self) -> None:
        if self._http is not None:
            self._http.pause_writing()

    def resume_writing(self) -> None:
        if self._http is not None:
            self._http.resume_writing()


def _end_if_silent(transport: Any) -> None:
    if not transport.get_extra_info("ssl_object").requests:
        transport.abort()
