from collections.abc import Iterator
from typing import Any

import supercloud.pb.akash.epochs.v1beta1.query_pb2 as _supercloud_pb_akash_epochs_v1beta1_query_pb2

class QueryStub:
    def __init__(self, channel: Any) -> None: ...
    EpochInfos: Any
    CurrentEpoch: Any

class QueryServicer:
    def EpochInfos(self, request: _supercloud_pb_akash_epochs_v1beta1_query_pb2.QueryEpochInfosRequest, context: Any) -> Any: ...
    def CurrentEpoch(self, request: _supercloud_pb_akash_epochs_v1beta1_query_pb2.QueryCurrentEpochRequest, context: Any) -> Any: ...

def add_QueryServicer_to_server(servicer: Any, server: Any) -> None: ...
