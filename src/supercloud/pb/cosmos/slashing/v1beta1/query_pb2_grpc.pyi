from collections.abc import Iterator
from typing import Any

import supercloud.pb.cosmos.slashing.v1beta1.query_pb2 as _supercloud_pb_cosmos_slashing_v1beta1_query_pb2

class QueryStub:
    def __init__(self, channel: Any) -> None: ...
    Params: Any
    SigningInfo: Any
    SigningInfos: Any

class QueryServicer:
    def Params(self, request: _supercloud_pb_cosmos_slashing_v1beta1_query_pb2.QueryParamsRequest, context: Any) -> Any: ...
    def SigningInfo(self, request: _supercloud_pb_cosmos_slashing_v1beta1_query_pb2.QuerySigningInfoRequest, context: Any) -> Any: ...
    def SigningInfos(self, request: _supercloud_pb_cosmos_slashing_v1beta1_query_pb2.QuerySigningInfosRequest, context: Any) -> Any: ...

def add_QueryServicer_to_server(servicer: Any, server: Any) -> None: ...
