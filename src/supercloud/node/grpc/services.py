"""Which services the node itself serves, next to the queries of its state machine."""

from __future__ import annotations

from google.protobuf.descriptor import ServiceDescriptor

from supercloud.node.grpc.app_service import AppService
from supercloud.node.grpc.dispatch import Dispatch
from supercloud.node.grpc.node_service import (
    AutocliService,
    DescriptorService,
    DiscoveryService,
    InterfaceService,
    NodeService,
)
from supercloud.node.grpc.params_service import ParamsService
from supercloud.node.grpc.tendermint_service import TendermintService
from supercloud.node.grpc.tx_service import TxService
from supercloud.node.grpc.view import View
from supercloud.pb.akash.discovery.v1 import service_pb2 as discovery_pb2
from supercloud.pb.cosmos.autocli.v1 import query_pb2 as autocli_pb2
from supercloud.pb.cosmos.base.node.v1beta1 import query_pb2 as node_pb2
from supercloud.pb.cosmos.base.reflection.v1beta1 import reflection_pb2 as interfaces_pb2
from supercloud.pb.cosmos.base.reflection.v2alpha1 import reflection_pb2 as app_pb2
from supercloud.pb.cosmos.base.tendermint.v1beta1 import query_pb2 as tendermint_pb2
from supercloud.pb.cosmos.params.v1beta1 import query_pb2 as params_pb2
from supercloud.pb.cosmos.reflection.v1 import reflection_pb2
from supercloud.pb.cosmos.tx.v1beta1 import service_pb2 as tx_pb2


def make_dispatch(view: View) -> Dispatch:
    """The table of everything that a node answers."""
    known: list[ServiceDescriptor] = []
    servers: dict[ServiceDescriptor, object] = {
        tx_pb2.DESCRIPTOR.services_by_name["Service"]: TxService(view),
        tendermint_pb2.DESCRIPTOR.services_by_name["Service"]: TendermintService(view),
        node_pb2.DESCRIPTOR.services_by_name["Service"]: NodeService(view),
        discovery_pb2.DESCRIPTOR.services_by_name["Discovery"]: DiscoveryService(view),
        interfaces_pb2.DESCRIPTOR.services_by_name["ReflectionService"]: InterfaceService(view),
        app_pb2.DESCRIPTOR.services_by_name["ReflectionService"]: AppService(lambda: known, view),
        reflection_pb2.DESCRIPTOR.services_by_name["ReflectionService"]: DescriptorService(
            lambda: known, view
        ),
        params_pb2.DESCRIPTOR.services_by_name["Query"]: ParamsService(),
        autocli_pb2.DESCRIPTOR.services_by_name["Query"]: AutocliService(),
    }
    dispatch = Dispatch(view.app, view.live, servers)
    known.extend(dispatch.services)
    return dispatch
