from supercloud.pb.cosmos.msg.v1 import msg_pb2 as _msg_pb2
from supercloud.pb.cosmos_proto import cosmos_pb2 as _cosmos_pb2
from supercloud.pb.gogoproto import gogo_pb2 as _gogo_pb2
from supercloud.pb.supercloud.staking.v1 import admission_pb2 as _admission_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class MsgUpdateAdmission(_message.Message):
    __slots__ = ("authority", "admission")
    AUTHORITY_FIELD_NUMBER: _ClassVar[int]
    ADMISSION_FIELD_NUMBER: _ClassVar[int]
    authority: str
    admission: _admission_pb2.Admission
    def __init__(self, authority: _Optional[str] = ..., admission: _Optional[_Union[_admission_pb2.Admission, _Mapping]] = ...) -> None: ...

class MsgUpdateAdmissionResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
