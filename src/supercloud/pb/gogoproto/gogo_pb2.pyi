from typing import Any as _Any
from google.protobuf import descriptor_pb2 as _descriptor_pb2
from google.protobuf import descriptor as _descriptor
from typing import ClassVar as _ClassVar

DESCRIPTOR: _descriptor.FileDescriptor
NULLABLE_FIELD_NUMBER: _ClassVar[int]
nullable: _Any
EMBED_FIELD_NUMBER: _ClassVar[int]
embed: _Any
CUSTOMTYPE_FIELD_NUMBER: _ClassVar[int]
customtype: _Any
JSONTAG_FIELD_NUMBER: _ClassVar[int]
jsontag: _Any
STDTIME_FIELD_NUMBER: _ClassVar[int]
stdtime: _Any
STDDURATION_FIELD_NUMBER: _ClassVar[int]
stdduration: _Any
