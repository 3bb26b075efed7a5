from collections.abc import Iterator
from typing import Any

import supercloud.pb.akash.provider.v1beta4.msg_pb2 as _supercloud_pb_akash_provider_v1beta4_msg_pb2

class MsgStub:
    def __init__(self, channel: Any) -> None: ...
    CreateProvider: Any
    UpdateProvider: Any
    DeleteProvider: Any

class MsgServicer:
    def CreateProvider(self, request: _supercloud_pb_akash_provider_v1beta4_msg_pb2.MsgCreateProvider, context: Any) -> Any: ...
    def UpdateProvider(self, request: _supercloud_pb_akash_provider_v1beta4_msg_pb2.MsgUpdateProvider, context: Any) -> Any: ...
    def DeleteProvider(self, request: _supercloud_pb_akash_provider_v1beta4_msg_pb2.MsgDeleteProvider, context: Any) -> Any: ...

def add_MsgServicer_to_server(servicer: Any, server: Any) -> None: ...
