from collections.abc import Iterator
from typing import Any

import supercloud.pb.akash.escrow.v1.query_pb2 as _supercloud_pb_akash_escrow_v1_query_pb2

class QueryStub:
    def __init__(self, channel: Any) -> None: ...
    Accounts: Any
    Payments: Any

class QueryServicer:
    def Accounts(self, request: _supercloud_pb_akash_escrow_v1_query_pb2.QueryAccountsRequest, context: Any) -> Any: ...
    def Payments(self, request: _supercloud_pb_akash_escrow_v1_query_pb2.QueryPaymentsRequest, context: Any) -> Any: ...

def add_QueryServicer_to_server(servicer: Any, server: Any) -> None: ...
