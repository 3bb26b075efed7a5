"""The listener, with a real channel."""

from collections.abc import AsyncIterator
from typing import Any

import grpc
import grpc.aio
import pytest
from grpc_reflection.v1alpha import reflection_pb2
from small_node import BOB_TEXT, SmallNode, transfer

from supercloud.node.grpc.server import GrpcServer, Limits
from supercloud.pb.cosmos.bank.v1beta1 import query_pb2

BALANCE = "/cosmos.bank.v1beta1.Query/Balance"


@pytest.fixture
async def channel(small: SmallNode) -> AsyncIterator[grpc.aio.Channel]:
    small.block()
    small.block(transfer(5, 0))
    server = GrpcServer(small.dispatch)
    port = server.bind("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield channel
    await server.stop()


def balance(channel: grpc.aio.Channel, path: str = BALANCE, **options: Any) -> Any:
    call = channel.unary_unary(path, response_deserializer=query_pb2.QueryBalanceResponse.FromString)
    request = query_pb2.QueryBalanceRequest(address=BOB_TEXT, denom="uakt")
    return call(request.SerializeToString(), timeout=5, **options)


async def test_queries_and_their_height(channel: grpc.aio.Channel) -> None:
    call = balance(channel)
    assert (await call).balance.amount == "5"
    assert dict(await call.initial_metadata())["x-cosmos-block-height"] == "2"
    call = balance(channel, metadata=(("x-cosmos-block-height", "1"),))
    assert (await call).balance.amount == "0"
    assert dict(await call.initial_metadata())["x-cosmos-block-height"] == "1"


@pytest.mark.parametrize(
    "path, metadata, code, words",
    [
        (
            "/akash.market.v1beta4.Query/Orders",
            (),
            grpc.StatusCode.UNIMPLEMENTED,
            "unknown service akash.market.v1beta4.Query",
        ),
        ("/cosmos.bank.v1beta1.Query/Nothing", (), grpc.StatusCode.UNIMPLEMENTED, "unknown method Nothing"),
        (BALANCE, (("x-cosmos-block-height", "9"),), grpc.StatusCode.INVALID_ARGUMENT, "in the future"),
        (
            BALANCE,
            (("x-cosmos-block-height", "x"),),
            grpc.StatusCode.INVALID_ARGUMENT,
            "invalid height header",
        ),
    ],
)
async def test_refusals(
    channel: grpc.aio.Channel,
    path: str,
    metadata: tuple[tuple[str, str], ...],
    code: grpc.StatusCode,
    words: str,
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await balance(channel, path, metadata=metadata)
    assert refusal.value.code() is code and words in (refusal.value.details() or "")


@pytest.mark.parametrize("version", ["v1alpha", "v1"])
async def test_reflection_in_both_versions(channel: grpc.aio.Channel, version: str) -> None:
    call = channel.stream_stream(
        f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
        request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
        response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
    )
    stream = call(timeout=30)
    await stream.write(reflection_pb2.ServerReflectionRequest(list_services=""))
    listed = await stream.read()
    names = {service.name for service in listed.list_services_response.service}
    assert {
        "cosmos.bank.v1beta1.Query",
        "cosmos.tx.v1beta1.Service",
        "grpc.reflection.v1.ServerReflection",
    } <= names
    wanted = reflection_pb2.ServerReflectionRequest(file_containing_symbol="cosmos.bank.v1beta1.Query")
    await stream.write(wanted)
    assert (await stream.read()).file_descriptor_response.file_descriptor_proto
    await stream.done_writing()


async def test_a_defect_is_an_internal_error(small: SmallNode, channel: grpc.aio.Channel) -> None:
    def broken(*_: object) -> None:
        raise KeyError("inside")

    small.app.query_context = broken  # type: ignore[assignment, method-assign]
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await balance(channel)
    assert refusal.value.code() is grpc.StatusCode.INTERNAL


async def test_calls_of_one_client_are_bounded(small: SmallNode) -> None:
    """Streams that never end, and ordinary calls beside them."""
    small.block()
    server = GrpcServer(small.dispatch, Limits(calls_per_client=1))
    port = server.bind("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        stream = channel.stream_stream(
            "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
            request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
            response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
        )(timeout=30)
        await stream.write(reflection_pb2.ServerReflectionRequest(list_services=""))
        await stream.read()
        with pytest.raises(grpc.aio.AioRpcError) as refusal:
            await balance(channel)
        assert refusal.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        await stream.done_writing()
        assert await stream.read() is grpc.aio.EOF
        assert (await balance(channel)).balance.amount == "0"
    await server.stop()


async def test_messages_are_bounded(small: SmallNode) -> None:
    small.block()
    server = GrpcServer(small.dispatch, Limits(message_bytes=1000))
    port = server.bind("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        with pytest.raises(grpc.aio.AioRpcError) as refusal:
            await channel.unary_unary(BALANCE)(b"x" * 1001, timeout=30)
        assert refusal.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert (await balance(channel)).balance.amount == "0"
    await server.stop()


async def test_answers_are_counted_by_their_status(small: SmallNode) -> None:
    small.block()
    told: list[str] = []
    server = GrpcServer(small.dispatch, told=told.append)
    port = server.bind("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        await balance(channel)
        with pytest.raises(grpc.aio.AioRpcError):
            await balance(channel, metadata=(("x-cosmos-block-height", "9"),))
        with pytest.raises(grpc.aio.AioRpcError):
            await balance(channel, "/cosmos.bank.v1beta1.Query/Nothing")
    await server.stop()
    assert told == ["OK", "INVALID_ARGUMENT", "UNIMPLEMENTED"]


async def test_a_client_that_is_refused_is_counted_too(small: SmallNode) -> None:
    small.block()
    told: list[str] = []
    server = GrpcServer(small.dispatch, Limits(calls_per_s=1), told.append)
    port = server.bind("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        with pytest.raises(grpc.aio.AioRpcError):
            for _ in range(100):
                await balance(channel)
    await server.stop()
    assert told[-1] == "RESOURCE_EXHAUSTED" and set(told[:-1]) == {"OK"}
