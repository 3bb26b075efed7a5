"""The provider's status over gRPC, as listings and screenings read it."""

from __future__ import annotations

import asyncio
import datetime
import socket
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from google.protobuf.empty_pb2 import Empty
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from supercloud.grpc_calls import CALLS_PER_CLIENT_MAX
from supercloud.grpc_connections import CONNECTIONS_PER_CLIENT_MAX
from supercloud.pb.akash.provider.v1 import service_pb2_grpc
from supercloud.provider.gateway import status
from supercloud.provider.gateway.status import StatusServer
from supercloud.provider.gateway.tls import Files
from supercloud.provider.inventory import Available, Inventory
from supercloud.provider.inventory.inventory import GpuUnit, Need
from supercloud.sdk import certificate

GIB = 2**30
GPU = GpuUnit("nvidia", "a100", "80Gi", "sxm")
TOTAL = Available(8000, 16 * GIB, {"ephemeral": 100 * GIB, "beta2": 50 * GIB}, (GPU, GPU))


class Machine:
    """A source of figures that tests change."""

    machine = "node1"
    reclamation_window_s = 0

    def __init__(self) -> None:
        self.inventory = Inventory(TOTAL, {})

    def counts(self) -> tuple[int, int, int]:
        return 1, 2, 3

    def hostnames(self) -> list[str]:
        return ["p.example"]

    def reserve(self, order: str, need: Need) -> None:
        made = self.inventory.reserve(order, need)
        assert made is not None
        self.inventory = made[0]


NEED = Need(1000, GIB, {"ephemeral": GIB, "beta2": 2 * GIB}, ((("vendor/nvidia/model/*",), 1),), 0)


def test_the_message() -> None:
    machine: Any = Machine()
    machine.reserve("a", NEED)
    machine.reserve("b", NEED._replace(gpus=()))
    machine.inventory = machine.inventory.allocate("a")
    found = status.status(machine)
    assert (found.cluster.leases.active, found.bid_engine.orders, found.manifest.deployments) == (1, 2, 3)
    assert list(found.public_hostnames) == ["p.example"]
    inventory = found.cluster.inventory
    (node,) = inventory.cluster.nodes
    resources = node.resources
    pairs = {
        "cpu": ("8000m", "2000m"),
        "memory": (str(16 * GIB), str(2 * GIB)),
        "gpu": ("2", "1"),
    }
    for name, (allocatable, allocated) in pairs.items():
        quantity = getattr(resources, name).quantity
        assert (quantity.allocatable.string, quantity.allocated.string) == (allocatable, allocated), name
    assert resources.ephemeral_storage.allocated.string == str(2 * GIB)
    assert [(gpu.vendor, gpu.name, gpu.memory_size) for gpu in resources.gpu.info] == [
        ("nvidia", "a100", "80Gi")
    ] * 2
    assert list(node.capabilities.storage_classes) == ["beta2"]
    (pool,) = inventory.cluster.storage
    assert (getattr(pool.info, "class"), pool.quantity.allocated.string) == ("beta2", str(4 * GIB))
    active, pending = inventory.reservations.active, inventory.reservations.pending
    assert (active.count, pending.count) == (1, 1)
    assert (active.resources.gpu.string, pending.resources.gpu.string) == ("1", "0")
    assert active.resources.storage["beta2"].string == str(2 * GIB)
    assert not found.HasField("reclamation_window")
    machine.reclamation_window_s = 3600
    assert status.status(machine).reclamation_window.seconds == 3600


@pytest.fixture
async def served(tmp_path: Path) -> Any:
    machine: Any = Machine()
    made = certificate.make("akash1x", datetime.datetime.now(datetime.UTC), ["localhost"])
    files = Files(tmp_path / "c.pem", tmp_path / "k.pem")
    files.certificate.write_bytes(made.certificate)
    files.key.write_bytes(made.private_key)
    server = StatusServer(machine, files, "127.0.0.1", 0)
    await server.start()
    credentials = grpc.ssl_channel_credentials(root_certificates=made.certificate)
    async with grpc.aio.secure_channel(f"localhost:{server.port}", credentials) as channel:
        yield machine, channel, server.port
    await server.stop()


async def test_anybody_may_ask(served: Any) -> None:
    _, channel, _ = served
    stub = service_pb2_grpc.ProviderRPCStub(channel)
    for metadata in (None, (("authorization", "Bearer x"),)):
        found = await stub.GetStatus(Empty(), metadata=metadata, timeout=30)
        assert found.cluster.inventory.cluster.nodes[0].name == "node1"


async def test_a_stream_begins_at_once_and_tells_of_changes_only(
    served: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine, channel, _ = served
    monkeypatch.setattr(status, "PUSH_S", 0.05)
    stream = service_pb2_grpc.ProviderRPCStub(channel).StreamStatus(Empty(), timeout=30)
    first = await stream.read()
    assert first.cluster.inventory.reservations.pending.count == 0
    waiting = asyncio.ensure_future(stream.read())
    await asyncio.sleep(0.3)
    assert not waiting.done()
    machine.reserve("a", NEED)
    assert (await waiting).cluster.inventory.reservations.pending.count == 1
    stream.cancel()


async def test_the_service_can_be_discovered(served: Any) -> None:
    _, channel, _ = served
    stub = reflection_pb2_grpc.ServerReflectionStub(channel)
    request = reflection_pb2.ServerReflectionRequest(list_services="")
    async for answer in stub.ServerReflectionInfo(iter([request]), timeout=30):
        names = {service.name for service in answer.list_services_response.service}
    assert "akash.provider.v1.ProviderRPC" in names


async def test_streams_of_one_client_are_bounded(served: Any) -> None:
    _, channel, _ = served
    stub = service_pb2_grpc.ProviderRPCStub(channel)
    streams = [stub.StreamStatus(Empty(), timeout=20) for _ in range(CALLS_PER_CLIENT_MAX)]
    await asyncio.gather(*(stream.read() for stream in streams))
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await stub.GetStatus(Empty(), timeout=30)
    assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    for stream in streams:
        stream.cancel()


def has_ended(made: socket.socket) -> bool:
    """Whether the other side ended a connection that says nothing."""
    try:
        return made.recv(1, socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False


async def test_connections_of_one_client_are_bounded(served: Any) -> None:
    """Also those that never begin with TLS."""
    _, channel, port = served
    await channel.channel_ready()
    with ExitStack() as stack:
        crowd = [
            stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            for _ in range(CONNECTIONS_PER_CLIENT_MAX + 5)
        ]
        async with asyncio.timeout(30):
            while sum(map(has_ended, crowd)) < 6:  # noqa: ASYNC110 - what a system call tells has no event
                await asyncio.sleep(0.05)
        stub = service_pb2_grpc.ProviderRPCStub(channel)
        await stub.GetStatus(Empty(), timeout=30)
