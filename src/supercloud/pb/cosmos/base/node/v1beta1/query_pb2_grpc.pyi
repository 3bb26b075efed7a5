from collections.abc import Iterator
from typing import Any

import supercloud.pb.cosmos.base.node.v1beta1.query_pb2 as _supercloud_pb_cosmos_base_node_v1beta1_query_pb2

class ServiceStub:
    def __init__(self, channel: Any) -> None: ...
    Config: Any
    Status: Any

class ServiceServicer:
    def Config(self, request: _supercloud_pb_cosmos_base_node_v1beta1_query_pb2.ConfigRequest, context: Any) -> Any: ...
    def Status(self, request: _supercloud_pb_cosmos_base_node_v1beta1_query_pb2.StatusRequest, context: Any) -> Any: ...

def add_ServiceServicer_to_server(servicer: Any, server: Any) -> None: ...
