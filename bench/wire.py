"""The client side of a CometBFT RPC, made for load: a few keep-alive connections in one thread, requests written ahead.

Nothing here knows which node answers. One thread that waits for several sockets costs the client about 30 us a request,
so that on a machine with few cores the node is what gets measured.
"""

from __future__ import annotations

import json
import selectors
import socket
import time
from base64 import b64encode
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

TIMEOUT_S = 60.0


class RpcFailed(Exception):
    """The node answered with an error object."""


class Connection:
    """One keep-alive connection; at most one request is under way."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        self.address = (parts.hostname or "127.0.0.1", parts.port or 26657)
        self.head = (
            f"POST {parts.path or '/'} HTTP/1.1\r\nHost: {self.address[0]}:{self.address[1]}\r\n"
            "Content-Type: application/json\r\nContent-Length: "
        ).encode()
        self.socket = self._connect()
        self._received = b""

    def _connect(self) -> socket.socket:
        made = socket.create_connection(self.address, TIMEOUT_S)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made

    def write(self, body: bytes) -> None:
        """Send a request."""
        self.socket.sendall(b"%b%d\r\n\r\n%b" % (self.head, len(body), body))

    def read(self) -> bytes | None:
        """The body of the answer once all of it is here; call again when more can be read."""
        part = self.socket.recv(1 << 20)
        if not part:
            raise ConnectionError("the node closed the connection")
        self._received += part
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            return None
        start = self._received.lower().find(b"content-length:", 0, end)
        if start < 0:
            return self._read_chunked(end + 4)
        length = int(self._received[start + 15 : self._received.find(b"\r\n", start)])
        if len(self._received) < end + 4 + length:
            return None
        body, self._received = self._received[end + 4 :], b""
        return body

    def _read_chunked(self, start: int) -> bytes | None:
        """Large answers of the Go node come in chunks."""
        if not self._received.endswith(b"0\r\n\r\n"):
            return None
        pieces, at = [], start
        while True:
            line = self._received.find(b"\r\n", at)
            size = int(self._received[at:line], 16)
            if not size:
                break
            pieces.append(self._received[line + 2 : line + 2 + size])
            at = line + 4 + size
        self._received = b""
        return b"".join(pieces)

    def call(self, method: str, **params: Any) -> Any:
        """Ask and wait. Raises RpcFailed."""
        self.write(request(method, params))
        while (body := self.read()) is None:
            pass
        answer = json.loads(body)
        if "error" in answer:
            raise RpcFailed(str(answer["error"]))
        return answer["result"]


def request(method: str, params: dict[str, Any]) -> bytes:
    """The body of a JSON-RPC request."""
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()


def broadcast_body(raw: bytes) -> bytes:
    """The body of broadcast_tx_sync."""
    encoded = b64encode(raw)
    return b'{"jsonrpc":"2.0","id":1,"method":"broadcast_tx_sync","params":{"tx":"%b"}}' % encoded


def pump(
    url: str,
    bodies: Iterable[bytes],
    connections: int,
    answered: Callable[[int, bytes, float], bool],
    every: Callable[[], None] = lambda: None,
) -> None:
    """Send all bodies over that many connections, each connection waiting for its answer before the next request.

    `answered(number, answer, sent_at)` says whether the answer is final; otherwise that body is sent again later.
    `every` is called between answers, for what has to be watched meanwhile.
    """
    waiting = deque(enumerate(bodies))
    later: deque[tuple[float, tuple[int, bytes]]] = deque()
    idle = [Connection(url) for _ in range(connections)]
    busy: dict[Connection, tuple[int, bytes, float]] = {}
    selector = selectors.DefaultSelector()
    for connection in idle:
        selector.register(connection.socket, selectors.EVENT_READ, connection)
    while waiting or later or busy:
        now = time.perf_counter()
        while later and later[0][0] <= now:
            waiting.append(later.popleft()[1])
        while idle and waiting:
            number, body = waiting.popleft()
            connection = idle.pop()
            busy[connection] = (number, body, time.perf_counter())
            connection.write(body)
        for key, _ in selector.select(0.02):
            connection = key.data
            answer = connection.read()
            if answer is None:
                continue
            number, body, sent_at = busy.pop(connection)
            idle.append(connection)
            if not answered(number, answer, sent_at):
                later.append((time.perf_counter() + 0.1, (number, body)))
        every()
    selector.close()
    for connection in idle:
        connection.socket.close()
