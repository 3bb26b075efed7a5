from collections.abc import Iterator
from typing import Any

import supercloud.pb.akash.provider.v1beta4.query_pb2 as _supercloud_pb_akash_provider_v1beta4_query_pb2

class QueryStub:
    def __init__(self, channel: Any) -> None: ...
    Providers: Any
    Provider: Any

class QueryServicer:
    def Providers(self, request: _supercloud_pb_akash_provider_v1beta4_query_pb2.QueryProvidersRequest, context: Any) -> Any: ...
    def Provider(self, request: _supercloud_pb_akash_provider_v1beta4_query_pb2.QueryProviderRequest, context: Any) -> Any: ...

def add_QueryServicer_to_server(servicer: Any, server: Any) -> None: ...
