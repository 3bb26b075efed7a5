from collections.abc import Iterator
from typing import Any

import supercloud.pb.akash.take.v1.paramsmsg_pb2 as _supercloud_pb_akash_take_v1_paramsmsg_pb2

class MsgStub:
    def __init__(self, channel: Any) -> None: ...
    UpdateParams: Any

class MsgServicer:
    def UpdateParams(self, request: _supercloud_pb_akash_take_v1_paramsmsg_pb2.MsgUpdateParams, context: Any) -> Any: ...

def add_MsgServicer_to_server(servicer: Any, server: Any) -> None: ...
