from collections.abc import Iterator
from typing import Any

import supercloud.pb.cosmos.feegrant.v1beta1.tx_pb2 as _supercloud_pb_cosmos_feegrant_v1beta1_tx_pb2

class MsgStub:
    def __init__(self, channel: Any) -> None: ...
    GrantAllowance: Any
    RevokeAllowance: Any
    PruneAllowances: Any

class MsgServicer:
    def GrantAllowance(self, request: _supercloud_pb_cosmos_feegrant_v1beta1_tx_pb2.MsgGrantAllowance, context: Any) -> Any: ...
    def RevokeAllowance(self, request: _supercloud_pb_cosmos_feegrant_v1beta1_tx_pb2.MsgRevokeAllowance, context: Any) -> Any: ...
    def PruneAllowances(self, request: _supercloud_pb_cosmos_feegrant_v1beta1_tx_pb2.MsgPruneAllowances, context: Any) -> Any: ...

def add_MsgServicer_to_server(servicer: Any, server: Any) -> None: ...
