import datetime

from supercloud.pb.cosmos.base.v1beta1 import coin_pb2 as _coin_pb2
from supercloud.pb.cosmos_proto import cosmos_pb2 as _cosmos_pb2
from supercloud.pb.gogoproto import gogo_pb2 as _gogo_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GrantStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    GRANT_STATUS_UNSPECIFIED: _ClassVar[GrantStatus]
    GRANT_STATUS_ACTIVE: _ClassVar[GrantStatus]
    GRANT_STATUS_COMPLETED: _ClassVar[GrantStatus]
    GRANT_STATUS_CANCELLED: _ClassVar[GrantStatus]
GRANT_STATUS_UNSPECIFIED: GrantStatus
GRANT_STATUS_ACTIVE: GrantStatus
GRANT_STATUS_COMPLETED: GrantStatus
GRANT_STATUS_CANCELLED: GrantStatus

class Stream(_message.Message):
    __slots__ = ("amount", "start", "duration")
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    DURATION_FIELD_NUMBER: _ClassVar[int]
    amount: _containers.RepeatedCompositeFieldContainer[_coin_pb2.Coin]
    start: _timestamp_pb2.Timestamp
    duration: _duration_pb2.Duration
    def __init__(self, amount: _Optional[_Iterable[_Union[_coin_pb2.Coin, _Mapping]]] = ..., start: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., duration: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class Milestone(_message.Message):
    __slots__ = ("title", "amount", "released_at")
    TITLE_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    RELEASED_AT_FIELD_NUMBER: _ClassVar[int]
    title: str
    amount: _containers.RepeatedCompositeFieldContainer[_coin_pb2.Coin]
    released_at: _timestamp_pb2.Timestamp
    def __init__(self, title: _Optional[str] = ..., amount: _Optional[_Iterable[_Union[_coin_pb2.Coin, _Mapping]]] = ..., released_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Grant(_message.Message):
    __slots__ = ("id", "recipient", "title", "metadata", "status", "stream", "milestones", "amount", "claimed", "returned", "created_at", "ended_at")
    ID_FIELD_NUMBER: _ClassVar[int]
    RECIPIENT_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    STREAM_FIELD_NUMBER: _ClassVar[int]
    MILESTONES_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    CLAIMED_FIELD_NUMBER: _ClassVar[int]
    RETURNED_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    ENDED_AT_FIELD_NUMBER: _ClassVar[int]
    id: int
    recipient: str
    title: str
    metadata: str
    status: GrantStatus
    stream: Stream
    milestones: _containers.RepeatedCompositeFieldContainer[Milestone]
    amount: _containers.RepeatedCompositeFieldContainer[_coin_pb2.Coin]
    claimed: _containers.RepeatedCompositeFieldContainer[_coin_pb2.Coin]
    returned: _containers.RepeatedCompositeFieldContainer[_coin_pb2.Coin]
    created_at: _timestamp_pb2.Timestamp
    ended_at: _timestamp_pb2.Timestamp
    def __init__(self, id: _Optional[int] = ..., recipient: _Optional[str] = ..., title: _Optional[str] = ..., metadata: _Optional[str] = ..., status: _Optional[_Union[GrantStatus, str]] = ..., stream: _Optional[_Union[Stream, _Mapping]] = ..., milestones: _Optional[_Iterable[_Union[Milestone, _Mapping]]] = ..., amount: _Optional[_Iterable[_Union[_coin_pb2.Coin, _Mapping]]] = ..., claimed: _Optional[_Iterable[_Union[_coin_pb2.Coin, _Mapping]]] = ..., returned: _Optional[_Iterable[_Union[_coin_pb2.Coin, _Mapping]]] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., ended_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Params(_message.Message):
    __slots__ = ("active_max", "milestones_max")
    ACTIVE_MAX_FIELD_NUMBER: _ClassVar[int]
    MILESTONES_MAX_FIELD_NUMBER: _ClassVar[int]
    active_max: int
    milestones_max: int
    def __init__(self, active_max: _Optional[int] = ..., milestones_max: _Optional[int] = ...) -> None: ...
