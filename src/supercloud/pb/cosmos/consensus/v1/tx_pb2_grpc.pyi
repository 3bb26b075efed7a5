from collections.abc import Iterator
from typing import Any

import supercloud.pb.cosmos.consensus.v1.tx_pb2 as _supercloud_pb_cosmos_consensus_v1_tx_pb2

class MsgStub:
    def __init__(self, channel: Any) -> None: ...
    UpdateParams: Any

class MsgServicer:
    def UpdateParams(self, request: _supercloud_pb_cosmos_consensus_v1_tx_pb2.MsgUpdateParams, context: Any) -> Any: ...

def add_MsgServicer_to_server(servicer: Any, server: Any) -> None: ...
