from supercloud.pb.akash.market.v1 import bid_pb2 as _bid_pb2
from supercloud.pb.akash.market.v1 import lease_pb2 as _lease_pb2
from supercloud.pb.akash.market.v1 import order_pb2 as _order_pb2
from supercloud.pb.akash.market.v1 import types_pb2 as _types_pb2
from supercloud.pb.cosmos.base.v1beta1 import coin_pb2 as _coin_pb2
from supercloud.pb.gogoproto import gogo_pb2 as _gogo_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class EventOrderCreated(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: _order_pb2.OrderID
    def __init__(self, id: _Optional[_Union[_order_pb2.OrderID, _Mapping]] = ...) -> None: ...

class EventOrderClosed(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: _order_pb2.OrderID
    def __init__(self, id: _Optional[_Union[_order_pb2.OrderID, _Mapping]] = ...) -> None: ...

class EventBidCreated(_message.Message):
    __slots__ = ("id", "price")
    ID_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    id: _bid_pb2.BidID
    price: _coin_pb2.DecCoin
    def __init__(self, id: _Optional[_Union[_bid_pb2.BidID, _Mapping]] = ..., price: _Optional[_Union[_coin_pb2.DecCoin, _Mapping]] = ...) -> None: ...

class EventBidClosed(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: _bid_pb2.BidID
    def __init__(self, id: _Optional[_Union[_bid_pb2.BidID, _Mapping]] = ...) -> None: ...

class EventLeaseCreated(_message.Message):
    __slots__ = ("id", "price")
    ID_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    id: _lease_pb2.LeaseID
    price: _coin_pb2.DecCoin
    def __init__(self, id: _Optional[_Union[_lease_pb2.LeaseID, _Mapping]] = ..., price: _Optional[_Union[_coin_pb2.DecCoin, _Mapping]] = ...) -> None: ...

class EventLeaseClosed(_message.Message):
    __slots__ = ("id", "reason")
    ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    id: _lease_pb2.LeaseID
    reason: _types_pb2.LeaseClosedReason
    def __init__(self, id: _Optional[_Union[_lease_pb2.LeaseID, _Mapping]] = ..., reason: _Optional[_Union[_types_pb2.LeaseClosedReason, str]] = ...) -> None: ...

class EventLeaseReclaimStarted(_message.Message):
    __slots__ = ("id", "reason", "deadline")
    ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    DEADLINE_FIELD_NUMBER: _ClassVar[int]
    id: _lease_pb2.LeaseID
    reason: _types_pb2.LeaseClosedReason
    deadline: int
    def __init__(self, id: _Optional[_Union[_lease_pb2.LeaseID, _Mapping]] = ..., reason: _Optional[_Union[_types_pb2.LeaseClosedReason, str]] = ..., deadline: _Optional[int] = ...) -> None: ...
