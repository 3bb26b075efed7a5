"""Kinds of authorizations, errors, limits.

A kind says which message type it is for, whether it makes sense, and whether it covers a message. Modules
register their own kinds; the two that belong to no module of ours stand here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from google.protobuf.any_pb2 import Any as AnyPb

from supercloud.chain.baseapp.coins import coins_or_none, coins_to_pb, subtract_coins
from supercloud.pb.cosmos.authz.v1beta1.authz_pb2 import GenericAuthorization
from supercloud.pb.cosmos.bank.v1beta1.authz_pb2 import SendAuthorization
from supercloud.pb.cosmos.bank.v1beta1.tx_pb2 import MsgSend
from supercloud.types.coin import coins_from_pb
from supercloud.types.errors import (
    InsufficientFunds,
    InvalidCoins,
    InvalidRequest,
    InvalidType,
    Unauthorized,
    Undefined,
    define,
)

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from supercloud.chain.baseapp.context import Context

NAME = "authz"

NoAuthorization = define(NAME, 2, "authorization not found")
InvalidExpiration = define(NAME, 3, "expiration time of authorization should be more than current time")
UnknownAuthorizationType = define(NAME, 4, "unknown authorization type")
NoGrantKey = define(NAME, 5, "grant key not found")
AuthorizationExpired = define(NAME, 6, "authorization expired")
GranteeIsGranter = define(NAME, 7, "grantee and granter should be different")
WrongSignerCount = define(NAME, 9, "authorization can be given to msg with only one signer")
DuplicateEntry = define("bank", 8, "duplicate entry")

GAS_PER_ALLOWED = 10
ALLOW_LIST_MAX = 256
MESSAGES_MAX = 64
"""Messages in one MsgExec."""
PRUNED_PER_BLOCK_MAX = 200
SEND_URL = "/cosmos.bank.v1beta1.MsgSend"


class Accept(NamedTuple):
    """An authorization covers a message; what is left of it."""

    updated: Message | None = None
    delete: bool = False


class Kind(NamedTuple):
    """One kind of authorization."""

    type: type[Message]
    message_url: Callable[[Any], str]
    accept: Callable[[Context, Any, Any], Accept]
    validate: Callable[[Any], None]


def pack(authorization: Message) -> AnyPb:
    """The Any of an authorization."""
    return AnyPb(
        type_url="/" + authorization.DESCRIPTOR.full_name,
        value=authorization.SerializeToString(deterministic=True),
    )


def _validate_generic(authorization: GenericAuthorization) -> None:
    if not authorization.msg:
        raise Undefined("msg type cannot be empty")


def _validate_send(authorization: SendAuthorization) -> None:
    if not authorization.spend_limit:
        raise InvalidCoins("spend limit cannot be nil")
    if coins_or_none(authorization.spend_limit) is None:
        raise InvalidCoins("spend limit must be positive")
    allowed = list(authorization.allow_list)
    if len(allowed) > ALLOW_LIST_MAX:
        raise InvalidRequest(f"more than {ALLOW_LIST_MAX} addresses in the allow list")
    if len(frozenset(allowed)) != len(allowed):
        raise DuplicateEntry


def _accept_send(ctx: Context, authorization: SendAuthorization, message: Message) -> Accept:
    if not isinstance(message, MsgSend):
        raise InvalidType("type mismatch")
    wanted = coins_or_none(message.amount)
    left = None
    if wanted is not None:
        left = subtract_coins(coins_from_pb(authorization.spend_limit), wanted)
    if left is None:
        raise InsufficientFunds("requested amount is more than spend limit")
    if authorization.allow_list:
        ctx.gas.consume(GAS_PER_ALLOWED * len(authorization.allow_list), "send authorization")
        if message.to_address not in authorization.allow_list:
            raise Unauthorized(f"cannot send to {message.to_address} address")
    if not left:
        return Accept(delete=True)
    return Accept(
        updated=SendAuthorization(spend_limit=coins_to_pb(left), allow_list=authorization.allow_list)
    )


GENERIC = Kind(
    GenericAuthorization,
    lambda authorization: authorization.msg,
    lambda ctx, authorization, message: Accept(),
    _validate_generic,
)
SEND = Kind(SendAuthorization, lambda authorization: SEND_URL, _accept_send, _validate_send)
