from supercloud.pb.akash.market.v1 import bid_pb2 as _bid_pb2
from supercloud.pb.akash.market.v1 import order_pb2 as _order_pb2
from supercloud.pb.gogoproto import gogo_pb2 as _gogo_pb2
from supercloud.pb.supercloud.market.v1 import params_pb2 as _params_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Deadline(_message.Message):
    __slots__ = ("height", "order", "bid")
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    BID_FIELD_NUMBER: _ClassVar[int]
    height: int
    order: _order_pb2.OrderID
    bid: _bid_pb2.BidID
    def __init__(self, height: _Optional[int] = ..., order: _Optional[_Union[_order_pb2.OrderID, _Mapping]] = ..., bid: _Optional[_Union[_bid_pb2.BidID, _Mapping]] = ...) -> None: ...

class GenesisState(_message.Message):
    __slots__ = ("params", "deadlines")
    PARAMS_FIELD_NUMBER: _ClassVar[int]
    DEADLINES_FIELD_NUMBER: _ClassVar[int]
    params: _params_pb2.Params
    deadlines: _containers.RepeatedCompositeFieldContainer[Deadline]
    def __init__(self, params: _Optional[_Union[_params_pb2.Params, _Mapping]] = ..., deadlines: _Optional[_Iterable[_Union[Deadline, _Mapping]]] = ...) -> None: ...
