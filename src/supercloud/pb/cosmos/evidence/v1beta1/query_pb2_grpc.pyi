from collections.abc import Iterator
from typing import Any

import supercloud.pb.cosmos.evidence.v1beta1.query_pb2 as _supercloud_pb_cosmos_evidence_v1beta1_query_pb2

class QueryStub:
    def __init__(self, channel: Any) -> None: ...
    Evidence: Any
    AllEvidence: Any

class QueryServicer:
    def Evidence(self, request: _supercloud_pb_cosmos_evidence_v1beta1_query_pb2.QueryEvidenceRequest, context: Any) -> Any: ...
    def AllEvidence(self, request: _supercloud_pb_cosmos_evidence_v1beta1_query_pb2.QueryAllEvidenceRequest, context: Any) -> Any: ...

def add_QueryServicer_to_server(servicer: Any, server: Any) -> None: ...
