"""Server reflection in both its versions: one servicer, whose messages are the same bytes in v1 and v1alpha."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import grpc
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.descriptor_pool import Default, DescriptorPool
from grpc_reflection.v1alpha import reflection_pb2
from grpc_reflection.v1alpha._async import ReflectionServicer

_OLDER = "grpc.reflection.v1alpha"
_NEWER = "grpc.reflection.v1"
SERVICES = (f"{_OLDER}.ServerReflection", f"{_NEWER}.ServerReflection")


def handlers(names: Iterable[str]) -> list[grpc.GenericRpcHandler]:
    """Handlers that answer with these services and with reflection itself."""
    servicer = _Reflection([*names, *SERVICES])
    return [
        grpc.method_handlers_generic_handler(
            name,
            {
                "ServerReflectionInfo": grpc.stream_stream_rpc_method_handler(
                    servicer.ServerReflectionInfo,
                    request_deserializer=reflection_pb2.ServerReflectionRequest.FromString,
                    response_serializer=reflection_pb2.ServerReflectionResponse.SerializeToString,
                )
            },
        )
        for name in SERVICES
    ]


class _Reflection(ReflectionServicer):  # type: ignore[misc]
    """What the library's servicer does not find: methods by their full names, and the newer version's own file."""

    def __init__(self, names: Iterable[str], pool: DescriptorPool | None = None) -> None:
        self._symbols = pool or Default()
        super().__init__(names, self._symbols)
        self._newer: _Reflection | None = None
        if pool is None:
            own = DescriptorPool()
            own.Add(newer_file())
            self._newer = _Reflection([], own)

    def _file_containing_symbol(self, request: Any, fully_qualified_name: str) -> Any:
        name = fully_qualified_name
        if self._newer is not None and name.startswith(_NEWER + "."):
            return self._newer._file_containing_symbol(request, name)
        try:
            name = self._symbols.FindMethodByName(name).containing_service.full_name
        except KeyError:
            pass
        return super()._file_containing_symbol(request, name)


def newer_file() -> FileDescriptorProto:
    """The proto file of v1, made of the one of v1alpha: the two differ in the package alone."""
    proto = FileDescriptorProto()
    reflection_pb2.DESCRIPTOR.CopyToProto(proto)
    proto.name, proto.package = "grpc/reflection/v1/reflection.proto", _NEWER
    proto.ClearField("options")
    older, newer = f".{_OLDER}.", f".{_NEWER}."
    for message in proto.message_type:
        for field in message.field:
            if field.type_name:
                field.type_name = field.type_name.replace(older, newer)
    for service in proto.service:
        for method in service.method:
            method.input_type = method.input_type.replace(older, newer)
            method.output_type = method.output_type.replace(older, newer)
    return proto
