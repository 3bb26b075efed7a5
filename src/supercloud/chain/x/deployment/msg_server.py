"""Deployment's messages, one ladder each: authorise, check, then verbs that write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.authority import check_authority, require_authority
from supercloud.chain.baseapp.router import signer_field
from supercloud.chain.baseapp.timestamps import checked_duration_ns
from supercloud.chain.x.deployment import types
from supercloud.pb.akash.deployment.v1beta4 import deploymentmsg_pb2, groupmsg_pb2, paramsmsg_pb2
from supercloud.types.deposit import check_deposit
from supercloud.types.errors import Undefined
from supercloud.types.ids import DeploymentID, GroupID

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.baseapp.router import Router
    from supercloud.chain.x.deployment.expected_keepers import Keepers
    from supercloud.pb.akash.deployment.v1.deployment_pb2 import Deployment, DeploymentReclamation
    from supercloud.pb.akash.deployment.v1beta4.deploymentmsg_pb2 import (
        MsgCloseDeployment,
        MsgCreateDeployment,
        MsgUpdateDeployment,
    )
    from supercloud.pb.akash.deployment.v1beta4.group_pb2 import Group
    from supercloud.pb.akash.deployment.v1beta4.groupmsg_pb2 import (
        MsgCloseGroup,
        MsgPauseGroup,
        MsgStartGroup,
    )
    from supercloud.pb.akash.deployment.v1beta4.paramsmsg_pb2 import MsgUpdateParams


def register(router: Router, k: Keepers) -> None:
    """Route this module's messages."""
    owner = signer_field("id", "owner")
    router.message(
        deploymentmsg_pb2.MsgCreateDeployment,
        lambda ctx, msg: create_deployment(ctx, k, msg),
        validate=check_create,
        signers=owner,
    )
    router.message(
        deploymentmsg_pb2.MsgUpdateDeployment,
        lambda ctx, msg: update_deployment(ctx, k, msg),
        validate=check_update,
        signers=owner,
    )
    router.message(
        deploymentmsg_pb2.MsgCloseDeployment,
        lambda ctx, msg: close_deployment(ctx, k, msg),
        validate=_check_id,
        signers=owner,
    )
    router.message(
        groupmsg_pb2.MsgCloseGroup,
        lambda ctx, msg: close_group(ctx, k, msg),
        validate=_check_group_id,
        signers=owner,
    )
    router.message(
        groupmsg_pb2.MsgPauseGroup,
        lambda ctx, msg: pause_group(ctx, k, msg),
        validate=_check_group_id,
        signers=owner,
    )
    router.message(
        groupmsg_pb2.MsgStartGroup,
        lambda ctx, msg: start_group(ctx, k, msg),
        validate=_check_group_id,
        signers=owner,
    )
    router.message(
        paramsmsg_pb2.MsgUpdateParams,
        lambda ctx, msg: update_params(ctx, k, msg),
        validate=check_update_params,
        signers=signer_field("authority"),
    )


# Stateless rules.


def check_create(ctx: Context, msg: MsgCreateDeployment) -> None:
    """Of MsgCreateDeployment."""
    types.check_deployment_id(ctx.bech32, msg.id)
    check_deposit(msg.deposit)
    types.check_create(msg)


def check_update(ctx: Context, msg: MsgUpdateDeployment) -> None:
    """Of MsgUpdateDeployment."""
    types.check_update(ctx.bech32, msg)


def _check_id(ctx: Context, msg: MsgCloseDeployment) -> None:
    types.check_deployment_id(ctx.bech32, msg.id)


def _check_group_id(ctx: Context, msg: MsgCloseGroup | MsgPauseGroup | MsgStartGroup) -> None:
    types.check_group_id(ctx.bech32, msg.id)


def check_update_params(ctx: Context, msg: MsgUpdateParams) -> None:
    """Of MsgUpdateParams."""
    check_authority(ctx, msg.authority)
    types.check_params(msg.params)


# Handlers.


def create_deployment(
    ctx: Context, k: Keepers, msg: MsgCreateDeployment
) -> deploymentmsg_pb2.MsgCreateDeploymentResponse:
    """Store a deployment, put each group on the market and fund the escrow account."""
    deployment = DeploymentID.from_pb(msg.id, ctx.bech32)
    if k.deployment.deployment(ctx, deployment) is not None:
        raise types.DeploymentExists
    reclamation = msg.reclamation if msg.HasField("reclamation") else None
    _check_against_params(ctx, k, msg, reclamation)
    funding = k.escrow.authorize_deposit(ctx, deployment.owner, msg.deposit, deployment)
    # Nothing was written above this line.
    groups = k.deployment.create(ctx, deployment, msg.hash, msg.groups, reclamation)
    for group, spec in zip(groups, msg.groups, strict=True):
        k.market.open_order(ctx, group, spec, reclamation)
    k.escrow.open_account(ctx, deployment, deployment.owner, msg.deposit.amount.denom, funding)
    return deploymentmsg_pb2.MsgCreateDeploymentResponse()


def _check_against_params(
    ctx: Context, k: Keepers, msg: MsgCreateDeployment, reclamation: DeploymentReclamation | None
) -> None:
    denom = msg.deposit.amount.denom
    params = k.deployment.params(ctx)
    least = types.min_deposit(params, denom)
    if least is None:
        raise Undefined(f"Deposit invalid: no minimum deposit for denom {denom}")
    if int(msg.deposit.amount.amount) < least:
        raise types.InvalidDeposit(f"minimum is {least}{denom}, given {msg.deposit.amount.amount}{denom}")
    if reclamation is not None:
        window = checked_duration_ns(reclamation.min_window)
        shortest, longest = k.market.reclamation_bounds(ctx)
        if not shortest <= window <= longest:
            raise types.InvalidReclamation(f"window {window} ns is outside [{shortest}, {longest}]")
    types.check_group_names(msg.groups)
    for spec in msg.groups:
        # The stateless check compared denoms only where there is a deposit; where none is asked, here.
        price = spec.resources[0].price.denom
        if types.min_deposit(params, price) is None:
            raise types.InvalidPrice(f"group {spec.name!r} is priced in {price}")
        if price != denom:
            raise types.InvalidDeposit(f"deposit is in {denom}, group {spec.name!r} is priced in {price}")


def update_deployment(
    ctx: Context, k: Keepers, msg: MsgUpdateDeployment
) -> deploymentmsg_pb2.MsgUpdateDeploymentResponse:
    """Name another manifest. Groups stay as they are."""
    deployment = DeploymentID.from_pb(msg.id, ctx.bech32)
    stored = _active(ctx, k, deployment)
    if stored.hash == msg.hash:
        raise types.InvalidHash("the hash is the one stored already")
    k.deployment.update_hash(ctx, deployment, stored, msg.hash)
    return deploymentmsg_pb2.MsgUpdateDeploymentResponse()


def close_deployment(
    ctx: Context, k: Keepers, msg: MsgCloseDeployment
) -> deploymentmsg_pb2.MsgCloseDeploymentResponse:
    """Close the escrow account; everything else follows from that (chain/hooks.py)."""
    deployment = DeploymentID.from_pb(msg.id, ctx.bech32)
    _active(ctx, k, deployment)
    k.escrow.close_account(ctx, deployment)
    return deploymentmsg_pb2.MsgCloseDeploymentResponse()


def close_group(ctx: Context, k: Keepers, msg: MsgCloseGroup) -> groupmsg_pb2.MsgCloseGroupResponse:
    """End one group for good. The deployment stays active, even without any group left."""
    group = GroupID.from_pb(msg.id, ctx.bech32)
    stored = _group(ctx, k, group)
    if stored.state == types.GROUP_CLOSED:
        raise types.GroupClosed
    _active(ctx, k, group.deployment)
    k.deployment.end_group(ctx, group, stored, insufficient_funds=False)
    k.reactions.group_left_market(ctx, group, insufficient_funds=False)
    return groupmsg_pb2.MsgCloseGroupResponse()


def pause_group(ctx: Context, k: Keepers, msg: MsgPauseGroup) -> groupmsg_pb2.MsgPauseGroupResponse:
    """Take a group off the market until it is started again."""
    group = GroupID.from_pb(msg.id, ctx.bech32)
    stored = _group(ctx, k, group)
    if stored.state == types.GROUP_CLOSED:
        raise types.GroupClosed
    if stored.state == types.GROUP_PAUSED:
        raise types.GroupPaused
    _active(ctx, k, group.deployment)
    k.deployment.pause_group(ctx, group, stored)
    k.reactions.group_left_market(ctx, group, insufficient_funds=False)
    return groupmsg_pb2.MsgPauseGroupResponse()


def start_group(ctx: Context, k: Keepers, msg: MsgStartGroup) -> groupmsg_pb2.MsgStartGroupResponse:
    """Bring a paused group back to the market with a new order."""
    group = GroupID.from_pb(msg.id, ctx.bech32)
    stored = _group(ctx, k, group)
    if stored.state == types.GROUP_CLOSED:
        raise types.GroupClosed
    if stored.state == types.GROUP_OPEN:
        raise types.GroupOpen
    deployment = _active(ctx, k, group.deployment)
    k.deployment.start_group(ctx, group, stored)
    reclamation = deployment.reclamation if deployment.HasField("reclamation") else None
    k.market.open_order(ctx, group, stored.group_spec, reclamation)
    return groupmsg_pb2.MsgStartGroupResponse()


def update_params(ctx: Context, k: Keepers, msg: MsgUpdateParams) -> paramsmsg_pb2.MsgUpdateParamsResponse:
    """Replace the parameters."""
    require_authority(ctx, msg.authority)
    k.deployment.set_params(ctx, msg.params)
    return paramsmsg_pb2.MsgUpdateParamsResponse()


def _active(ctx: Context, k: Keepers, deployment: DeploymentID) -> Deployment:
    stored = k.deployment.deployment(ctx, deployment)
    if stored is None:
        raise types.DeploymentNotFound
    if stored.state != types.ACTIVE:
        raise types.DeploymentClosed
    return stored


def _group(ctx: Context, k: Keepers, group: GroupID) -> Group:
    stored = k.deployment.group(ctx, group)
    if stored is None:
        raise types.GroupNotFound
    return stored
