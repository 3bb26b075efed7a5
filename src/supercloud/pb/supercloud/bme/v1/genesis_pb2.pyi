from supercloud.pb.akash.bme.v1 import types_pb2 as _types_pb2
from supercloud.pb.gogoproto import gogo_pb2 as _gogo_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GenesisCanceledRecord(_message.Message):
    __slots__ = ("id", "record")
    ID_FIELD_NUMBER: _ClassVar[int]
    RECORD_FIELD_NUMBER: _ClassVar[int]
    id: _types_pb2.LedgerRecordID
    record: _types_pb2.LedgerCanceledRecord
    def __init__(self, id: _Optional[_Union[_types_pb2.LedgerRecordID, _Mapping]] = ..., record: _Optional[_Union[_types_pb2.LedgerCanceledRecord, _Mapping]] = ...) -> None: ...

class GenesisState(_message.Message):
    __slots__ = ("status", "mint_height", "burn_height", "canceled_records")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    MINT_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    BURN_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    CANCELED_RECORDS_FIELD_NUMBER: _ClassVar[int]
    status: _types_pb2.Status
    mint_height: int
    burn_height: int
    canceled_records: _containers.RepeatedCompositeFieldContainer[GenesisCanceledRecord]
    def __init__(self, status: _Optional[_Union[_types_pb2.Status, _Mapping]] = ..., mint_height: _Optional[int] = ..., burn_height: _Optional[int] = ..., canceled_records: _Optional[_Iterable[_Union[GenesisCanceledRecord, _Mapping]]] = ...) -> None: ...
