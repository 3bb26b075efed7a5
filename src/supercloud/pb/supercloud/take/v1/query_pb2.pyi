from supercloud.pb.cosmos.base.v1beta1 import coin_pb2 as _coin_pb2
from supercloud.pb.gogoproto import gogo_pb2 as _gogo_pb2
from supercloud.pb.google.api import annotations_pb2 as _annotations_pb2
from supercloud.pb.supercloud.take.v1 import outflow_pb2 as _outflow_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class QueryOutflowRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class QueryOutflowResponse(_message.Message):
    __slots__ = ("params", "held")
    PARAMS_FIELD_NUMBER: _ClassVar[int]
    HELD_FIELD_NUMBER: _ClassVar[int]
    params: _outflow_pb2.OutflowParams
    held: _containers.RepeatedCompositeFieldContainer[_coin_pb2.Coin]
    def __init__(self, params: _Optional[_Union[_outflow_pb2.OutflowParams, _Mapping]] = ..., held: _Optional[_Iterable[_Union[_coin_pb2.Coin, _Mapping]]] = ...) -> None: ...
