"""The provider's status over gRPC (akash.provider.v1.ProviderRPC): what consoles list providers by."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from typing import Any, Protocol

import grpc
from grpc_reflection.v1alpha import reflection

from supercloud.grpc_calls import CallsPerClient
from supercloud.grpc_connections import OPTIONS, ConnectionsPerClient
from supercloud.pb.akash.provider.v1 import service_pb2, service_pb2_grpc, status_pb2
from supercloud.provider.gateway.tls import Files
from supercloud.provider.inventory import Inventory, Reservation

MESSAGE_BYTES_MAX = 1024 * 1024
CALLS_MAX = 256
PUSH_S = 5.0


class Source(Protocol):
    """Where the figures come from."""

    @property
    def inventory(self) -> Inventory:
        """What the machine has and what is promised."""

    @property
    def machine(self) -> str:
        """Its name."""

    @property
    def reclamation_window_s(self) -> int:
        """What bids offer; 0 for none."""

    def counts(self) -> tuple[int, int, int]:
        """Active leases, orders being answered, manifests held."""

    def hostnames(self) -> list[str]:
        """Public names."""


def status(source: Source) -> status_pb2.Status:
    """The status message."""
    leases, orders, manifests = source.counts()
    message = status_pb2.Status(public_hostnames=source.hostnames())
    message.timestamp.FromNanoseconds(time.time_ns())
    if source.reclamation_window_s:
        message.reclamation_window.seconds = source.reclamation_window_s
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
    _pair(message.cluster.inventory.leased_ip, "0", "0")
    reservations = message.cluster.inventory.reservations
    for metric, allocated in ((reservations.active, True), (reservations.pending, False)):
        _sum(metric, [held for held in inventory.reservations.values() if held.allocated is allocated])
    return message


def _sum(metric: Any, held: Sequence[Reservation]) -> None:
    metric.count = len(held)
    resources = metric.resources
    resources.cpu.string = f"{sum(each.need.cpu for each in held)}m"
    resources.memory.string = str(sum(each.need.memory for each in held))
    resources.gpu.string = str(sum(len(each.gpus) for each in held))
    storage: Counter[str] = Counter()
    for each in held:
        storage.update(each.need.storage)
    resources.ephemeral_storage.string = str(storage.pop("ephemeral", 0))
    for kind, size in sorted(storage.items()):
        resources.storage[kind].string = str(size)


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

    def __init__(self, source: Source, files: Files, listen: str, port: int) -> None:
        self.port = port
        self._source = source
        self._files = files
        self._listen = listen
        self._server: Any = None
        self._connections = ConnectionsPerClient()

    async def start(self) -> None:
        """Open the port; with port 0 the system chooses."""
        self._server = grpc.aio.server(
            interceptors=[CallsPerClient()],
            maximum_concurrent_rpcs=CALLS_MAX,
            options=[*OPTIONS, ("grpc.max_receive_message_length", MESSAGE_BYTES_MAX)],
        )
        service_pb2_grpc.add_ProviderRPCServicer_to_server(_Service(self._source), self._server)
        names = (service_pb2.DESCRIPTOR.services_by_name["ProviderRPC"].full_name, reflection.SERVICE_NAME)
        reflection.enable_server_reflection(names, self._server)
        certificate, key = (path.read_bytes() for path in self._files)
        credentials = grpc.ssl_server_credentials([(key, certificate)])
        self.port = self._server.add_secure_port(f"{self._listen}:{self.port}", credentials)
        await self._server.start()
        self._connections.start(self.port)

    async def stop(self) -> None:
        """Close the port."""
        if self._server is not None:
            await self._connections.stop()
            await self._server.stop(grace=0.5)
