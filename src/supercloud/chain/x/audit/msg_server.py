"""Audit's messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.router import signer_field
from supercloud.chain.x.audit import types
from supercloud.pb.akash.audit.v1 import msg_pb2

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.baseapp.router import Router
    from supercloud.chain.x.audit.keeper import Keeper


def register(router: Router, keeper: Keeper) -> None:
    """Route this module's messages."""
    auditor = signer_field("auditor")
    router.message(
        msg_pb2.MsgSignProviderAttributes,
        lambda ctx, msg: sign_provider_attributes(ctx, keeper, msg),
        validate=check_sign,
        signers=auditor,
    )
    router.message(
        msg_pb2.MsgDeleteProviderAttributes,
        lambda ctx, msg: delete_provider_attributes(ctx, keeper, msg),
        validate=check_delete,
        signers=auditor,
    )


def check_sign(ctx: Context, msg: msg_pb2.MsgSignProviderAttributes) -> None:
    """Stateless rules of MsgSignProviderAttributes."""
    types.check_pair(ctx.bech32, msg.owner, msg.auditor, len(msg.attributes))


def check_delete(ctx: Context, msg: msg_pb2.MsgDeleteProviderAttributes) -> None:
    """Stateless rules of MsgDeleteProviderAttributes."""
    types.check_pair(ctx.bech32, msg.owner, msg.auditor, len(msg.keys))


def sign_provider_attributes(
    ctx: Context, keeper: Keeper, msg: msg_pb2.MsgSignProviderAttributes
) -> msg_pb2.MsgSignProviderAttributesResponse:
    """Vouch for attributes."""
    keeper.sign(ctx, ctx.bech32.parse(msg.owner), ctx.bech32.parse(msg.auditor), msg.attributes)
    return msg_pb2.MsgSignProviderAttributesResponse()


def delete_provider_attributes(
    ctx: Context, keeper: Keeper, msg: msg_pb2.MsgDeleteProviderAttributes
) -> msg_pb2.MsgDeleteProviderAttributesResponse:
    """Take it back."""
    keeper.delete(ctx, ctx.bech32.parse(msg.owner), ctx.bech32.parse(msg.auditor), msg.keys)
    return msg_pb2.MsgDeleteProviderAttributesResponse()
