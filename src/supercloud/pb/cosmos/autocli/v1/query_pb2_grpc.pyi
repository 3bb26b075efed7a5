from collections.abc import Iterator
from typing import Any

import supercloud.pb.cosmos.autocli.v1.query_pb2 as _supercloud_pb_cosmos_autocli_v1_query_pb2

class QueryStub:
    def __init__(self, channel: Any) -> None: ...
    AppOptions: Any

class QueryServicer:
    def AppOptions(self, request: _supercloud_pb_cosmos_autocli_v1_query_pb2.AppOptionsRequest, context: Any) -> Any: ...

def add_QueryServicer_to_server(servicer: Any, server: Any) -> None: ...
