from collections.abc import Iterator
from typing import Any

import supercloud.pb.supercloud.grants.v1.query_pb2 as _supercloud_pb_supercloud_grants_v1_query_pb2

class QueryStub:
    def __init__(self, channel: Any) -> None: ...
    Params: Any
    Grant: Any
    Grants: Any

class QueryServicer:
    def Params(self, request: _supercloud_pb_supercloud_grants_v1_query_pb2.QueryParamsRequest, context: Any) -> Any: ...
    def Grant(self, request: _supercloud_pb_supercloud_grants_v1_query_pb2.QueryGrantRequest, context: Any) -> Any: ...
    def Grants(self, request: _supercloud_pb_supercloud_grants_v1_query_pb2.QueryGrantsRequest, context: Any) -> Any: ...

def add_QueryServicer_to_server(servicer: Any, server: Any) -> None: ...
