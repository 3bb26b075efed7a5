"""Provider's messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.router import signer_field
from supercloud.chain.x.provider import types
from supercloud.pb.akash.provider.v1beta4 import msg_pb2
from supercloud.pb.akash.provider.v1beta4.provider_pb2 import Provider

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.baseapp.router import Router
    from supercloud.chain.x.provider.expected_keepers import Keepers


def register(router: Router, k: Keepers) -> None:
    """Route this module's messages."""
    owner = signer_field("owner")
    router.message(
        msg_pb2.MsgCreateProvider,
        lambda ctx, msg: create_provider(ctx, k, msg),
        validate=check_record,
        signers=owner,
    )
    router.message(
        msg_pb2.MsgUpdateProvider,
        lambda ctx, msg: update_provider(ctx, k, msg),
        validate=check_record,
        signers=owner,
    )
    router.message(
        msg_pb2.MsgDeleteProvider,
        lambda ctx, msg: delete_provider(ctx, k, msg),
        validate=check_delete,
        signers=owner,
    )


def check_record(ctx: Context, msg: msg_pb2.MsgCreateProvider | msg_pb2.MsgUpdateProvider) -> None:
    """Stateless rules of messages that carry a record."""
    types.check_record(ctx.bech32, msg.owner, msg.host_uri, msg.attributes, msg.info)


def check_delete(ctx: Context, msg: msg_pb2.MsgDeleteProvider) -> None:
    """Stateless rules of MsgDeleteProvider."""
    types.check_owner(ctx.bech32, msg.owner)


def create_provider(
    ctx: Context, k: Keepers, msg: msg_pb2.MsgCreateProvider
) -> msg_pb2.MsgCreateProviderResponse:
    """Register a provider."""
    owner = ctx.bech32.parse(msg.owner)
    if k.provider.provider(ctx, owner) is not None:
        raise types.ProviderExists(msg.owner)
    k.provider.create(ctx, owner, _record(msg))
    return msg_pb2.MsgCreateProviderResponse()


def update_provider(
    ctx: Context, k: Keepers, msg: msg_pb2.MsgUpdateProvider
) -> msg_pb2.MsgUpdateProviderResponse:
    """Replace a provider's record. Leases it has already are not compared with it."""
    owner = ctx.bech32.parse(msg.owner)
    if k.provider.provider(ctx, owner) is None:
        raise types.ProviderNotFound(msg.owner)
    k.provider.update(ctx, owner, _record(msg))
    return msg_pb2.MsgUpdateProviderResponse()


def delete_provider(
    ctx: Context, k: Keepers, msg: msg_pb2.MsgDeleteProvider
) -> msg_pb2.MsgDeleteProviderResponse:
    """Forget a provider that serves nobody and offers nothing."""
    owner = ctx.bech32.parse(msg.owner)
    if k.provider.provider(ctx, owner) is None:
        raise types.ProviderNotFound(msg.owner)
    if k.market.has_live_leases(ctx, owner) or k.market.has_open_bids(ctx, owner):
        raise types.ProviderInUse
    k.provider.delete(ctx, owner)
    return msg_pb2.MsgDeleteProviderResponse()


def _record(msg: msg_pb2.MsgCreateProvider | msg_pb2.MsgUpdateProvider) -> Provider:
    return Provider(owner=msg.owner, host_uri=msg.host_uri, attributes=msg.attributes, info=msg.info)
