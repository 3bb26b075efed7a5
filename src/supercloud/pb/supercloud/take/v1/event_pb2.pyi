from supercloud.pb.cosmos.base.v1beta1 import coin_pb2 as _coin_pb2
from supercloud.pb.gogoproto import gogo_pb2 as _gogo_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class EventTaken(_message.Message):
    __slots__ = ("payment_id", "provider", "amount", "taken")
    PAYMENT_ID_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    TAKEN_FIELD_NUMBER: _ClassVar[int]
    payment_id: str
    provider: str
    amount: _coin_pb2.Coin
    taken: _coin_pb2.Coin
    def __init__(self, payment_id: _Optional[str] = ..., provider: _Optional[str] = ..., amount: _Optional[_Union[_coin_pb2.Coin, _Mapping]] = ..., taken: _Optional[_Union[_coin_pb2.Coin, _Mapping]] = ...) -> None: ...

class EventOutflow(_message.Message):
    __slots__ = ("community", "stakers")
    COMMUNITY_FIELD_NUMBER: _ClassVar[int]
    STAKERS_FIELD_NUMBER: _ClassVar[int]
    community: _containers.RepeatedCompositeFieldContainer[_coin_pb2.Coin]
    stakers: _containers.RepeatedCompositeFieldContainer[_coin_pb2.Coin]
    def __init__(self, community: _Optional[_Iterable[_Union[_coin_pb2.Coin, _Mapping]]] = ..., stakers: _Optional[_Iterable[_Union[_coin_pb2.Coin, _Mapping]]] = ...) -> None: ...
