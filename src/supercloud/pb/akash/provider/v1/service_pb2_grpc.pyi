from collections.abc import Iterator
from typing import Any

import google.protobuf.empty_pb2 as _google_protobuf_empty_pb2
import supercloud.pb.akash.provider.v1.validation_pb2 as _supercloud_pb_akash_provider_v1_validation_pb2

class ProviderRPCStub:
    def __init__(self, channel: Any) -> None: ...
    GetStatus: Any
    StreamStatus: Any
    BidScreening: Any

class ProviderRPCServicer:
    def GetStatus(self, request: _google_protobuf_empty_pb2.Empty, context: Any) -> Any: ...
    def StreamStatus(self, request: _google_protobuf_empty_pb2.Empty, context: Any) -> Any: ...
    def BidScreening(self, request: _supercloud_pb_akash_provider_v1_validation_pb2.BidScreeningRequest, context: Any) -> Any: ...

def add_ProviderRPCServicer_to_server(servicer: Any, server: Any) -> None: ...
