from google.protobuf import descriptor_pb2 as _descriptor_pb2
from google.protobuf import descriptor as _descriptor
from typing import ClassVar as _ClassVar

DESCRIPTOR: _descriptor.FileDescriptor
NULLABLE_FIELD_NUMBER: _ClassVar[int]
nullable: _descriptor.FieldDescriptor
EMBED_FIELD_NUMBER: _ClassVar[int]
embed: _descriptor.FieldDescriptor
CUSTOMTYPE_FIELD_NUMBER: _ClassVar[int]
customtype: _descriptor.FieldDescriptor
JSONTAG_FIELD_NUMBER: _ClassVar[int]
jsontag: _descriptor.FieldDescriptor
STDTIME_FIELD_NUMBER: _ClassVar[int]
stdtime: _descriptor.FieldDescriptor
STDDURATION_FIELD_NUMBER: _ClassVar[int]
stdduration: _descriptor.FieldDescriptor
