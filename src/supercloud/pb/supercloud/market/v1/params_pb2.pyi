from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class Params(_message.Message):
    __slots__ = ("order_max_age_blocks", "bid_max_age_blocks", "max_expiries_per_block")
    ORDER_MAX_AGE_BLOCKS_FIELD_NUMBER: _ClassVar[int]
    BID_MAX_AGE_BLOCKS_FIELD_NUMBER: _ClassVar[int]
    MAX_EXPIRIES_PER_BLOCK_FIELD_NUMBER: _ClassVar[int]
    order_max_age_blocks: int
    bid_max_age_blocks: int
    max_expiries_per_block: int
    def __init__(self, order_max_age_blocks: _Optional[int] = ..., bid_max_age_blocks: _Optional[int] = ..., max_expiries_per_block: _Optional[int] = ...) -> None: ...
