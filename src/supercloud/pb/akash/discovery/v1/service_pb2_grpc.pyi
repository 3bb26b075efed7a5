from collections.abc import Iterator
from typing import Any

import supercloud.pb.akash.discovery.v1.service_pb2 as _supercloud_pb_akash_discovery_v1_service_pb2

class DiscoveryStub:
    def __init__(self, channel: Any) -> None: ...
    GetInfo: Any

class DiscoveryServicer:
    def GetInfo(self, request: _supercloud_pb_akash_discovery_v1_service_pb2.GetInfoRequest, context: Any) -> Any: ...

def add_DiscoveryServicer_to_server(servicer: Any, server: Any) -> None: ...
