from supercloud.pb.gogoproto import gogo_pb2 as _gogo_pb2
from supercloud.pb.google.api import annotations_pb2 as _annotations_pb2
from supercloud.pb.supercloud.feeauction.v1 import auction_pb2 as _auction_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class QueryParamsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class QueryParamsResponse(_message.Message):
    __slots__ = ("params",)
    PARAMS_FIELD_NUMBER: _ClassVar[int]
    params: _auction_pb2.Params
    def __init__(self, params: _Optional[_Union[_auction_pb2.Params, _Mapping]] = ...) -> None: ...

class QueryRoundRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class QueryRoundResponse(_message.Message):
    __slots__ = ("round",)
    ROUND_FIELD_NUMBER: _ClassVar[int]
    round: _auction_pb2.Round
    def __init__(self, round: _Optional[_Union[_auction_pb2.Round, _Mapping]] = ...) -> None: ...

class QueryLastResultRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class QueryLastResultResponse(_message.Message):
    __slots__ = ("result",)
    RESULT_FIELD_NUMBER: _ClassVar[int]
    result: _auction_pb2.Result
    def __init__(self, result: _Optional[_Union[_auction_pb2.Result, _Mapping]] = ...) -> None: ...
