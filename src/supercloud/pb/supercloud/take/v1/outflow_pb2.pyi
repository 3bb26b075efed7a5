from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class OutflowParams(_message.Message):
    __slots__ = ("epoch", "community_bps", "stakers_bps")
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    COMMUNITY_BPS_FIELD_NUMBER: _ClassVar[int]
    STAKERS_BPS_FIELD_NUMBER: _ClassVar[int]
    epoch: str
    community_bps: int
    stakers_bps: int
    def __init__(self, epoch: _Optional[str] = ..., community_bps: _Optional[int] = ..., stakers_bps: _Optional[int] = ...) -> None: ...
