from collections.abc import Iterator
from typing import Any

import supercloud.pb.akash.escrow.v1.msg_pb2 as _supercloud_pb_akash_escrow_v1_msg_pb2

class MsgStub:
    def __init__(self, channel: Any) -> None: ...
    AccountDeposit: Any

class MsgServicer:
    def AccountDeposit(self, request: _supercloud_pb_akash_escrow_v1_msg_pb2.MsgAccountDeposit, context: Any) -> Any: ...

def add_MsgServicer_to_server(servicer: Any, server: Any) -> None: ...
