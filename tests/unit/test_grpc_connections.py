"""One address holds so many connections to gRPC and no more; others, and other listeners, are left alone."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack

import grpc.aio
import pytest

from supercloud import grpc_connections
from supercloud.grpc_connections import OPTIONS, ConnectionsPerClient

MOST = 3


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """Of a gRPC listener."""
    server = grpc.aio.server(options=OPTIONS)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield port
    await server.stop(0)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


async def connect(stack: ExitStack, port: int, source: str) -> socket.socket:
    """A connection that the listener has accepted: it sent its settings."""
    made = stack.enter_context(socket.socket())
    made.setblocking(False)
    made.bind((source, 0))
    loop = asyncio.get_running_loop()
    await loop.sock_connect(made, ("127.0.0.1", port))
    assert await asyncio.wait_for(loop.sock_recv(made, 1), 30)
    return made


async def has_ended(made: socket.socket, within_s: float = 0.2) -> bool:
    """Whether the other side ended it."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(within_s):
            while await loop.sock_recv(made, 1000):
                pass
    except TimeoutError:
        return False
    return True


async def ended(made: socket.socket) -> bool:
    """The same where it has to come to that, on a busy machine too."""
    return await has_ended(made, 30)


def open_ones(port: int) -> int:
    """Connections of this process that came in at a port."""
    known = grpc_connections._sockets().items()
    return sum(bool(grpc_connections._client(descriptor, number, port)) for number, descriptor in known)


async def until_open(port: int, count: int) -> None:
    """Until there are so many: the listener hears of one that was closed in its own time."""
    async with asyncio.timeout(30):
        while open_ones(port) != count:  # noqa: ASYNC110 - a count has no event
            await asyncio.sleep(0.01)


async def test_the_latest_of_one_address_go(stack: ExitStack, port: int) -> None:
    watch = ConnectionsPerClient(MOST)
    first = [await connect(stack, port, "127.0.0.1") for _ in range(2)]
    assert watch.look(port) == 0
    other = await connect(stack, port, "127.0.0.2")
    later = [await connect(stack, port, "127.0.0.1") for _ in range(4)]
    assert watch.look(port) == len(first) + len(later) - MOST
    assert not any([await has_ended(each) for each in (*first, other)]), "who was here stays"
    assert sum([await has_ended(each) for each in later]) == 3
    assert watch.look(port) == 0, "what was ended is not counted again"
    first[0].close()
    await until_open(port, MOST)
    another = await connect(stack, port, "127.0.0.1")
    assert watch.look(port) == 0, "its place is free"
    assert not await has_ended(another)


async def test_other_ports_are_not_its_business(stack: ExitStack, port: int) -> None:
    listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
    pairs = [
        (stack.enter_context(socket.create_connection(listener.getsockname())), listener.accept()[0])
        for _ in range(MOST + 1)
    ]
    for _, accepted in pairs:
        stack.enter_context(accepted)
    before = len(os.listdir("/dev/fd"))
    assert ConnectionsPerClient(MOST).look(port) == 0
    assert len(os.listdir("/dev/fd")) == before, "no descriptor is left behind"


async def test_it_looks_by_itself(stack: ExitStack, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grpc_connections, "LOOK_S", 0.01)
    watch = ConnectionsPerClient(1)
    watch.start(port)
    made = [await connect(stack, port, "127.0.0.1") for _ in range(2)]
    assert await ended(made[1]) and not await has_ended(made[0])
    await watch.stop()
    assert not await has_ended(await connect(stack, port, "127.0.0.1")), "not after its end"


async def test_it_goes_on_after_it_had_no_descriptor_to_look_with(
    stack: ExitStack, port: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(grpc_connections, "LOOK_S", 0.01)
    listdir, missed = os.listdir, 0

    def failing(path: str) -> list[str]:
        nonlocal missed
        if path == "/dev/fd" and missed < 3:
            missed += 1
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        return listdir(path)

    monkeypatch.setattr(os, "listdir", failing)
    watch = ConnectionsPerClient(1)
    watch.start(port)
    made = [await connect(stack, port, "127.0.0.1") for _ in range(2)]
    assert await ended(made[1]) and not await has_ended(made[0])
    await watch.stop()
    assert missed == 3 and caplog.text.count("can not be counted") == 1


async def test_whom_it_could_not_look_at_is_looked_at_later(
    stack: ExitStack, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = ConnectionsPerClient(1)
    made = [await connect(stack, port, "127.0.0.1") for _ in range(2)]

    def none_left(descriptor: int) -> int:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    with monkeypatch.context() as patch:
        patch.setattr(os, "dup", none_left)
        with pytest.raises(OSError, match="Too many open files"):
            watch.look(port)
    assert watch.look(port) == 1
    assert await ended(made[1]) and not await has_ended(made[0])


async def test_none_counts_nothing(stack: ExitStack, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grpc_connections, "LOOK_S", 0.01)
    watch = ConnectionsPerClient(0)
    watch.start(port)
    made = [await connect(stack, port, "127.0.0.1") for _ in range(5)]
    assert not any([await has_ended(each) for each in made])
    await watch.stop()
