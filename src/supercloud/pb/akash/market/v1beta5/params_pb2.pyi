import datetime

from supercloud.pb.cosmos.base.v1beta1 import coin_pb2 as _coin_pb2
from supercloud.pb.gogoproto import gogo_pb2 as _gogo_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Params(_message.Message):
    __slots__ = ("bid_min_deposit", "order_max_bids", "bid_min_deposits", "min_reclamation_window", "max_reclamation_window")
    BID_MIN_DEPOSIT_FIELD_NUMBER: _ClassVar[int]
    ORDER_MAX_BIDS_FIELD_NUMBER: _ClassVar[int]
    BID_MIN_DEPOSITS_FIELD_NUMBER: _ClassVar[int]
    MIN_RECLAMATION_WINDOW_FIELD_NUMBER: _ClassVar[int]
    MAX_RECLAMATION_WINDOW_FIELD_NUMBER: _ClassVar[int]
    bid_min_deposit: _coin_pb2.Coin
    order_max_bids: int
    bid_min_deposits: _containers.RepeatedCompositeFieldContainer[_coin_pb2.Coin]
    min_reclamation_window: _duration_pb2.Duration
    max_reclamation_window: _duration_pb2.Duration
    def __init__(self, bid_min_deposit: _Optional[_Union[_coin_pb2.Coin, _Mapping]] = ..., order_max_bids: _Optional[int] = ..., bid_min_deposits: _Optional[_Iterable[_Union[_coin_pb2.Coin, _Mapping]]] = ..., min_reclamation_window: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., max_reclamation_window: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...
