from supercloud.pb.akash.oracle.v2 import params_pb2 as _params_pb2
from supercloud.pb.akash.oracle.v2 import prices_pb2 as _prices_pb2
from supercloud.pb.cosmos_proto import cosmos_pb2 as _cosmos_pb2
from supercloud.pb.gogoproto import gogo_pb2 as _gogo_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GenesisSourceID(_message.Message):
    __slots__ = ("address", "id")
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    address: str
    id: int
    def __init__(self, address: _Optional[str] = ..., id: _Optional[int] = ...) -> None: ...

class GenesisLatestPricesIDs(_message.Message):
    __slots__ = ("id", "state")
    ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    id: _prices_pb2.PriceDataID
    state: _prices_pb2.PriceLatestDataState
    def __init__(self, id: _Optional[_Union[_prices_pb2.PriceDataID, _Mapping]] = ..., state: _Optional[_Union[_prices_pb2.PriceLatestDataState, _Mapping]] = ...) -> None: ...

class GenesisState(_message.Message):
    __slots__ = ("params", "prices", "latest_prices_ids", "source_ids", "source_seq")
    PARAMS_FIELD_NUMBER: _ClassVar[int]
    PRICES_FIELD_NUMBER: _ClassVar[int]
    LATEST_PRICES_IDS_FIELD_NUMBER: _ClassVar[int]
    SOURCE_IDS_FIELD_NUMBER: _ClassVar[int]
    SOURCE_SEQ_FIELD_NUMBER: _ClassVar[int]
    params: _params_pb2.Params
    prices: _containers.RepeatedCompositeFieldContainer[_prices_pb2.PriceData]
    latest_prices_ids: _containers.RepeatedCompositeFieldContainer[GenesisLatestPricesIDs]
    source_ids: _containers.RepeatedCompositeFieldContainer[GenesisSourceID]
    source_seq: int
    def __init__(self, params: _Optional[_Union[_params_pb2.Params, _Mapping]] = ..., prices: _Optional[_Iterable[_Union[_prices_pb2.PriceData, _Mapping]]] = ..., latest_prices_ids: _Optional[_Iterable[_Union[GenesisLatestPricesIDs, _Mapping]]] = ..., source_ids: _Optional[_Iterable[_Union[GenesisSourceID, _Mapping]]] = ..., source_seq: _Optional[int] = ...) -> None: ...
