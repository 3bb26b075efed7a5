from collections.abc import Iterator
from typing import Any

import supercloud.pb.supercloud.feeauction.v1.query_pb2 as _supercloud_pb_supercloud_feeauction_v1_query_pb2

class QueryStub:
    def __init__(self, channel: Any) -> None: ...
    Params: Any
    Round: Any
    LastResult: Any

class QueryServicer:
    def Params(self, request: _supercloud_pb_supercloud_feeauction_v1_query_pb2.QueryParamsRequest, context: Any) -> Any: ...
    def Round(self, request: _supercloud_pb_supercloud_feeauction_v1_query_pb2.QueryRoundRequest, context: Any) -> Any: ...
    def LastResult(self, request: _supercloud_pb_supercloud_feeauction_v1_query_pb2.QueryLastResultRequest, context: Any) -> Any: ...

def add_QueryServicer_to_server(servicer: Any, server: Any) -> None: ...
