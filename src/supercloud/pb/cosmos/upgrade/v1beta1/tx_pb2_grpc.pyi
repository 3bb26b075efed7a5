from collections.abc import Iterator
from typing import Any

import supercloud.pb.cosmos.upgrade.v1beta1.tx_pb2 as _supercloud_pb_cosmos_upgrade_v1beta1_tx_pb2

class MsgStub:
    def __init__(self, channel: Any) -> None: ...
    SoftwareUpgrade: Any
    CancelUpgrade: Any

class MsgServicer:
    def SoftwareUpgrade(self, request: _supercloud_pb_cosmos_upgrade_v1beta1_tx_pb2.MsgSoftwareUpgrade, context: Any) -> Any: ...
    def CancelUpgrade(self, request: _supercloud_pb_cosmos_upgrade_v1beta1_tx_pb2.MsgCancelUpgrade, context: Any) -> Any: ...

def add_MsgServicer_to_server(servicer: Any, server: Any) -> None: ...
