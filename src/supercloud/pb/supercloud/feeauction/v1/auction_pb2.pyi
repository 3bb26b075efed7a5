from supercloud.pb.cosmos.base.v1beta1 import coin_pb2 as _coin_pb2
from supercloud.pb.cosmos_proto import cosmos_pb2 as _cosmos_pb2
from supercloud.pb.gogoproto import gogo_pb2 as _gogo_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Params(_message.Message):
    __slots__ = ("round_blocks", "extension_blocks", "min_bid", "min_increment_bps", "burn_bps", "community_bps")
    ROUND_BLOCKS_FIELD_NUMBER: _ClassVar[int]
    EXTENSION_BLOCKS_FIELD_NUMBER: _ClassVar[int]
    MIN_BID_FIELD_NUMBER: _ClassVar[int]
    MIN_INCREMENT_BPS_FIELD_NUMBER: _ClassVar[int]
    BURN_BPS_FIELD_NUMBER: _ClassVar[int]
    COMMUNITY_BPS_FIELD_NUMBER: _ClassVar[int]
    round_blocks: int
    extension_blocks: int
    min_bid: str
    min_increment_bps: int
    burn_bps: int
    community_bps: int
    def __init__(self, round_blocks: _Optional[int] = ..., extension_blocks: _Optional[int] = ..., min_bid: _Optional[str] = ..., min_increment_bps: _Optional[int] = ..., burn_bps: _Optional[int] = ..., community_bps: _Optional[int] = ...) -> None: ...

class Round(_message.Message):
    __slots__ = ("number", "end_height", "lot", "bidder", "bid")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    END_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    LOT_FIELD_NUMBER: _ClassVar[int]
    BIDDER_FIELD_NUMBER: _ClassVar[int]
    BID_FIELD_NUMBER: _ClassVar[int]
    number: int
    end_height: int
    lot: _containers.RepeatedCompositeFieldContainer[_coin_pb2.Coin]
    bidder: str
    bid: str
    def __init__(self, number: _Optional[int] = ..., end_height: _Optional[int] = ..., lot: _Optional[_Iterable[_Union[_coin_pb2.Coin, _Mapping]]] = ..., bidder: _Optional[str] = ..., bid: _Optional[str] = ...) -> None: ...

class Result(_message.Message):
    __slots__ = ("number", "height", "lot", "winner", "paid", "burned", "community", "stakers")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    LOT_FIELD_NUMBER: _ClassVar[int]
    WINNER_FIELD_NUMBER: _ClassVar[int]
    PAID_FIELD_NUMBER: _ClassVar[int]
    BURNED_FIELD_NUMBER: _ClassVar[int]
    COMMUNITY_FIELD_NUMBER: _ClassVar[int]
    STAKERS_FIELD_NUMBER: _ClassVar[int]
    number: int
    height: int
    lot: _containers.RepeatedCompositeFieldContainer[_coin_pb2.Coin]
    winner: str
    paid: str
    burned: str
    community: str
    stakers: str
    def __init__(self, number: _Optional[int] = ..., height: _Optional[int] = ..., lot: _Optional[_Iterable[_Union[_coin_pb2.Coin, _Mapping]]] = ..., winner: _Optional[str] = ..., paid: _Optional[str] = ..., burned: _Optional[str] = ..., community: _Optional[str] = ..., stakers: _Optional[str] = ...) -> None: ...
