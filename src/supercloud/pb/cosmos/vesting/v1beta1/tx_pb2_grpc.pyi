from collections.abc import Iterator
from typing import Any

import supercloud.pb.cosmos.vesting.v1beta1.tx_pb2 as _supercloud_pb_cosmos_vesting_v1beta1_tx_pb2

class MsgStub:
    def __init__(self, channel: Any) -> None: ...
    CreateVestingAccount: Any
    CreatePermanentLockedAccount: Any
    CreatePeriodicVestingAccount: Any

class MsgServicer:
    def CreateVestingAccount(self, request: _supercloud_pb_cosmos_vesting_v1beta1_tx_pb2.MsgCreateVestingAccount, context: Any) -> Any: ...
    def CreatePermanentLockedAccount(self, request: _supercloud_pb_cosmos_vesting_v1beta1_tx_pb2.MsgCreatePermanentLockedAccount, context: Any) -> Any: ...
    def CreatePeriodicVestingAccount(self, request: _supercloud_pb_cosmos_vesting_v1beta1_tx_pb2.MsgCreatePeriodicVestingAccount, context: Any) -> Any: ...

def add_MsgServicer_to_server(servicer: Any, server: Any) -> None: ...
