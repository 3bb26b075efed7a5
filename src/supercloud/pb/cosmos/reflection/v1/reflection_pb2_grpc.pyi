from collections.abc import Iterator
from typing import Any

import supercloud.pb.cosmos.reflection.v1.reflection_pb2 as _supercloud_pb_cosmos_reflection_v1_reflection_pb2

class ReflectionServiceStub:
    def __init__(self, channel: Any) -> None: ...
    FileDescriptors: Any

class ReflectionServiceServicer:
    def FileDescriptors(self, request: _supercloud_pb_cosmos_reflection_v1_reflection_pb2.FileDescriptorsRequest, context: Any) -> Any: ...

def add_ReflectionServiceServicer_to_server(servicer: Any, server: Any) -> None: ...
