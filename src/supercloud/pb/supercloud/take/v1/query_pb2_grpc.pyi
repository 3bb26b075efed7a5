from collections.abc import Iterator
from typing import Any

import supercloud.pb.supercloud.take.v1.query_pb2 as _supercloud_pb_supercloud_take_v1_query_pb2

class QueryStub:
    def __init__(self, channel: Any) -> None: ...
    Outflow: Any

class QueryServicer:
    def Outflow(self, request: _supercloud_pb_supercloud_take_v1_query_pb2.QueryOutflowRequest, context: Any) -> Any: ...

def add_QueryServicer_to_server(servicer: Any, server: Any) -> None: ...
