from supercloud.pb.akash.oracle.v2 import prices_pb2 as _prices_pb2
from supercloud.pb.gogoproto import gogo_pb2 as _gogo_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GenesisState(_message.Message):
    __slots__ = ("aggregated_prices", "health")
    AGGREGATED_PRICES_FIELD_NUMBER: _ClassVar[int]
    HEALTH_FIELD_NUMBER: _ClassVar[int]
    aggregated_prices: _containers.RepeatedCompositeFieldContainer[_prices_pb2.AggregatedPrice]
    health: _containers.RepeatedCompositeFieldContainer[_prices_pb2.PriceHealth]
    def __init__(self, aggregated_prices: _Optional[_Iterable[_Union[_prices_pb2.AggregatedPrice, _Mapping]]] = ..., health: _Optional[_Iterable[_Union[_prices_pb2.PriceHealth, _Mapping]]] = ...) -> None: ...
