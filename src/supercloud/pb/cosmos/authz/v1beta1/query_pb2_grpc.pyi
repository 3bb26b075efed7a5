from collections.abc import Iterator
from typing import Any

import supercloud.pb.cosmos.authz.v1beta1.query_pb2 as _supercloud_pb_cosmos_authz_v1beta1_query_pb2

class QueryStub:
    def __init__(self, channel: Any) -> None: ...
    Grants: Any
    GranterGrants: Any
    GranteeGrants: Any

class QueryServicer:
    def Grants(self, request: _supercloud_pb_cosmos_authz_v1beta1_query_pb2.QueryGrantsRequest, context: Any) -> Any: ...
    def GranterGrants(self, request: _supercloud_pb_cosmos_authz_v1beta1_query_pb2.QueryGranterGrantsRequest, context: Any) -> Any: ...
    def GranteeGrants(self, request: _supercloud_pb_cosmos_authz_v1beta1_query_pb2.QueryGranteeGrantsRequest, context: Any) -> Any: ...

def add_QueryServicer_to_server(servicer: Any, server: Any) -> None: ...
