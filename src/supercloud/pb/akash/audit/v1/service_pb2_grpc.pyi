from collections.abc import Iterator
from typing import Any

import supercloud.pb.akash.audit.v1.msg_pb2 as _supercloud_pb_akash_audit_v1_msg_pb2

class MsgStub:
    def __init__(self, channel: Any) -> None: ...
    SignProviderAttributes: Any
    DeleteProviderAttributes: Any

class MsgServicer:
    def SignProviderAttributes(self, request: _supercloud_pb_akash_audit_v1_msg_pb2.MsgSignProviderAttributes, context: Any) -> Any: ...
    def DeleteProviderAttributes(self, request: _supercloud_pb_akash_audit_v1_msg_pb2.MsgDeleteProviderAttributes, context: Any) -> Any: ...

def add_MsgServicer_to_server(servicer: Any, server: Any) -> None: ...
