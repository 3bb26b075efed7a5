from collections.abc import Iterator
from typing import Any

import supercloud.pb.supercloud.feeauction.v1.msg_pb2 as _supercloud_pb_supercloud_feeauction_v1_msg_pb2

class MsgStub:
    def __init__(self, channel: Any) -> None: ...
    Bid: Any
    UpdateParams: Any

class MsgServicer:
    def Bid(self, request: _supercloud_pb_supercloud_feeauction_v1_msg_pb2.MsgBid, context: Any) -> Any: ...
    def UpdateParams(self, request: _supercloud_pb_supercloud_feeauction_v1_msg_pb2.MsgUpdateParams, context: Any) -> Any: ...

def add_MsgServicer_to_server(servicer: Any, server: Any) -> None: ...
