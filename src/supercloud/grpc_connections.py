"""gRPC connections, bounded: how many a listener takes together and from one address, and how long they may be idle.

grpc accepts connections by itself and bounds only all of them together, so one client could hold every place there is.
What one address holds too much of is therefore found among this process's own sockets, four times a second, and shut down:
grpc sees its client leave. A relay in front would do it sooner, but copy every byte and hide who is calling.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import stat
from collections import Counter
from collections.abc import Iterator
from typing import Final, NamedTuple

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


class _Held(NamedTuple):
    """A connection that a client holds."""

    socket: socket.socket
    """A descriptor of our own for it, so that it can not become another file under our hands."""
    number: int
    """The socket's own: stays while it is open."""
    client: str


class ConnectionsPerClient:
    """Shuts down connections to a port of this process beyond `most` from one address, the latest first; 0 does not count.

    `start` within a running loop, once the port is open; `stop` in the end.
    """

    def __init__(self, most: int = CONNECTIONS_PER_CLIENT_MAX) -> None:
        self._most = most
        self._known: dict[int, None] = {}
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
        """Shut down what is too much now; returns how many that were."""
        held: Counter[str] = Counter()
        kept: dict[int, None] = {}
        ended = 0
        with contextlib.ExitStack() as stack:
            connections = {each.number: each for each in _connections(port)}
            for each in connections.values():
                stack.enter_context(each.socket)
            order = [number for number in self._known if number in connections]
            order += [number for number in connections if number not in self._known]
            for number in order:
                each = connections[number]
                if held[each.client] < self._most:
                    held[each.client] += 1
                    kept[number] = None
                    continue
                with contextlib.suppress(OSError):
                    each.socket.shutdown(socket.SHUT_RDWR)
                ended += 1
        self._known = kept
        return ended


def _connections(port: int) -> Iterator[_Held]:
    """This process's connections that came in at a port."""
    for name in os.listdir(_DESCRIPTORS):
        found = _connection(int(name), port)
        if found is not None:
            yield found


def _connection(descriptor: int, port: int) -> _Held | None:
    """What a descriptor is, if it is such a connection; it may be closed at any time by whoever owns it."""
    try:
        if not stat.S_ISSOCK(os.fstat(descriptor).st_mode):
            return None
        copied = os.dup(descriptor)
    except OSError:
        return None
    with contextlib.ExitStack() as stack:
        stack.callback(os.close, copied)
        try:
            own = socket.socket(fileno=copied)
            stack.pop_all()
            stack.callback(own.close)
            if own.family not in (socket.AF_INET, socket.AF_INET6) or own.getsockname()[1] != port:
                return None
            # A listener, and a connection whose client has left, have no peer.
            client = client_at(str(own.getpeername()[0]))
            number = os.fstat(own.fileno()).st_ino
        except OSError:
            return None
        stack.pop_all()
        return _Held(own, number, client)
