from supercloud.pb.cosmos.msg.v1 import msg_pb2 as _msg_pb2
from supercloud.pb.cosmos_proto import cosmos_pb2 as _cosmos_pb2
from supercloud.pb.gogoproto import gogo_pb2 as _gogo_pb2
from supercloud.pb.supercloud.take.v1 import outflow_pb2 as _outflow_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class MsgUpdateOutflow(_message.Message):
    __slots__ = ("authority", "params")
    AUTHORITY_FIELD_NUMBER: _ClassVar[int]
    PARAMS_FIELD_NUMBER: _ClassVar[int]
    authority: str
    params: _outflow_pb2.OutflowParams
    def __init__(self, authority: _Optional[str] = ..., params: _Optional[_Union[_outflow_pb2.OutflowParams, _Mapping]] = ...) -> None: ...

class MsgUpdateOutflowResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
