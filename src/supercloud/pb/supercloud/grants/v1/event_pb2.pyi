from supercloud.pb.cosmos.base.v1beta1 import coin_pb2 as _coin_pb2
from supercloud.pb.gogoproto import gogo_pb2 as _gogo_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class EventGrantCreated(_message.Message):
    __slots__ = ("id", "recipient", "title", "amount")
    ID_FIELD_NUMBER: _ClassVar[int]
    RECIPIENT_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    id: int
    recipient: str
    title: str
    amount: _containers.RepeatedCompositeFieldContainer[_coin_pb2.Coin]
    def __init__(self, id: _Optional[int] = ..., recipient: _Optional[str] = ..., title: _Optional[str] = ..., amount: _Optional[_Iterable[_Union[_coin_pb2.Coin, _Mapping]]] = ...) -> None: ...

class EventMilestoneReleased(_message.Message):
    __slots__ = ("id", "milestone", "amount")
    ID_FIELD_NUMBER: _ClassVar[int]
    MILESTONE_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    id: int
    milestone: int
    amount: _containers.RepeatedCompositeFieldContainer[_coin_pb2.Coin]
    def __init__(self, id: _Optional[int] = ..., milestone: _Optional[int] = ..., amount: _Optional[_Iterable[_Union[_coin_pb2.Coin, _Mapping]]] = ...) -> None: ...

class EventGrantClaimed(_message.Message):
    __slots__ = ("id", "recipient", "amount", "completed")
    ID_FIELD_NUMBER: _ClassVar[int]
    RECIPIENT_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    COMPLETED_FIELD_NUMBER: _ClassVar[int]
    id: int
    recipient: str
    amount: _containers.RepeatedCompositeFieldContainer[_coin_pb2.Coin]
    completed: bool
    def __init__(self, id: _Optional[int] = ..., recipient: _Optional[str] = ..., amount: _Optional[_Iterable[_Union[_coin_pb2.Coin, _Mapping]]] = ..., completed: _Optional[bool] = ...) -> None: ...

class EventGrantCancelled(_message.Message):
    __slots__ = ("id", "returned", "forfeit")
    ID_FIELD_NUMBER: _ClassVar[int]
    RETURNED_FIELD_NUMBER: _ClassVar[int]
    FORFEIT_FIELD_NUMBER: _ClassVar[int]
    id: int
    returned: _containers.RepeatedCompositeFieldContainer[_coin_pb2.Coin]
    forfeit: bool
    def __init__(self, id: _Optional[int] = ..., returned: _Optional[_Iterable[_Union[_coin_pb2.Coin, _Mapping]]] = ..., forfeit: _Optional[bool] = ...) -> None: ...
