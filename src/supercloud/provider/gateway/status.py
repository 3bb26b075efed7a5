"""The provider's status over gRPC (akash.provider.v1.ProviderRPC): what consoles list providers by."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Protocol

import grpc
from grpc_reflection.v1alpha import reflection

from supercloud.pb.akash.provider.v1 import service_pb2, service_pb2_grpc, status_pb2
from supercloud.provider.inventory import Inventory

MESSAGE_BYTES_MAX = 1024 * 1024
PUSH_S = 5.0


class Source(Protocol):
    """Where the figures come from."""

    @property
    def inventory(self) -> Inventory:
        """What the machine has and what is promised."""

    @property
    def machine(self) -> str:
        """Its name."""

    def counts(self) -> tuple[int, int, int]:
        """Active leases, orders being answered, manifests held."""

    def hostnames(self) -> list[str]:
        """Public names."""


def status(source: Source) -> status_pb2.Status:
    """The status message."""
    leases, orders, manifests = source.counts()
    message = status_pb2.Status(public_hostnames=source.hostnames())
    message.timestamp.FromNanoseconds(time.time_ns())
    message.cluster.leases.active = leases
    message.bid_engine.orders = orders
    message.manifest.deployments = manifests
    inventory = source.inventory
    total, left = inventory.total, inventory.available
    node = message.cluster.inventory.cluster.nodes.add(name=source.machine)
    _pair(node.resources.cpu.quantity, f"{total.cpu}m", f"{total.cpu - left.cpu}m")
    _pair(node.resources.memory.quantity, str(total.memory), str(total.memory - left.memory))
    ephemeral = total.storage.get("ephemeral", 0)
    _pair(node.resources.ephemeral_storage, str(ephemeral), str(ephemeral - left.storage.get("ephemeral", 0)))
    _pair(node.resources.gpu.quantity, str(len(total.gpus)), str(len(total.gpus) - len(left.gpus)))
    for gpu in total.gpus:
        node.resources.gpu.info.add(
            vendor=gpu.vendor, name=gpu.model, interface=gpu.interface, memory_size=gpu.ram
        )
    for kind, size in sorted(total.storage.items()):
        if kind != "ephemeral":
            node.capabilities.storage_classes.append(kind)
            pool = message.cluster.inventory.cluster.storage.add()
            pool.info.SetInParent()
            setattr(pool.info, "class", kind)
            _pair(pool.quantity, str(size), str(size - left.storage.get(kind, 0)))
    reservations = message.cluster.inventory.reservations
    reservations.active.count = sum(held.allocated for held in inventory.reservations.values())
    reservations.pending.count = len(inventory.reservations) - reservations.active.count
    return message


def _pair(pair: Any, allocatable: str, allocated: str) -> None:
    pair.allocatable.string = allocatable
    pair.allocated.string = allocated
    pair.capacity.string = allocatable


class _Service(service_pb2_grpc.ProviderRPCServicer):
    """The rpcs; open to everyone, as on the network."""

    def __init__(self, source: Source) -> None:
        self._source = source

    async def GetStatus(self, request: Any, context: Any) -> status_pb2.Status:
        return status(self._source)

    async def StreamStatus(self, request: Any, context: Any) -> AsyncIterator[status_pb2.Status]:
        last = b""
        while True:
            message = status(self._source)
            plain = status_pb2.Status()
            plain.CopyFrom(message)
            plain.ClearField("timestamp")
            now = plain.SerializeToString(deterministic=True)
            if now != last:
                last = now
                yield message
            await asyncio.sleep(PUSH_S)


class StatusServer:
    """gRPC over TLS on one port."""

    def __init__(self, source: Source, certificate: Path, key: Path, listen: str, port: int) -> None:
        self._source = source
        self._files = (certificate, key)
        self._address = f"{listen}:{port}"
        self._server: Any = None

    async def start(self) -> None:
        """Open the port."""
        self._server = grpc.aio.server(
            maximum_concurrent_rpcs=256, options=[("grpc.max_receive_message_length", MESSAGE_BYTES_MAX)]
        )
        service_pb2_grpc.add_ProviderRPCServicer_to_server(_Service(self._source), self._server)
        names = (service_pb2.DESCRIPTOR.services_by_name["ProviderRPC"].full_name, reflection.SERVICE_NAME)
        reflection.enable_server_reflection(names, self._server)
        certificate, key = (path.read_bytes() for path in self._files)
        self._server.add_secure_port(self._address, grpc.ssl_server_credentials([(key, certificate)]))
        await self._server.start()

    async def stop(self) -> None:
        """Close the port."""
        if self._server is not None:
            await self._server.stop(grace=0.5)
