"""Symbols that the library's own servicer does not find."""

from typing import Any

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_reflection.v1alpha import reflection_pb2

from supercloud.node.grpc import reflection
from supercloud.pb.cosmos.bank.v1beta1 import query_pb2


def first_file(symbol: str) -> Any:
    servicer = reflection._Reflection([query_pb2.DESCRIPTOR.services_by_name["Query"].full_name])
    request = reflection_pb2.ServerReflectionRequest(file_containing_symbol=symbol)
    answer = servicer._file_containing_symbol(request, symbol)
    if answer.HasField("error_response"):
        return answer.error_response.error_code
    return FileDescriptorProto.FromString(answer.file_descriptor_response.file_descriptor_proto[0])


@pytest.mark.parametrize(
    ("symbol", "file"),
    [
        ("cosmos.bank.v1beta1.Query", "cosmos/bank/v1beta1/query.proto"),
        ("cosmos.bank.v1beta1.Query.Balance", "cosmos/bank/v1beta1/query.proto"),
        ("cosmos.bank.v1beta1.QueryBalanceRequest", "cosmos/bank/v1beta1/query.proto"),
        ("grpc.reflection.v1.ServerReflection", "grpc/reflection/v1/reflection.proto"),
        ("grpc.reflection.v1.ServerReflection.ServerReflectionInfo", "grpc/reflection/v1/reflection.proto"),
        ("grpc.reflection.v1.ExtensionRequest", "grpc/reflection/v1/reflection.proto"),
    ],
)
def test_finds_the_file_of_a_symbol(symbol: str, file: str) -> None:
    assert first_file(symbol).name.endswith(file.rpartition("/")[2])
    assert first_file(symbol).package == file.rpartition("/")[0].replace("/", ".")


@pytest.mark.parametrize("symbol", ["cosmos.bank.v1beta1.Query.Nothing", "grpc.reflection.v1.Nothing", ""])
def test_unknown_symbols_are_not_found(symbol: str) -> None:
    assert first_file(symbol) == 5


def test_the_newer_file_stands_alone() -> None:
    pool = DescriptorPool()
    pool.Add(reflection.newer_file())
    service = pool.FindServiceByName("grpc.reflection.v1.ServerReflection")
    method = service.methods_by_name["ServerReflectionInfo"]
    assert method.input_type.full_name == "grpc.reflection.v1.ServerReflectionRequest"
    assert method.client_streaming and method.server_streaming
    assert b"v1alpha" not in reflection.newer_file().SerializeToString()
