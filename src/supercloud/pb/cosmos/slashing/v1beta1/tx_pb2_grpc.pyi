from collections.abc import Iterator
from typing import Any

import supercloud.pb.cosmos.slashing.v1beta1.tx_pb2 as _supercloud_pb_cosmos_slashing_v1beta1_tx_pb2

class MsgStub:
    def __init__(self, channel: Any) -> None: ...
    Unjail: Any
    UpdateParams: Any

class MsgServicer:
    def Unjail(self, request: _supercloud_pb_cosmos_slashing_v1beta1_tx_pb2.MsgUnjail, context: Any) -> Any: ...
    def UpdateParams(self, request: _supercloud_pb_cosmos_slashing_v1beta1_tx_pb2.MsgUpdateParams, context: Any) -> Any: ...

def add_MsgServicer_to_server(servicer: Any, server: Any) -> None: ...
