"""Transactions about upgrades; all are the authority's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.authority import check_authority
from supercloud.chain.baseapp.router import Router, signer_field
from supercloud.chain.x.upgrade.types import InvalidSigner
from supercloud.pb.cosmos.upgrade.v1beta1 import tx_pb2 as pb

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.upgrade.keeper import Keeper


def register(router: Router, keeper: Keeper) -> None:
    """Route this module's messages."""
    by_authority = signer_field("authority")
    router.message(
        pb.MsgSoftwareUpgrade, lambda ctx, msg: software_upgrade(ctx, keeper, msg), signers=by_authority
    )
    router.message(
        pb.MsgCancelUpgrade, lambda ctx, msg: cancel_upgrade(ctx, keeper, msg), signers=by_authority
    )


def software_upgrade(
    ctx: Context, keeper: Keeper, msg: pb.MsgSoftwareUpgrade
) -> pb.MsgSoftwareUpgradeResponse:
    """Plan an upgrade."""
    _require_authority(ctx, msg.authority)
    keeper.schedule(ctx, msg.plan)
    return pb.MsgSoftwareUpgradeResponse()


def cancel_upgrade(ctx: Context, keeper: Keeper, msg: pb.MsgCancelUpgrade) -> pb.MsgCancelUpgradeResponse:
    """Drop the plan."""
    _require_authority(ctx, msg.authority)
    keeper.cancel(ctx)
    return pb.MsgCancelUpgradeResponse()


def _require_authority(ctx: Context, given: str) -> None:
    check_authority(ctx, given)
    if ctx.bech32.parse(given) != ctx.authority:
        raise InvalidSigner(f"expected {ctx.bech32.text(ctx.authority)} got {given}")
