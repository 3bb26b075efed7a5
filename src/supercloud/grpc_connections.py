"""gRPC connections, bounded: how many a listener takes together and from one address, and how long they may be idle.

grpc accepts connections by itself and bounds only all of them together, so one client could hold every place there is.
What one address holds too much of is therefore found among this process's own sockets, four times a second, and shut down:
grpc sees its client leave. A relay in front would do it sooner, but copy every byte and hide who is calling.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import socket
import stat
from collections import Counter
from collections.abc import Iterator
from typing import Final

from supercloud.clients import client_at

log = logging.getLogger(__name__)

CONNECTIONS_MAX: Final = 900
CONNECTIONS_PER_CLIENT_MAX: Final = 300
IDLE_MS: Final = 10 * 60 * 1000
HANDSHAKE_MS: Final = 10_000
LOOK_S: Final = 0.25
OPTIONS: Final = (
    ("grpc.max_connection_idle_ms", IDLE_MS),
    ("grpc.max_allowed_incoming_connections", CONNECTIONS_MAX),
    ("grpc.server_handshake_timeout_ms", HANDSHAKE_MS),
)
"""Options of every listener: a connection without calls is closed in time, one that never says a word sooner. Clients
open it again by themselves. Beyond the most together new ones are closed at once."""

_DESCRIPTORS: Final = "/dev/fd"
_NONE_LEFT: Final = (errno.EMFILE, errno.ENFILE)


class ConnectionsPerClient:
    """Shuts down connections to a port of this process beyond `most` from one address, the latest first; 0 does not count.

    `start` within a running loop, once the port is open; `stop` in the end.
    """

    def __init__(self, most: int = CONNECTIONS_PER_CLIENT_MAX) -> None:
        self._most = most
        # By a socket's own number, which stays while it is open, in the order in which they came: whose connection to the
        # port it is; empty for all others. To look again at what is known costs a tenth.
        self._clients: dict[int, str] = {}
        self._looking: asyncio.Task[None] | None = None

    def start(self, port: int) -> None:
        """Look from now on."""
        if self._most:
            self._looking = asyncio.ensure_future(self._look_on(port))

    async def stop(self) -> None:
        """Look no more."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
            self._looking = None

    async def _look_on(self, port: int) -> None:
        blind = False
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                self.look(port)
            except OSError as error:
                # Without a descriptor to look with, which is what a crowd of connections leads to: it may be over soon.
                if not blind:
                    log.warning("connections can not be counted for now: %s", error)
                blind = True
            else:
                blind = False

    def look(self, port: int) -> int:
        """Shut down what is too much now; returns how many that were. Raises OSError without a descriptor to look with."""
        there = _sockets()
        clients = {number: client for number, client in self._clients.items() if number in there}
        for number, descriptor in there.items():
            if number not in clients and (client := _client(descriptor, number, port)) is not None:
                clients[number] = client
        self._clients = clients
        held: Counter[str] = Counter()
        ended = 0
        for number, client in clients.items():
            if not client:
                continue
            held[client] += 1
            if held[client] > self._most:
                _shut(there[number], number)
                clients[number] = ""
                ended += 1
        return ended


def _sockets() -> dict[int, int]:
    """Descriptors of this process's sockets, by the socket's own number."""
    found: dict[int, int] = {}
    for name in os.listdir(_DESCRIPTORS):
        try:
            status = os.fstat(int(name))
        except OSError:
            # Closed in the meantime.
            continue
        if stat.S_ISSOCK(status.st_mode):
            found[status.st_ino] = int(name)
    return found


@contextlib.contextmanager
def _own(descriptor: int, number: int) -> Iterator[socket.socket]:
    """A descriptor of our own for a socket, so that it can not become another file under our hands. Raises OSError."""
    copied = os.dup(descriptor)
    try:
        if os.fstat(copied).st_ino != number:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        made = socket.socket(fileno=copied)
    except OSError:
        os.close(copied)
        raise
    with made:
        yield made


def _client(descriptor: int, number: int, port: int) -> str | None:
    """Whose connection to a port of this process it is; empty for any other socket, None for one that is gone.

    Raises OSError without a descriptor to look with.
    """
    try:
        with _own(descriptor, number) as found:
            if found.family in (socket.AF_INET, socket.AF_INET6) and found.getsockname()[1] == port:
                return client_at(str(found.getpeername()[0]))
            return ""
    except OSError as error:
        if error.errno in _NONE_LEFT:
            raise
        # A listener, and a connection whose client has left, have no peer.
        return "" if error.errno == errno.ENOTCONN else None


def _shut(descriptor: int, number: int) -> None:
    """End a connection, if it is still there. Raises OSError without a descriptor to do it with."""
    try:
        with _own(descriptor, number) as found:
            found.shutdown(socket.SHUT_RDWR)
    except OSError as error:
        if error.errno in _NONE_LEFT:
            raise
