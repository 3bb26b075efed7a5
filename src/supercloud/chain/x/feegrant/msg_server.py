"""Transactions about allowances."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.context import Event
from supercloud.chain.baseapp.router import Router, signer_field
from supercloud.chain.x.feegrant.types import PRUNED_BY_MESSAGE_MAX, unpack, validate
from supercloud.pb.cosmos.feegrant.v1beta1 import tx_pb2 as pb
from supercloud.types.errors import InvalidAddress, InvalidRequest, Undefined

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.feegrant.keeper import Keeper


def register(router: Router, keeper: Keeper) -> None:
    """Route this module's messages."""
    by_granter = signer_field("granter")
    router.message(
        pb.MsgGrantAllowance, lambda ctx, msg: grant_allowance(ctx, keeper, msg), signers=by_granter
    )
    router.message(
        pb.MsgRevokeAllowance, lambda ctx, msg: revoke_allowance(ctx, keeper, msg), signers=by_granter
    )
    router.message(
        pb.MsgPruneAllowances,
        lambda ctx, msg: prune_allowances(ctx, keeper, msg),
        signers=signer_field("pruner"),
    )


def grant_allowance(ctx: Context, keeper: Keeper, msg: pb.MsgGrantAllowance) -> pb.MsgGrantAllowanceResponse:
    """Let another account's fees be paid by the signer."""
    if msg.grantee.lower() == msg.granter.lower():
        raise InvalidAddress("cannot self-grant fee authorization")
    grantee, granter = _address(ctx, msg.grantee), _address(ctx, msg.granter)
    if keeper.grant(ctx, granter, grantee) is not None:
        raise InvalidRequest("fee allowance already exists")
    allowance = unpack(msg.allowance)
    validate(allowance)
    keeper.open_allowance(ctx, granter, grantee, allowance)
    return pb.MsgGrantAllowanceResponse()


def revoke_allowance(
    ctx: Context, keeper: Keeper, msg: pb.MsgRevokeAllowance
) -> pb.MsgRevokeAllowanceResponse:
    """End an allowance that the signer gave."""
    if msg.grantee == msg.granter:
        raise InvalidAddress("addresses must be different")
    grantee, granter = _address(ctx, msg.grantee), _address(ctx, msg.granter)
    keeper.revoke(ctx, granter, grantee)
    return pb.MsgRevokeAllowanceResponse()


def prune_allowances(
    ctx: Context, keeper: Keeper, msg: pb.MsgPruneAllowances
) -> pb.MsgPruneAllowancesResponse:
    """Remove expired allowances; anyone may ask for it."""
    keeper.prune(ctx, PRUNED_BY_MESSAGE_MAX)
    ctx.emit(Event("prune_feegrant", (("pruner", msg.pruner),)))
    return pb.MsgPruneAllowancesResponse()


def _address(ctx: Context, text: str) -> bytes:
    try:
        return ctx.bech32.parse(text)
    except ValueError as error:
        raise Undefined(str(error)) from error
