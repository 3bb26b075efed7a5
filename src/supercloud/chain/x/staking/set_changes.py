"""Who decides blocks from now on: the mightiest that are not jailed, as many as the parameters allow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.context import Event
from supercloud.chain.baseapp.timestamps import to_timestamp
from supercloud.chain.x.staking import delegations, shares, types, validators
from supercloud.pb.tendermint.abci.types_pb2 import ValidatorUpdate
from supercloud.types.errors import invariant

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.staking.keeper import Keeper
    from supercloud.pb.cosmos.staking.v1beta1.staking_pb2 import Validator


def apply(ctx: Context, keeper: Keeper) -> list[ValidatorUpdate]:
    """Bond and unbond validators by their rank; returns what the consensus engine is to be told.

    Only validators whose power changed are loaded: the ranking tells the power of every other one.
    """
    last = validators.last_powers(ctx)
    updates: list[ValidatorUpdate] = []
    joined = left = total = 0
    for place, (power, operator) in enumerate(validators.ranking(ctx)):
        if power == 0 or place >= keeper.params(ctx).max_validators:
            break
        total += power
        before = last.pop(operator, 0)
        if before == power:
            continue
        validator = keeper.require_validator(ctx, operator)
        invariant(not validator.jailed, "a jailed validator is ranked")
        if validator.status != types.BONDED:
            joined += shares.tokens_of(validator)
            _bond(ctx, validator)
        if not before:
            keeper.reactions.validator_bonded(ctx, validators.consensus_of(validator), operator)
        validators.set_last_power(ctx, operator, power)
        updates.append(update_of(validator, power))
    for operator in sorted(last):
        validator = keeper.require_validator(ctx, operator)
        left += shares.tokens_of(validator)
        _begin_unbonding(ctx, keeper, validator)
        validators.set_last_power(ctx, operator, 0)
        updates.append(update_of(validator, 0))
    if joined > left:
        keeper.move(ctx, types.NOT_BONDED_POOL, types.BONDED_POOL, joined - left)
    else:
        keeper.move(ctx, types.BONDED_POOL, types.NOT_BONDED_POOL, left - joined)
    if updates:
        validators.set_last_total_power(ctx, total)
    return updates


def update_of(validator: Validator, power: int) -> ValidatorUpdate:
    """A validator's power as the consensus engine is told it."""
    update = ValidatorUpdate(power=power)
    update.pub_key.ed25519 = validators.public_key_of(validator)
    return update


def finish_unbonding(ctx: Context, keeper: Keeper) -> None:
    """End the unbonding of validators that have waited long enough; those without shares are removed."""
    for text in validators.mature(ctx):
        operator = ctx.bech32.parse_valoper(text)
        validator = keeper.require_validator(ctx, operator)
        invariant(validator.status == types.UNBONDING, f"{text} is queued and does not unbond")
        if validator.unbonding_on_hold_ref_count > 0:
            continue
        validators.dequeue(ctx, validator)
        validator.status = types.UNBONDED
        del validator.unbonding_ids[:]
        validators.write(ctx, validator)
        if shares.shares_of(validator).is_zero():
            keeper.remove(ctx, operator)


def pay_out(ctx: Context, keeper: Keeper) -> None:
    """Give back what has unbonded, and forget moves that no longer have to answer for anything."""
    denom = keeper.bond_denom(ctx)
    for pair in delegations.take_due_unbondings(ctx):
        delegator = ctx.bech32.parse(pair.delegator_address)
        paid = keeper.complete_unbonding(ctx, delegator, ctx.bech32.parse_valoper(pair.validator_address))
        if paid is not None:
            done = (
                ("amount", f"{paid}{denom}" if paid else ""),
                ("validator", pair.validator_address),
                ("delegator", pair.delegator_address),
            )
            ctx.emit(Event("complete_unbonding", done))
    for move in delegations.take_due_redelegations(ctx):
        ended = keeper.complete_redelegation(
            ctx,
            ctx.bech32.parse(move.delegator_address),
            ctx.bech32.parse_valoper(move.validator_src_address),
            ctx.bech32.parse_valoper(move.validator_dst_address),
        )
        if ended is not None:
            attributes = (
                ("amount", f"{ended}{denom}" if ended else ""),
                ("delegator", move.delegator_address),
                ("source_validator", move.validator_src_address),
                ("destination_validator", move.validator_dst_address),
            )
            ctx.emit(Event("complete_redelegation", attributes))


def _bond(ctx: Context, validator: Validator) -> None:
    if validator.status == types.UNBONDING:
        validators.dequeue(ctx, validator)
    validator.status = types.BONDED
    validators.write(ctx, validator)


def _begin_unbonding(ctx: Context, keeper: Keeper, validator: Validator) -> None:
    invariant(validator.status == types.BONDED, f"{validator.operator_address} has power and is not bonded")
    validator.status = types.UNBONDING
    validator.unbonding_time.CopyFrom(to_timestamp(ctx.time + keeper.unbonding_ns(ctx)))
    validator.unbonding_height = ctx.height
    validator.unbonding_ids.append(delegations.next_id(ctx))
    validators.write(ctx, validator)
    validators.enqueue(ctx, validator)
