from supercloud.pb.gogoproto import gogo_pb2 as _gogo_pb2
from supercloud.pb.supercloud.grants.v1 import grant_pb2 as _grant_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GenesisState(_message.Message):
    __slots__ = ("params", "next_id", "grants")
    PARAMS_FIELD_NUMBER: _ClassVar[int]
    NEXT_ID_FIELD_NUMBER: _ClassVar[int]
    GRANTS_FIELD_NUMBER: _ClassVar[int]
    params: _grant_pb2.Params
    next_id: int
    grants: _containers.RepeatedCompositeFieldContainer[_grant_pb2.Grant]
    def __init__(self, params: _Optional[_Union[_grant_pb2.Params, _Mapping]] = ..., next_id: _Optional[int] = ..., grants: _Optional[_Iterable[_Union[_grant_pb2.Grant, _Mapping]]] = ...) -> None: ...
