from supercloud.pb.amino import amino_pb2 as _amino_pb2
from supercloud.pb.cosmos.base.v1beta1 import coin_pb2 as _coin_pb2
from supercloud.pb.cosmos.msg.v1 import msg_pb2 as _msg_pb2
from supercloud.pb.cosmos_proto import cosmos_pb2 as _cosmos_pb2
from supercloud.pb.gogoproto import gogo_pb2 as _gogo_pb2
from supercloud.pb.supercloud.grants.v1 import grant_pb2 as _grant_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class MsgCreateGrant(_message.Message):
    __slots__ = ("authority", "recipient", "title", "metadata", "stream", "milestones")
    AUTHORITY_FIELD_NUMBER: _ClassVar[int]
    RECIPIENT_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    STREAM_FIELD_NUMBER: _ClassVar[int]
    MILESTONES_FIELD_NUMBER: _ClassVar[int]
    authority: str
    recipient: str
    title: str
    metadata: str
    stream: _grant_pb2.Stream
    milestones: _containers.RepeatedCompositeFieldContainer[_grant_pb2.Milestone]
    def __init__(self, authority: _Optional[str] = ..., recipient: _Optional[str] = ..., title: _Optional[str] = ..., metadata: _Optional[str] = ..., stream: _Optional[_Union[_grant_pb2.Stream, _Mapping]] = ..., milestones: _Optional[_Iterable[_Union[_grant_pb2.Milestone, _Mapping]]] = ...) -> None: ...

class MsgCreateGrantResponse(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: int
    def __init__(self, id: _Optional[int] = ...) -> None: ...

class MsgReleaseMilestone(_message.Message):
    __slots__ = ("authority", "id", "milestone")
    AUTHORITY_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    MILESTONE_FIELD_NUMBER: _ClassVar[int]
    authority: str
    id: int
    milestone: int
    def __init__(self, authority: _Optional[str] = ..., id: _Optional[int] = ..., milestone: _Optional[int] = ...) -> None: ...

class MsgReleaseMilestoneResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class MsgCancelGrant(_message.Message):
    __slots__ = ("authority", "id", "forfeit")
    AUTHORITY_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    FORFEIT_FIELD_NUMBER: _ClassVar[int]
    authority: str
    id: int
    forfeit: bool
    def __init__(self, authority: _Optional[str] = ..., id: _Optional[int] = ..., forfeit: _Optional[bool] = ...) -> None: ...

class MsgCancelGrantResponse(_message.Message):
    __slots__ = ("returned",)
    RETURNED_FIELD_NUMBER: _ClassVar[int]
    returned: _containers.RepeatedCompositeFieldContainer[_coin_pb2.Coin]
    def __init__(self, returned: _Optional[_Iterable[_Union[_coin_pb2.Coin, _Mapping]]] = ...) -> None: ...

class MsgClaim(_message.Message):
    __slots__ = ("recipient", "id")
    RECIPIENT_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    recipient: str
    id: int
    def __init__(self, recipient: _Optional[str] = ..., id: _Optional[int] = ...) -> None: ...

class MsgClaimResponse(_message.Message):
    __slots__ = ("amount",)
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    amount: _containers.RepeatedCompositeFieldContainer[_coin_pb2.Coin]
    def __init__(self, amount: _Optional[_Iterable[_Union[_coin_pb2.Coin, _Mapping]]] = ...) -> None: ...

class MsgUpdateParams(_message.Message):
    __slots__ = ("authority", "params")
    AUTHORITY_FIELD_NUMBER: _ClassVar[int]
    PARAMS_FIELD_NUMBER: _ClassVar[int]
    authority: str
    params: _grant_pb2.Params
    def __init__(self, authority: _Optional[str] = ..., params: _Optional[_Union[_grant_pb2.Params, _Mapping]] = ...) -> None: ...

class MsgUpdateParamsResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
