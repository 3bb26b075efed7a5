"""The small services."""

import pytest
from small_node import SmallNode

from supercloud.node.grpc.node_service import (
    AutocliService,
    DescriptorService,
    DiscoveryService,
    InterfaceService,
    NodeService,
)
from supercloud.pb.akash.discovery.v1 import service_pb2 as discovery_pb2
from supercloud.pb.cosmos.autocli.v1 import query_pb2 as autocli_pb2
from supercloud.pb.cosmos.base.node.v1beta1 import query_pb2 as node_pb2
from supercloud.pb.cosmos.base.reflection.v1beta1 import reflection_pb2 as interfaces_pb2
from supercloud.pb.cosmos.reflection.v1 import reflection_pb2
from supercloud.types.errors import ChainError


def test_settings_and_status(small: SmallNode) -> None:
    service = NodeService(small.view)
    config = service.config(node_pb2.ConfigRequest(), 0)
    assert (config.minimum_gas_price, config.pruning_keep_recent, config.halt_height) == (
        "0.0025uakt",
        "100",
        7,
    )
    assert service.status(node_pb2.StatusRequest(), 0).height == 0
    small.block()
    status = service.status(node_pb2.StatusRequest(), 0)
    assert (status.height, status.earliest_store_height) == (1, 1)
    assert status.app_hash == small.engine.state.app_hash


def test_discovery(small: SmallNode) -> None:
    info = DiscoveryService(small.view).get_info(discovery_pb2.GetInfoRequest(), 0).info
    assert info.chain_id == "c" and info.client_info.api_version == "v1beta3"
    assert [version.api_version for version in info.supported_versions] == ["v1beta4", "v1beta3"]
    modules = {module.module: module.version for module in info.supported_versions[0].modules}
    assert modules["market"] == "v1beta5" and modules["deployment"] == "v1beta4"


def test_interfaces(small: SmallNode) -> None:
    service = InterfaceService(small.view)
    names = service.list_all_interfaces(interfaces_pb2.ListAllInterfacesRequest(), 0).interface_names
    assert {"cosmos.authz.v1beta1.Authorization", "cosmos.crypto.PubKey"} <= set(names)
    request = interfaces_pb2.ListImplementationsRequest(interface_name="cosmos.base.v1beta1.Msg")
    assert (
        "/cosmos.bank.v1beta1.MsgSend"
        in service.list_implementations(request, 0).implementation_message_names
    )
    request = interfaces_pb2.ListImplementationsRequest(interface_name="other")
    assert not service.list_implementations(request, 0).implementation_message_names
    with pytest.raises(ChainError):
        service.list_implementations(interfaces_pb2.ListImplementationsRequest(), 0)


def test_files_come_after_what_they_need(small: SmallNode) -> None:
    service = DescriptorService(lambda: small.dispatch.services, small.view)
    files = service.file_descriptors(reflection_pb2.FileDescriptorsRequest(), 0).files
    seen: set[str] = set()
    for file in files:
        assert set(file.dependency) <= seen
        assert file.name not in seen
        seen.add(file.name)
    assert "cosmos/bank/v1beta1/tx.proto" in seen and len(seen) > 50


def test_autocli_is_empty() -> None:
    assert not AutocliService().app_options(autocli_pb2.AppOptionsRequest(), 0).module_options
