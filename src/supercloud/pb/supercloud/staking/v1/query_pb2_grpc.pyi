from collections.abc import Iterator
from typing import Any

import supercloud.pb.supercloud.staking.v1.query_pb2 as _supercloud_pb_supercloud_staking_v1_query_pb2

class QueryStub:
    def __init__(self, channel: Any) -> None: ...
    Admission: Any

class QueryServicer:
    def Admission(self, request: _supercloud_pb_supercloud_staking_v1_query_pb2.QueryAdmissionRequest, context: Any) -> Any: ...

def add_QueryServicer_to_server(servicer: Any, server: Any) -> None: ...
