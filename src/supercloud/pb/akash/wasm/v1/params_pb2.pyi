from supercloud.pb.cosmos_proto import cosmos_pb2 as _cosmos_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class Params(_message.Message):
    __slots__ = ("blocked_addresses",)
    BLOCKED_ADDRESSES_FIELD_NUMBER: _ClassVar[int]
    blocked_addresses: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, blocked_addresses: _Optional[_Iterable[str]] = ...) -> None: ...
