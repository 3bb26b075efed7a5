from collections.abc import Iterator
from typing import Any

import supercloud.pb.cosmos.mint.v1beta1.query_pb2 as _supercloud_pb_cosmos_mint_v1beta1_query_pb2

class QueryStub:
    def __init__(self, channel: Any) -> None: ...
    Params: Any
    Inflation: Any
    AnnualProvisions: Any

class QueryServicer:
    def Params(self, request: _supercloud_pb_cosmos_mint_v1beta1_query_pb2.QueryParamsRequest, context: Any) -> Any: ...
    def Inflation(self, request: _supercloud_pb_cosmos_mint_v1beta1_query_pb2.QueryInflationRequest, context: Any) -> Any: ...
    def AnnualProvisions(self, request: _supercloud_pb_cosmos_mint_v1beta1_query_pb2.QueryAnnualProvisionsRequest, context: Any) -> Any: ...

def add_QueryServicer_to_server(servicer: Any, server: Any) -> None: ...
