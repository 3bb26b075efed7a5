from collections.abc import Iterator
from typing import Any

import supercloud.pb.cosmos.authz.v1beta1.tx_pb2 as _supercloud_pb_cosmos_authz_v1beta1_tx_pb2

class MsgStub:
    def __init__(self, channel: Any) -> None: ...
    Grant: Any
    Exec: Any
    Revoke: Any

class MsgServicer:
    def Grant(self, request: _supercloud_pb_cosmos_authz_v1beta1_tx_pb2.MsgGrant, context: Any) -> Any: ...
    def Exec(self, request: _supercloud_pb_cosmos_authz_v1beta1_tx_pb2.MsgExec, context: Any) -> Any: ...
    def Revoke(self, request: _supercloud_pb_cosmos_authz_v1beta1_tx_pb2.MsgRevoke, context: Any) -> Any: ...

def add_MsgServicer_to_server(servicer: Any, server: Any) -> None: ...
