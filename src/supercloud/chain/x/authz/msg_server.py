"""Transactions about authorizations."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from supercloud.chain.baseapp.router import Router, signer_field
from supercloud.chain.baseapp.timestamps import checked_ns
from supercloud.chain.x.authz.types import MESSAGES_MAX, GranteeIsGranter
from supercloud.pb.cosmos.authz.v1beta1 import tx_pb2 as pb
from supercloud.types.errors import ChainError, InvalidAddress, InvalidRequest, InvalidType, Undefined

if TYPE_CHECKING:
    from google.protobuf.any_pb2 import Any
    from google.protobuf.message import Message

    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.authz.keeper import Keeper

Unpack = Callable[["Any"], "Message"]


def register(router: Router, keeper: Keeper, unpack: Unpack) -> None:
    """Route this module's messages. `unpack` turns an Any into one of the network's messages."""
    by_granter = signer_field("granter")
    router.message(pb.MsgGrant, lambda ctx, msg: grant(ctx, keeper, router, msg), signers=by_granter)
    router.message(pb.MsgRevoke, lambda ctx, msg: revoke(ctx, keeper, msg), signers=by_granter)
    router.message(
        pb.MsgExec,
        lambda ctx, msg: execute(ctx, keeper, router, unpack, msg),
        signers=signer_field("grantee"),
    )


def grant(ctx: Context, keeper: Keeper, router: Router, msg: pb.MsgGrant) -> pb.MsgGrantResponse:
    """Let another account send messages of one type for the signer."""
    granter, grantee = _parties(ctx, msg.granter, msg.grantee)
    kind, authorization = keeper.unpack(msg.grant.authorization)
    kind.validate(authorization)
    url = kind.message_url(authorization)
    if url not in router.messages:
        raise InvalidType(f"{url} doesn't exist.")
    expiration = checked_ns(msg.grant.expiration) if msg.grant.HasField("expiration") else None
    keeper.ensure_account(ctx, grantee)
    keeper.save(ctx, granter, grantee, authorization, expiration)
    return pb.MsgGrantResponse()


def revoke(ctx: Context, keeper: Keeper, msg: pb.MsgRevoke) -> pb.MsgRevokeResponse:
    """End an authorization that the signer gave."""
    granter, grantee = _parties(ctx, msg.granter, msg.grantee)
    if not msg.msg_type_url:
        raise InvalidRequest("missing msg method name")
    keeper.delete(ctx, granter, grantee, msg.msg_type_url)
    return pb.MsgRevokeResponse()


def execute(
    ctx: Context, keeper: Keeper, router: Router, unpack: Unpack, msg: pb.MsgExec
) -> pb.MsgExecResponse:
    """Execute messages of other accounts by their authorizations, all or nothing."""
    if not msg.grantee:
        raise Undefined("empty address string is not allowed")
    grantee = _address(ctx, msg.grantee, "grantee")
    if not msg.msgs:
        raise InvalidRequest("messages cannot be empty")
    if len(msg.msgs) > MESSAGES_MAX:
        raise InvalidRequest(f"more than {MESSAGES_MAX} messages")
    messages = [unpack(packed) for packed in msg.msgs]
    for index, message in enumerate(messages):
        try:
            router.route(message).validate(ctx, message)
        except ChainError as error:
            raise type(error)(": ".join(filter(None, (f"msg {index}", error.detail)))) from error
    return pb.MsgExecResponse(results=keeper.dispatch(ctx, grantee, messages))


def _parties(ctx: Context, granter: str, grantee: str) -> tuple[bytes, bytes]:
    if grantee.lower() == granter.lower():
        raise GranteeIsGranter
    grantee_address = _address(ctx, grantee, "grantee")
    return _address(ctx, granter, "granter"), grantee_address


def _address(ctx: Context, text: str, what: str) -> bytes:
    try:
        return ctx.bech32.parse(text)
    except ValueError as error:
        raise InvalidAddress(f"invalid {what} address: {error}") from error
