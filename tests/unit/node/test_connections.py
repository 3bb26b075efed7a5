"""HTTP connections of one client are bounded; a client that says nothing does not keep its place."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
import websockets

from supercloud.node.connections import HEAD_BYTES_MAX, BoundedHttp, Gathering, bounded
from supercloud.node.doors.open import HttpServers, bind

ASK = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
Door = tuple[type[BoundedHttp], int]


async def answer(scope: Any, receive: Callable[[], Any], send: Callable[[Any], Any]) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while (await receive())["type"] != "websocket.disconnect":
            pass
        return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


@asynccontextmanager
async def served(connections: type[BoundedHttp], app: Any = answer) -> AsyncIterator[int]:
    servers = HttpServers(1000)
    url = await servers.serve(app, bind("127.0.0.1:0"), 100, http=connections)
    try:
        yield int(url.rpartition(":")[2])
    finally:
        servers.stop()
        await servers.stopped()


async def ask(port: int) -> tuple[bytes, asyncio.StreamWriter]:
    """The head of an answer; the connection stays open."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(ASK)
    async with asyncio.timeout(30):
        head = await reader.readuntil(b"\r\n\r\n")
    return head.partition(b"\r\n")[0], writer


async def free(connections: type[BoundedHttp], held: int) -> None:
    async with asyncio.timeout(30):
        while connections.held.total() != held:  # noqa: ASYNC110 - a count has no event
            await asyncio.sleep(0)


async def test_a_client_holds_so_many_and_no_more() -> None:
    connections = bounded(2)
    async with served(connections) as port:
        (first, one), (second, two) = await ask(port), await ask(port)
        assert first == second == b"HTTP/1.1 200 OK"
        third, refused = await ask(port)
        assert third == b"HTTP/1.1 503 Service Unavailable"
        one.close()
        await free(connections, 1)
        again, three = await ask(port)
        assert again == b"HTTP/1.1 200 OK"
        for writer in (two, three, refused):
            writer.close()
        await free(connections, 0)
        assert not connections.held, "an address that is gone leaves nothing behind"


async def test_another_client_finds_a_place() -> None:
    async with served(bounded(1)) as port:
        _, mine = await ask(port)
        reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=("127.0.0.2", 0))
        writer.write(ASK)
        async with asyncio.timeout(30):
            assert (await reader.readline()) == b"HTTP/1.1 200 OK\r\n"
        mine.close()
        writer.close()


async def test_a_websocket_gives_its_place_back() -> None:
    connections = bounded(1)
    async with served(connections) as port, websockets.connect(f"ws://127.0.0.1:{port}/"):
        await free(connections, 0)
        status, writer = await ask(port)
        assert status == b"HTTP/1.1 200 OK"
        writer.close()


@pytest.mark.parametrize("begun", [b"", b"GET / HTTP/1.1\r\nhost", ASK + b"GET / HT"])
async def test_a_head_that_does_not_come_ends_the_connection(begun: bytes) -> None:
    connections = bounded(1, head_s=0.05)
    async with served(connections) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(begun)
        async with asyncio.timeout(30):
            with pytest.raises(ConnectionResetError):
                while await reader.read(1000):
                    pass
                raise ConnectionResetError
        await free(connections, 0)
        writer.close()


@pytest.mark.parametrize(
    "piece",
    [
        b"GET /" + b"a" * 1000,
        b"GET / HTTP/1.1\r\n" + b"x: y\r\n" * 1000,
        ASK + b"GET /" + b"a" * 1000,
        b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n0\r\nx: " + b"y" * 1000,
    ],
    ids=["address", "fields", "the second request", "after the last chunk"],
)
async def test_a_head_without_an_end_is_refused(piece: bytes) -> None:
    """Read on, it would take all memory, and the longer it is the more time."""
    connections = bounded(1)
    async with served(connections) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(piece)
        with suppress(ConnectionError):
            for _ in range(200):
                writer.write(piece[-1000:] * 10)
                await writer.drain()
        async with asyncio.timeout(30):
            with suppress(ConnectionResetError):
                assert b"431 Request Header Fields Too Large" in await reader.read()
        await free(connections, 0)
        writer.close()


async def test_a_long_head_that_ends_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was counted of one does not count against the next."""
    async with served(bounded(1)) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(3):
            for part in (
                b"GET / HTTP/1.1\r\nhost: x\r\n",
                b"x: " + b"y" * (HEAD_BYTES_MAX - 1000),
                b"\r\n\r\n",
            ):
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(0.01)
            async with asyncio.timeout(30):
                assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200 OK\r\n")
        writer.close()


async def test_a_client_that_asked_may_wait() -> None:
    """Only the head has its time; an idle connection is keep-alive's business."""
    async with served(bounded(1, head_s=0.5)) as port:
        _, writer = await ask(port)
        await asyncio.sleep(0.6)
        assert not writer.transport.is_closing()
        raw: socket.socket = writer.get_extra_info("socket")
        assert raw.getpeername()[1] == port
        writer.write(ASK)
        await writer.drain()
        writer.close()


class Written(asyncio.Transport):
    """Notes what is written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[bytes] = []
        self.closed = False

    def writelines(self, list_of_data: Any) -> None:
        self.sent.append(b"".join(list_of_data))

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True


async def test_what_is_written_in_one_turn_leaves_in_one_piece() -> None:
    bare = Written()
    gathering = Gathering(bare, asyncio.get_running_loop())
    gathering.write(b"head ")
    gathering.write(b"body")
    assert bare.sent == []
    await asyncio.sleep(0)
    assert bare.sent == [b"head body"]
    gathering.write(b"last")
    gathering.close()
    assert (bare.sent, bare.closed) == ([b"head body", b"last"], True)
    gathering.write(b"too late")
    await asyncio.sleep(0)
    assert len(bare.sent) == 2


async def test_a_client_that_waits_for_a_go_ahead_gets_it() -> None:
    async def echo(scope: Any, receive: Callable[[], Any], send: Callable[[Any], Any]) -> None:
        body = (await receive())["body"]
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": body})

    async with served(bounded(0), echo) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST / HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n")
        async with asyncio.timeout(30):
            assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
            writer.write(b"ok")
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 OK")
            assert await reader.readexactly(2) == b"ok"
        writer.close()
