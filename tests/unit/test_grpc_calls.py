"""One client's calls at once are bounded, whatever kind they are, and counted out however they end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import grpc.aio
import pytest

from supercloud.grpc_calls import CallsPerClient, client_of
from supercloud.rates import Rates


class Service(grpc.GenericRpcHandler):  # type: ignore[misc]
    """Calls of all four kinds that end when `go` is set."""

    def __init__(self) -> None:
        self.go = asyncio.Event()

    async def _one(self, request: Any, context: Any) -> bytes:
        await self.go.wait()
        return b"done"

    async def _many(self, request: Any, context: Any) -> AsyncIterator[bytes]:
        yield b"begun"
        await self.go.wait()
        yield b"done"

    def service(self, handler_call_details: Any) -> Any:
        return {
            "/s/unary_unary": grpc.unary_unary_rpc_method_handler(self._one),
            "/s/stream_unary": grpc.stream_unary_rpc_method_handler(self._one),
            "/s/unary_stream": grpc.unary_stream_rpc_method_handler(self._many),
            "/s/stream_stream": grpc.stream_stream_rpc_method_handler(self._many),
        }.get(handler_call_details.method)


TOLD: list[str] = []
"""Statuses of refusals."""


@asynccontextmanager
async def served(
    most: int, per_second: int = 0
) -> AsyncIterator[tuple[CallsPerClient, Service, grpc.aio.Channel]]:
    calls, service = CallsPerClient(most, per_second, TOLD.append), Service()
    server = grpc.aio.server(interceptors=[calls])
    server.add_generic_rpc_handlers([service])
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield calls, service, channel
    await server.stop(0)


def begin(channel: grpc.aio.Channel, kind: str) -> Any:
    start = getattr(channel, kind)(f"/s/{kind}")
    return start(iter([b"x"]) if kind.startswith("stream") else b"x", timeout=30)


async def held(calls: CallsPerClient, count: int) -> None:
    async with asyncio.timeout(30):
        while calls.held.total() != count:  # noqa: ASYNC110 - a count has no event
            await asyncio.sleep(0)


async def end(call: Any, kind: str) -> list[bytes]:
    return [message async for message in call] if kind.endswith("stream") else [await call]


@pytest.mark.parametrize("kind", ["unary_unary", "stream_unary", "unary_stream", "stream_stream"])
async def test_so_many_at_once_and_no_more(kind: str) -> None:
    async with served(2) as (calls, service, channel):
        running = [begin(channel, kind) for _ in range(2)]
        await held(calls, 2)
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await end(begin(channel, kind), kind)
        assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert refused.value.details() == "more than 2 calls at once from this address"
        assert TOLD.pop() == "RESOURCE_EXHAUSTED" and not TOLD
        running[0].cancel()
        await held(calls, 1)
        another = begin(channel, kind)
        await held(calls, 2)
        service.go.set()
        assert [(await end(call, kind))[-1] for call in (running[1], another)] == [b"done", b"done"]
        await held(calls, 0)
        assert not calls.held, "an address that is gone leaves nothing behind"


async def test_nothing_is_counted_when_nobody_asks_for_it() -> None:
    async with served(0) as (calls, service, channel):
        service.go.set()
        assert await end(begin(channel, "unary_unary"), "unary_unary") == [b"done"]
        assert not calls.held


async def test_so_many_a_second_and_no_more() -> None:
    async with served(0, 1) as (calls, service, channel):
        calls._rates = Rates(1, lambda: 0.0)
        service.go.set()
        for _ in range(2):
            assert await end(begin(channel, "unary_unary"), "unary_unary") == [b"done"]
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await end(begin(channel, "unary_unary"), "unary_unary")
        assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert refused.value.details() == "more than 1 requests a second from this address"
        assert TOLD.pop() == "RESOURCE_EXHAUSTED" and not TOLD
        assert not calls.held


async def test_an_unknown_method_stays_unknown() -> None:
    async with served(1) as (_, _, channel):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await channel.unary_unary("/s/nothing")(b"", timeout=30)
        assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED


@pytest.mark.parametrize(
    ("peer", "client"),
    [
        ("ipv4:127.0.0.1:5", "127.0.0.1"),
        ("ipv6:%5B2001:db8:1:2:3::4%5D:5", "2001:db8:1:2::/64"),
        ("ipv6:[2001:db8:1:2:9::4]:5", "2001:db8:1:2::/64"),
        ("ipv6:%5B::ffff:127.0.0.1%5D:5", "127.0.0.1"),
        ("unix:/a/b:c", "unix:/a/b:c"),
        ("", ""),
    ],
)
def test_addresses_of_peers(peer: str, client: str) -> None:
    assert client_of(peer) == client
