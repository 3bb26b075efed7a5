from supercloud.pb.cosmos_proto import cosmos_pb2 as _cosmos_pb2
from supercloud.pb.gogoproto import gogo_pb2 as _gogo_pb2
from supercloud.pb.supercloud.feeauction.v1 import auction_pb2 as _auction_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class EventRoundStarted(_message.Message):
    __slots__ = ("round",)
    ROUND_FIELD_NUMBER: _ClassVar[int]
    round: _auction_pb2.Round
    def __init__(self, round: _Optional[_Union[_auction_pb2.Round, _Mapping]] = ...) -> None: ...

class EventBid(_message.Message):
    __slots__ = ("round", "bidder", "amount", "end_height")
    ROUND_FIELD_NUMBER: _ClassVar[int]
    BIDDER_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    END_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    round: int
    bidder: str
    amount: str
    end_height: int
    def __init__(self, round: _Optional[int] = ..., bidder: _Optional[str] = ..., amount: _Optional[str] = ..., end_height: _Optional[int] = ...) -> None: ...

class EventSold(_message.Message):
    __slots__ = ("result",)
    RESULT_FIELD_NUMBER: _ClassVar[int]
    result: _auction_pb2.Result
    def __init__(self, result: _Optional[_Union[_auction_pb2.Result, _Mapping]] = ...) -> None: ...

class EventUnsold(_message.Message):
    __slots__ = ("round",)
    ROUND_FIELD_NUMBER: _ClassVar[int]
    round: int
    def __init__(self, round: _Optional[int] = ...) -> None: ...
