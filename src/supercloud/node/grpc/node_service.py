"""The small services of a node: its settings and status, discovery, and lists of what it speaks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorProto

from supercloud.node.grpc.app_service import interfaces
from supercloud.node.grpc.discovery import describe
from supercloud.node.grpc.view import View
from supercloud.pb.akash.discovery.v1 import service_pb2 as discovery_pb2
from supercloud.pb.cosmos.autocli.v1 import query_pb2 as autocli_pb2
from supercloud.pb.cosmos.base.node.v1beta1 import query_pb2 as node_pb2
from supercloud.pb.cosmos.base.reflection.v1beta1 import reflection_pb2 as interfaces_pb2
from supercloud.pb.cosmos.reflection.v1 import reflection_pb2
from supercloud.types.errors import InvalidArgument


class NodeService:
    """cosmos.base.node.v1beta1.Service."""

    def __init__(self, view: View) -> None:
        self._view = view

    def config(self, request: node_pb2.ConfigRequest, height: int) -> node_pb2.ConfigResponse:
        """What this node's operator chose."""
        view = self._view
        return node_pb2.ConfigResponse(
            minimum_gas_price=view.gas_price,
            pruning_keep_recent=str(view.keep_heights),
            pruning_interval="1" if view.keep_heights else "0",
            halt_height=view.halt_height,
        )

    def status(self, request: node_pb2.StatusRequest, height: int) -> node_pb2.StatusResponse:
        """How far the node is."""
        history = self._view.history
        entry = history.entry(history.height)
        if entry is None:
            return node_pb2.StatusResponse()
        header = entry.block.header
        keep = self._view.keep_heights
        return node_pb2.StatusResponse(
            earliest_store_height=max(history.height - keep, 1)
            if keep
            else self._view.genesis.initial_height,
            height=history.height,
            timestamp=header.time,
            app_hash=self._view.history.state.app_hash,
            validator_hash=header.next_validators_hash,
        )


class DiscoveryService:
    """akash.discovery.v1.Discovery."""

    def __init__(self, view: View) -> None:
        self._view = view

    def get_info(self, request: discovery_pb2.GetInfoRequest, height: int) -> discovery_pb2.GetInfoResponse:
        """What this node speaks."""
        view = self._view
        return discovery_pb2.GetInfoResponse(info=describe(view.genesis.chain_id, view.identity.version))


class InterfaceService:
    """cosmos.base.reflection.v1beta1.ReflectionService: which types may stand where a message has an Any."""

    def __init__(self, view: View) -> None:
        self._view = view

    def list_all_interfaces(
        self, request: interfaces_pb2.ListAllInterfacesRequest, height: int
    ) -> interfaces_pb2.ListAllInterfacesResponse:
        """Names of the interfaces."""
        return interfaces_pb2.ListAllInterfacesResponse(interface_names=list(self._known()))

    def list_implementations(
        self, request: interfaces_pb2.ListImplementationsRequest, height: int
    ) -> interfaces_pb2.ListImplementationsResponse:
        """Type URLs of what implements an interface; of messages those that have a handler."""
        if not request.interface_name:
            raise InvalidArgument("invalid interface name")
        names = self._known().get(request.interface_name, [])
        return interfaces_pb2.ListImplementationsResponse(implementation_message_names=names)

    def _known(self) -> dict[str, list[str]]:
        return interfaces(self._view.app.router.messages)


class DescriptorService:
    """cosmos.reflection.v1.ReflectionService: the proto files behind everything that is served."""

    def __init__(self, services: Callable[[], Iterable[ServiceDescriptor]], view: View) -> None:
        self._services = services
        self._view = view
        self._files: list[FileDescriptorProto] = []

    def file_descriptors(
        self, request: reflection_pb2.FileDescriptorsRequest, height: int
    ) -> reflection_pb2.FileDescriptorsResponse:
        """Every file, with those that it needs before it."""
        if not self._files:
            found: dict[str, Any] = {}
            for service in self._services():
                _collect(service.file, found)
            for route in self._view.app.router.messages.values():
                _collect(route.message_type.DESCRIPTOR.file, found)
            for file in found.values():
                proto = FileDescriptorProto()
                file.CopyToProto(proto)
                self._files.append(proto)
        return reflection_pb2.FileDescriptorsResponse(files=self._files)


class AutocliService:
    """cosmos.autocli.v1.Query: no options; tools fall back to the proto files."""

    def app_options(
        self, request: autocli_pb2.AppOptionsRequest, height: int
    ) -> autocli_pb2.AppOptionsResponse:
        """Nothing."""
        return autocli_pb2.AppOptionsResponse()


def _collect(file: Any, found: dict[str, Any]) -> None:
    if file.name in found:
        return
    for needed in file.dependencies:
        _collect(needed, found)
    found[file.name] = file
