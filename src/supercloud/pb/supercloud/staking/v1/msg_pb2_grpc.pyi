from collections.abc import Iterator
from typing import Any

import supercloud.pb.supercloud.staking.v1.msg_pb2 as _supercloud_pb_supercloud_staking_v1_msg_pb2

class MsgStub:
    def __init__(self, channel: Any) -> None: ...
    UpdateAdmission: Any

class MsgServicer:
    def UpdateAdmission(self, request: _supercloud_pb_supercloud_staking_v1_msg_pb2.MsgUpdateAdmission, context: Any) -> Any: ...

def add_MsgServicer_to_server(servicer: Any, server: Any) -> None: ...
