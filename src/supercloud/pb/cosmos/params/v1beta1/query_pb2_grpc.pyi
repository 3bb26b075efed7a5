from collections.abc import Iterator
from typing import Any

import supercloud.pb.cosmos.params.v1beta1.query_pb2 as _supercloud_pb_cosmos_params_v1beta1_query_pb2

class QueryStub:
    def __init__(self, channel: Any) -> None: ...
    Params: Any
    Subspaces: Any

class QueryServicer:
    def Params(self, request: _supercloud_pb_cosmos_params_v1beta1_query_pb2.QueryParamsRequest, context: Any) -> Any: ...
    def Subspaces(self, request: _supercloud_pb_cosmos_params_v1beta1_query_pb2.QuerySubspacesRequest, context: Any) -> Any: ...

def add_QueryServicer_to_server(servicer: Any, server: Any) -> None: ...
