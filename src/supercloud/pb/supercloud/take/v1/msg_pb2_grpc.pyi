from collections.abc import Iterator
from typing import Any

import supercloud.pb.supercloud.take.v1.msg_pb2 as _supercloud_pb_supercloud_take_v1_msg_pb2

class MsgStub:
    def __init__(self, channel: Any) -> None: ...
    UpdateOutflow: Any

class MsgServicer:
    def UpdateOutflow(self, request: _supercloud_pb_supercloud_take_v1_msg_pb2.MsgUpdateOutflow, context: Any) -> Any: ...

def add_MsgServicer_to_server(servicer: Any, server: Any) -> None: ...
