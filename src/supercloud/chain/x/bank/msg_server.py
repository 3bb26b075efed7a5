"""Transactions about transfers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.authority import require_authority
from supercloud.chain.baseapp.coins import checked_coins
from supercloud.chain.baseapp.router import Router, signer_field
from supercloud.chain.x.bank.types import (
    OUTPUTS_MAX,
    InputOutputMismatch,
    MultipleSenders,
    NoInputs,
    NoOutputs,
    checked_address,
    validate_params,
)
from supercloud.pb.cosmos.bank.v1beta1 import tx_pb2 as pb
from supercloud.types.coin import Coin, is_denom
from supercloud.types.errors import InvalidRequest, Unauthorized

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.bank.keeper import Keeper


def register(router: Router, keeper: Keeper) -> None:
    """Route this module's messages."""
    by_authority = signer_field("authority")
    router.message(pb.MsgSend, lambda ctx, msg: send(ctx, keeper, msg), signers=signer_field("from_address"))
    router.message(
        pb.MsgMultiSend,
        lambda ctx, msg: multi_send(ctx, keeper, msg),
        signers=lambda msg: tuple(source.address for source in msg.inputs),
    )
    router.message(pb.MsgUpdateParams, lambda ctx, msg: update_params(ctx, keeper, msg), signers=by_authority)
    router.message(
        pb.MsgSetSendEnabled, lambda ctx, msg: set_send_enabled(ctx, keeper, msg), signers=by_authority
    )


def send(ctx: Context, keeper: Keeper, msg: pb.MsgSend) -> pb.MsgSendResponse:
    """Move coins from the signer to an account."""
    src = checked_address(ctx.bech32, msg.from_address, "from")
    dst = checked_address(ctx.bech32, msg.to_address, "to")
    coins = checked_coins(msg.amount)
    keeper.require_send_enabled(ctx, coins)
    if keeper.is_blocked(dst):
        raise Unauthorized(f"{msg.to_address} is not allowed to receive funds")
    keeper.send(ctx, src, dst, coins)
    return pb.MsgSendResponse()


def multi_send(ctx: Context, keeper: Keeper, msg: pb.MsgMultiSend) -> pb.MsgMultiSendResponse:
    """Move coins from the signer to several accounts."""
    if not msg.inputs:
        raise NoInputs
    if len(msg.inputs) != 1:
        raise MultipleSenders
    if not msg.outputs:
        raise NoOutputs
    if len(msg.outputs) > OUTPUTS_MAX:
        raise InvalidRequest(f"more than {OUTPUTS_MAX} outputs")
    src = checked_address(ctx.bech32, msg.inputs[0].address, "input")
    coins = checked_coins(msg.inputs[0].coins)
    outputs: list[tuple[bytes, list[Coin]]] = []
    total: dict[str, int] = {}
    for output in msg.outputs:
        dst = checked_address(ctx.bech32, output.address, "output")
        part = checked_coins(output.coins)
        outputs.append((dst, part))
        for denom, amount in part:
            total[denom] = total.get(denom, 0) + amount
    if total != dict(coins):
        raise InputOutputMismatch
    keeper.require_send_enabled(ctx, coins)
    for (dst, _), output in zip(outputs, msg.outputs, strict=True):
        if keeper.is_blocked(dst):
            raise Unauthorized(f"{output.address} is not allowed to receive funds")
    keeper.send_many(ctx, src, coins, outputs)
    return pb.MsgMultiSendResponse()


def update_params(ctx: Context, keeper: Keeper, msg: pb.MsgUpdateParams) -> pb.MsgUpdateParamsResponse:
    """Replace the parameters; only the network's authority may."""
    require_authority(ctx, msg.authority)
    validate_params(msg.params)
    keeper.set_params(ctx, msg.params)
    return pb.MsgUpdateParamsResponse()


def set_send_enabled(ctx: Context, keeper: Keeper, msg: pb.MsgSetSendEnabled) -> pb.MsgSetSendEnabledResponse:
    """Set or remove switches of denoms; only the network's authority may."""
    require_authority(ctx, msg.authority)
    seen: set[str] = set()
    for entry in msg.send_enabled:
        if entry.denom in seen:
            raise InvalidRequest(f'duplicate denom entries found for "{entry.denom}"')
        seen.add(entry.denom)
        if not is_denom(entry.denom):
            raise InvalidRequest(f'invalid SendEnabled denom "{entry.denom}": invalid denom: {entry.denom}')
    for denom in msg.use_default_for:
        if not is_denom(denom):
            raise InvalidRequest(f'invalid UseDefaultFor denom "{denom}": invalid denom: {denom}')
    for entry in msg.send_enabled:
        keeper.set_send_enabled(ctx, entry.denom, entry.enabled)
    for denom in msg.use_default_for:
        keeper.set_send_enabled(ctx, denom, None)
    return pb.MsgSetSendEnabledResponse()
