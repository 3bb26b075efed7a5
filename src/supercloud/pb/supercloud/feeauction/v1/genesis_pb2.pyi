from supercloud.pb.gogoproto import gogo_pb2 as _gogo_pb2
from supercloud.pb.supercloud.feeauction.v1 import auction_pb2 as _auction_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GenesisState(_message.Message):
    __slots__ = ("params", "round", "last_result", "rounds")
    PARAMS_FIELD_NUMBER: _ClassVar[int]
    ROUND_FIELD_NUMBER: _ClassVar[int]
    LAST_RESULT_FIELD_NUMBER: _ClassVar[int]
    ROUNDS_FIELD_NUMBER: _ClassVar[int]
    params: _auction_pb2.Params
    round: _auction_pb2.Round
    last_result: _auction_pb2.Result
    rounds: int
    def __init__(self, params: _Optional[_Union[_auction_pb2.Params, _Mapping]] = ..., round: _Optional[_Union[_auction_pb2.Round, _Mapping]] = ..., last_result: _Optional[_Union[_auction_pb2.Result, _Mapping]] = ..., rounds: _Optional[int] = ...) -> None: ...
