from typing import Any as _Any
from google.protobuf import descriptor_pb2 as _descriptor_pb2
from google.protobuf import descriptor as _descriptor
from typing import ClassVar as _ClassVar

DESCRIPTOR: _descriptor.FileDescriptor
NAME_FIELD_NUMBER: _ClassVar[int]
name: _Any
MESSAGE_ENCODING_FIELD_NUMBER: _ClassVar[int]
message_encoding: _Any
ENCODING_FIELD_NUMBER: _ClassVar[int]
encoding: _Any
FIELD_NAME_FIELD_NUMBER: _ClassVar[int]
field_name: _Any
DONT_OMITEMPTY_FIELD_NUMBER: _ClassVar[int]
dont_omitempty: _Any
ONEOF_NAME_FIELD_NUMBER: _ClassVar[int]
oneof_name: _Any
