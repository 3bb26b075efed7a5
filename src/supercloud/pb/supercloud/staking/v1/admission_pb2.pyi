from supercloud.pb.cosmos_proto import cosmos_pb2 as _cosmos_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class Admission(_message.Message):
    __slots__ = ("closed", "operators")
    CLOSED_FIELD_NUMBER: _ClassVar[int]
    OPERATORS_FIELD_NUMBER: _ClassVar[int]
    closed: bool
    operators: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, closed: _Optional[bool] = ..., operators: _Optional[_Iterable[str]] = ...) -> None: ...
