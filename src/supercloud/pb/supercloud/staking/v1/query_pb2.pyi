from supercloud.pb.gogoproto import gogo_pb2 as _gogo_pb2
from supercloud.pb.google.api import annotations_pb2 as _annotations_pb2
from supercloud.pb.supercloud.staking.v1 import admission_pb2 as _admission_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class QueryAdmissionRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class QueryAdmissionResponse(_message.Message):
    __slots__ = ("admission",)
    ADMISSION_FIELD_NUMBER: _ClassVar[int]
    admission: _admission_pb2.Admission
    def __init__(self, admission: _Optional[_Union[_admission_pb2.Admission, _Mapping]] = ...) -> None: ...
