from collections.abc import Iterator
from typing import Any

import supercloud.pb.akash.oracle.v2.query_pb2 as _supercloud_pb_akash_oracle_v2_query_pb2

class QueryStub:
    def __init__(self, channel: Any) -> None: ...
    Prices: Any
    Params: Any
    AggregatedPrice: Any

class QueryServicer:
    def Prices(self, request: _supercloud_pb_akash_oracle_v2_query_pb2.QueryPricesRequest, context: Any) -> Any: ...
    def Params(self, request: _supercloud_pb_akash_oracle_v2_query_pb2.QueryParamsRequest, context: Any) -> Any: ...
    def AggregatedPrice(self, request: _supercloud_pb_akash_oracle_v2_query_pb2.QueryAggregatedPriceRequest, context: Any) -> Any: ...

def add_QueryServicer_to_server(servicer: Any, server: Any) -> None: ...
