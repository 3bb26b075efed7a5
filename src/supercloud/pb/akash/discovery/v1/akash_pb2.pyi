from supercloud.pb.akash.discovery.v1 import client_info_pb2 as _client_info_pb2
from supercloud.pb.gogoproto import gogo_pb2 as _gogo_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Akash(_message.Message):
    __slots__ = ("client_info", "supported_versions", "chain_id", "node_version", "min_client_version")
    CLIENT_INFO_FIELD_NUMBER: _ClassVar[int]
    SUPPORTED_VERSIONS_FIELD_NUMBER: _ClassVar[int]
    CHAIN_ID_FIELD_NUMBER: _ClassVar[int]
    NODE_VERSION_FIELD_NUMBER: _ClassVar[int]
    MIN_CLIENT_VERSION_FIELD_NUMBER: _ClassVar[int]
    client_info: _client_info_pb2.ClientInfo
    supported_versions: _containers.RepeatedCompositeFieldContainer[_client_info_pb2.VersionInfo]
    chain_id: str
    node_version: str
    min_client_version: str
    def __init__(self, client_info: _Optional[_Union[_client_info_pb2.ClientInfo, _Mapping]] = ..., supported_versions: _Optional[_Iterable[_Union[_client_info_pb2.VersionInfo, _Mapping]]] = ..., chain_id: _Optional[str] = ..., node_version: _Optional[str] = ..., min_client_version: _Optional[str] = ...) -> None: ...
