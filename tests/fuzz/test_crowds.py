"""Clients that take and do not give: idle connections, subscribers that do not read. Everybody else is still answered."""

from __future__ import annotations

import resource
import socket
import time
from contextlib import ExitStack
from pathlib import Path

import grpc
import pytest
from chain_client import transfer
from target import ANSWER_S_MAX, Target, running

from supercloud.grpc_connections import CONNECTIONS_MAX, CONNECTIONS_PER_CLIENT_MAX

pytestmark = [pytest.mark.node, pytest.mark.xdist_group("fuzz")]

HANDSHAKE = (
    b"GET /websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))
"""How a client of HTTP/2 begins, with settings that say nothing (RFC 9113, section 3.4)."""
SPARE_FILES = 500
USUAL_FILES = 1024
ESTABLISHED = "01"
"""State of a connection in /proc/net/tcp."""
IDLE_BYTES_MAX = 40 * 1024
"""What an idle connection may cost the node."""
SLOW_BYTES_MAX = 4 * 1024 * 1024
"""What a subscriber that does not read may cost it, the memo-heavy blocks of this test waiting for it included."""


def masked(text: bytes) -> bytes:
    """A client's text frame; a mask of zeros leaves the text as it is."""
    return bytes((0x81, 0x80 | 126)) + len(text).to_bytes(2, "big") + bytes(4) + text


def answered(node: Target) -> None:
    """A newcomer's question has its answer in time."""
    begun = time.monotonic()
    assert node.height() > 0
    assert time.monotonic() - begun < ANSWER_S_MAX


def open_ones(node: Target, port: int) -> int:
    """Connections that came in at a port and that the node has not given up."""
    fields = (line.split() for line in Path(f"/proc/{node.process.pid}/net/tcp").read_text().splitlines()[1:])
    return sum(each[1].endswith(f":{port:04X}") and each[3] == ESTABLISHED for each in fields)


@pytest.mark.parametrize("count", [500, pytest.param(10_000, marks=pytest.mark.slow)])
def test_idle_connections(tmp_path: Path, count: int) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < count + SPARE_FILES:
        pytest.skip(f"{count} connections need {count + SPARE_FILES} open files, {hard} are allowed")
    # The node inherits it.
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with running(tmp_path, count + SPARE_FILES) as node, ExitStack() as stack:
        before = node.rss()
        for number in range(count):
            opened = stack.enter_context(socket.create_connection(("127.0.0.1", node.ports[0]), ANSWER_S_MAX))
            # Some say nothing, some stop in the middle of a request.
            if number % 2:
                opened.sendall(b"POST / HTTP/1.1\r\nContent-Length: 100\r\n\r\n{")
        answered(node)
        height = node.height()
        while node.height() < height + 2:
            time.sleep(0.05)
        assert node.rss() - before < count * IDLE_BYTES_MAX
        assert node.complaints() == []


def test_idle_connections_to_grpc(tmp_path: Path) -> None:
    """More than a process may have files at first: the node lets itself have more, and grpc takes no more than its most."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 4096:
        pytest.skip(f"only {hard} open files are allowed")
    resource.setrlimit(resource.RLIMIT_NOFILE, (USUAL_FILES, hard))
    try:
        with running(tmp_path) as node, ExitStack() as stack:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
            for _ in range(USUAL_FILES + SPARE_FILES):
                stack.enter_context(socket.create_connection(("127.0.0.1", node.ports[2]), ANSWER_S_MAX))
            answered(node)
            height = node.height()
            while node.height() < height + 2:
                time.sleep(0.05)
            held = len(list(Path(f"/proc/{node.process.pid}/fd").iterdir()))
            assert held < CONNECTIONS_MAX + SPARE_FILES, "it goes by its most"
            # One address holds no more than its share, so that another gets in while it clings to it.
            begun = time.monotonic()
            while open_ones(node, node.ports[2]) > CONNECTIONS_PER_CLIENT_MAX:
                assert time.monotonic() - begun < ANSWER_S_MAX
                time.sleep(0.05)
            with socket.create_connection(
                ("127.0.0.1", node.ports[2]), ANSWER_S_MAX, ("127.0.0.2", 0)
            ) as other:
                other.sendall(PREFACE)
                assert other.recv(9), "its settings"
            stack.close()
            with grpc.insecure_channel(node.grpc) as channel:
                grpc.channel_ready_future(channel).result(ANSWER_S_MAX)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize("count", [50, pytest.param(500, marks=pytest.mark.slow)])
def test_subscribers_that_do_not_read(tmp_path: Path, count: int) -> None:
    with running(tmp_path, count + SPARE_FILES) as node, ExitStack() as stack:
        before = node.rss()
        for _ in range(count):
            slow = stack.enter_context(socket.socket())
            # A small window, so that the node feels it soon.
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            slow.connect(("127.0.0.1", node.ports[0]))
            slow.sendall(HANDSHAKE)
            assert b" 101 " in slow.recv(64)
            for number, kind in enumerate(("NewBlock", "Tx")):
                query = b"tm.event='%s'" % kind.encode()
                slow.sendall(
                    masked(
                        b'{"jsonrpc":"2.0","id":%d,"method":"subscribe","params":{"query":"%s"}}'
                        % (number, query)
                    )
                )
        for sequence in range(60):
            raw = transfer(1, sequence)
            assert node.broadcast(raw)["code"] == 0
            answered(node)
        assert node.included(raw) == 0
        assert node.rss() - before < count * SLOW_BYTES_MAX
        assert node.complaints() == []
