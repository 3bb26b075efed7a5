from supercloud.pb.cosmos.base.query.v1beta1 import pagination_pb2 as _pagination_pb2
from supercloud.pb.cosmos.base.v1beta1 import coin_pb2 as _coin_pb2
from supercloud.pb.cosmos_proto import cosmos_pb2 as _cosmos_pb2
from supercloud.pb.gogoproto import gogo_pb2 as _gogo_pb2
from supercloud.pb.google.api import annotations_pb2 as _annotations_pb2
from supercloud.pb.supercloud.grants.v1 import grant_pb2 as _grant_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class QueryParamsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class QueryParamsResponse(_message.Message):
    __slots__ = ("params",)
    PARAMS_FIELD_NUMBER: _ClassVar[int]
    params: _grant_pb2.Params
    def __init__(self, params: _Optional[_Union[_grant_pb2.Params, _Mapping]] = ...) -> None: ...

class QueryGrantRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: int
    def __init__(self, id: _Optional[int] = ...) -> None: ...

class QueryGrantResponse(_message.Message):
    __slots__ = ("grant", "earned", "claimable")
    GRANT_FIELD_NUMBER: _ClassVar[int]
    EARNED_FIELD_NUMBER: _ClassVar[int]
    CLAIMABLE_FIELD_NUMBER: _ClassVar[int]
    grant: _grant_pb2.Grant
    earned: _containers.RepeatedCompositeFieldContainer[_coin_pb2.Coin]
    claimable: _containers.RepeatedCompositeFieldContainer[_coin_pb2.Coin]
    def __init__(self, grant: _Optional[_Union[_grant_pb2.Grant, _Mapping]] = ..., earned: _Optional[_Iterable[_Union[_coin_pb2.Coin, _Mapping]]] = ..., claimable: _Optional[_Iterable[_Union[_coin_pb2.Coin, _Mapping]]] = ...) -> None: ...

class QueryGrantsRequest(_message.Message):
    __slots__ = ("recipient", "status", "pagination")
    RECIPIENT_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    PAGINATION_FIELD_NUMBER: _ClassVar[int]
    recipient: str
    status: _grant_pb2.GrantStatus
    pagination: _pagination_pb2.PageRequest
    def __init__(self, recipient: _Optional[str] = ..., status: _Optional[_Union[_grant_pb2.GrantStatus, str]] = ..., pagination: _Optional[_Union[_pagination_pb2.PageRequest, _Mapping]] = ...) -> None: ...

class QueryGrantsResponse(_message.Message):
    __slots__ = ("grants", "pagination")
    GRANTS_FIELD_NUMBER: _ClassVar[int]
    PAGINATION_FIELD_NUMBER: _ClassVar[int]
    grants: _containers.RepeatedCompositeFieldContainer[_grant_pb2.Grant]
    pagination: _pagination_pb2.PageResponse
    def __init__(self, grants: _Optional[_Iterable[_Union[_grant_pb2.Grant, _Mapping]]] = ..., pagination: _Optional[_Union[_pagination_pb2.PageResponse, _Mapping]] = ...) -> None: ...
