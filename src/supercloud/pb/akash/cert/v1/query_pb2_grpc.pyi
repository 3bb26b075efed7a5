from collections.abc import Iterator
from typing import Any

import supercloud.pb.akash.cert.v1.query_pb2 as _supercloud_pb_akash_cert_v1_query_pb2

class QueryStub:
    def __init__(self, channel: Any) -> None: ...
    Certificates: Any

class QueryServicer:
    def Certificates(self, request: _supercloud_pb_akash_cert_v1_query_pb2.QueryCertificatesRequest, context: Any) -> Any: ...

def add_QueryServicer_to_server(servicer: Any, server: Any) -> None: ...
