from collections.abc import Iterator
from typing import Any

import supercloud.pb.akash.oracle.v2.msgs_pb2 as _supercloud_pb_akash_oracle_v2_msgs_pb2

class MsgStub:
    def __init__(self, channel: Any) -> None: ...
    AddPriceEntry: Any
    UpdateParams: Any

class MsgServicer:
    def AddPriceEntry(self, request: _supercloud_pb_akash_oracle_v2_msgs_pb2.MsgAddPriceEntry, context: Any) -> Any: ...
    def UpdateParams(self, request: _supercloud_pb_akash_oracle_v2_msgs_pb2.MsgUpdateParams, context: Any) -> Any: ...

def add_MsgServicer_to_server(servicer: Any, server: Any) -> None: ...
