from supercloud.pb.gogoproto import gogo_pb2 as _gogo_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ClientInfo(_message.Message):
    __slots__ = ("api_version",)
    API_VERSION_FIELD_NUMBER: _ClassVar[int]
    api_version: str
    def __init__(self, api_version: _Optional[str] = ...) -> None: ...

class ModuleVersion(_message.Message):
    __slots__ = ("module", "version")
    MODULE_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    module: str
    version: str
    def __init__(self, module: _Optional[str] = ..., version: _Optional[str] = ...) -> None: ...

class VersionInfo(_message.Message):
    __slots__ = ("api_version", "modules", "features")
    API_VERSION_FIELD_NUMBER: _ClassVar[int]
    MODULES_FIELD_NUMBER: _ClassVar[int]
    FEATURES_FIELD_NUMBER: _ClassVar[int]
    api_version: str
    modules: _containers.RepeatedCompositeFieldContainer[ModuleVersion]
    features: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, api_version: _Optional[str] = ..., modules: _Optional[_Iterable[_Union[ModuleVersion, _Mapping]]] = ..., features: _Optional[_Iterable[str]] = ...) -> None: ...
