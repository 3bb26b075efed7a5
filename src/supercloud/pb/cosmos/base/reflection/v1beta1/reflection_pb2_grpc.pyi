from collections.abc import Iterator
from typing import Any

import supercloud.pb.cosmos.base.reflection.v1beta1.reflection_pb2 as _supercloud_pb_cosmos_base_reflection_v1beta1_reflection_pb2

class ReflectionServiceStub:
    def __init__(self, channel: Any) -> None: ...
    ListAllInterfaces: Any
    ListImplementations: Any

class ReflectionServiceServicer:
    def ListAllInterfaces(self, request: _supercloud_pb_cosmos_base_reflection_v1beta1_reflection_pb2.ListAllInterfacesRequest, context: Any) -> Any: ...
    def ListImplementations(self, request: _supercloud_pb_cosmos_base_reflection_v1beta1_reflection_pb2.ListImplementationsRequest, context: Any) -> Any: ...

def add_ReflectionServiceServicer_to_server(servicer: Any, server: Any) -> None: ...
