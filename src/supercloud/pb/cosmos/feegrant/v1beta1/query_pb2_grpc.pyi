from collections.abc import Iterator
from typing import Any

import supercloud.pb.cosmos.feegrant.v1beta1.query_pb2 as _supercloud_pb_cosmos_feegrant_v1beta1_query_pb2

class QueryStub:
    def __init__(self, channel: Any) -> None: ...
    Allowance: Any
    Allowances: Any
    AllowancesByGranter: Any

class QueryServicer:
    def Allowance(self, request: _supercloud_pb_cosmos_feegrant_v1beta1_query_pb2.QueryAllowanceRequest, context: Any) -> Any: ...
    def Allowances(self, request: _supercloud_pb_cosmos_feegrant_v1beta1_query_pb2.QueryAllowancesRequest, context: Any) -> Any: ...
    def AllowancesByGranter(self, request: _supercloud_pb_cosmos_feegrant_v1beta1_query_pb2.QueryAllowancesByGranterRequest, context: Any) -> Any: ...

def add_QueryServicer_to_server(servicer: Any, server: Any) -> None: ...
