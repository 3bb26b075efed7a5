"""Transactions about grants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.authority import check_authority, require_authority
from supercloud.chain.baseapp.coins import coins_to_pb
from supercloud.chain.baseapp.router import Router, signer_field
from supercloud.chain.x.grants import types
from supercloud.pb.supercloud.grants.v1 import grant_pb2
from supercloud.pb.supercloud.grants.v1 import msg_pb2 as pb
from supercloud.types.errors import InvalidAddress, Unauthorized

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.grants.keeper import Keeper


def register(router: Router, keeper: Keeper) -> None:
    """Route this module's messages."""
    by_authority = signer_field("authority")
    router.message(pb.MsgCreateGrant, lambda ctx, msg: create(ctx, keeper, msg), signers=by_authority)
    router.message(pb.MsgReleaseMilestone, lambda ctx, msg: release(ctx, keeper, msg), signers=by_authority)
    router.message(pb.MsgCancelGrant, lambda ctx, msg: cancel(ctx, keeper, msg), signers=by_authority)
    router.message(pb.MsgUpdateParams, lambda ctx, msg: update_params(ctx, keeper, msg), signers=by_authority)
    router.message(pb.MsgClaim, lambda ctx, msg: claim(ctx, keeper, msg), signers=signer_field("recipient"))


def create(ctx: Context, keeper: Keeper, msg: pb.MsgCreateGrant) -> pb.MsgCreateGrantResponse:
    """Grant coins of the community, as a stream or by milestones; only the network's authority may."""
    _require_authority(ctx, msg.authority)
    recipient = _account(ctx, msg.recipient)
    if keeper.bank.is_blocked(recipient):
        raise Unauthorized(f"{msg.recipient} is not allowed to receive external funds")
    types.check_words(msg.title, msg.metadata)
    if msg.HasField("stream") == bool(msg.milestones):
        raise types.InvalidGrant("a grant has either a stream or milestones")
    grant = grant_pb2.Grant(
        recipient=ctx.bech32.text(recipient),
        title=msg.title,
        metadata=msg.metadata,
        milestones=msg.milestones,
    )
    if msg.HasField("stream"):
        coins = types.check_stream(msg.stream)
        grant.stream.CopyFrom(msg.stream)
    else:
        coins = types.check_milestones(msg.milestones, keeper.params(ctx).milestones_max)
    return pb.MsgCreateGrantResponse(id=keeper.create(ctx, grant, coins))


def release(ctx: Context, keeper: Keeper, msg: pb.MsgReleaseMilestone) -> pb.MsgReleaseMilestoneResponse:
    """Let a milestone be earned; only the network's authority may."""
    _require_authority(ctx, msg.authority)
    keeper.release(ctx, msg.id, msg.milestone)
    return pb.MsgReleaseMilestoneResponse()


def cancel(ctx: Context, keeper: Keeper, msg: pb.MsgCancelGrant) -> pb.MsgCancelGrantResponse:
    """Stop a grant; only the network's authority may."""
    _require_authority(ctx, msg.authority)
    returned = keeper.cancel(ctx, msg.id, msg.forfeit)
    return pb.MsgCancelGrantResponse(returned=coins_to_pb(returned))


def claim(ctx: Context, keeper: Keeper, msg: pb.MsgClaim) -> pb.MsgClaimResponse:
    """Pay the signer what is earned."""
    coins = keeper.claim(ctx, msg.id, _account(ctx, msg.recipient))
    return pb.MsgClaimResponse(amount=coins_to_pb(coins))


def update_params(ctx: Context, keeper: Keeper, msg: pb.MsgUpdateParams) -> pb.MsgUpdateParamsResponse:
    """Replace the parameters; only the network's authority may."""
    _require_authority(ctx, msg.authority)
    keeper.set_params(ctx, msg.params)
    return pb.MsgUpdateParamsResponse()


def _require_authority(ctx: Context, given: str) -> None:
    check_authority(ctx, given)
    require_authority(ctx, given)


def _account(ctx: Context, text: str) -> bytes:
    try:
        return ctx.bech32.parse(text)
    except ValueError as error:
        raise InvalidAddress(f"invalid recipient address: {error}") from error
