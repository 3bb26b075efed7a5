"""Delegations, unbondings and redelegations in the store, with their indexes and queues."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from supercloud.chain.baseapp.timestamps import to_ns, to_timestamp
from supercloud.chain.x.staking import keys
from supercloud.pb.cosmos.staking.v1beta1 import staking_pb2 as pb
from supercloud.types.errors import invariant

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.types.dec import Dec

Entry = pb.UnbondingDelegationEntry | pb.RedelegationEntry


def is_due(ctx: Context, entry: Entry) -> bool:
    """Whether an entry has waited long enough and nobody holds it."""
    return to_ns(entry.completion_time) <= ctx.time and entry.unbonding_on_hold_ref_count <= 0


def next_id(ctx: Context) -> int:
    """A new number for something that unbonds."""
    kv = ctx.kv(keys.STORE)
    number = int.from_bytes(kv.get(keys.UNBONDING_ID) or b"", "big") + 1
    kv.set(keys.UNBONDING_ID, number.to_bytes(8, "big"))
    return number


# --- Delegations


def read(ctx: Context, delegator: bytes, operator: bytes) -> pb.Delegation | None:
    """A delegation, or None."""
    value = ctx.kv(keys.STORE).get(keys.delegation_key(delegator, operator))
    return None if value is None else pb.Delegation.FromString(value)


def write(ctx: Context, delegation: pb.Delegation) -> None:
    """Save a delegation."""
    delegator, operator = _pair(ctx, delegation)
    kv = ctx.kv(keys.STORE)
    kv.set(keys.delegation_key(delegator, operator), delegation.SerializeToString(deterministic=True))
    kv.set(keys.delegators_prefix(operator) + delegator, keys.PRESENT)


def delete(ctx: Context, delegator: bytes, operator: bytes) -> None:
    """Remove a delegation."""
    kv = ctx.kv(keys.STORE)
    kv.delete(keys.delegation_key(delegator, operator))
    kv.delete(keys.delegators_prefix(operator) + delegator)


def of_delegator(ctx: Context, delegator: bytes) -> Iterator[pb.Delegation]:
    """A delegator's delegations, by operator."""
    for _, value in ctx.kv(keys.STORE).prefix(keys.delegations_prefix(delegator)):
        yield pb.Delegation.FromString(value)


def every(ctx: Context) -> Iterator[pb.Delegation]:
    """All delegations, by delegator and operator."""
    for _, value in ctx.kv(keys.STORE).prefix(keys.DELEGATION_PREFIX):
        yield pb.Delegation.FromString(value)


# --- Unbondings


def read_unbonding(ctx: Context, delegator: bytes, operator: bytes) -> pb.UnbondingDelegation | None:
    """What a delegator takes away from a validator, or None."""
    value = ctx.kv(keys.STORE).get(keys.unbonding_key(delegator, operator))
    return None if value is None else pb.UnbondingDelegation.FromString(value)


def write_unbonding(ctx: Context, unbonding: pb.UnbondingDelegation) -> None:
    """Save it; one without entries is removed."""
    delegator, operator = _pair(ctx, unbonding)
    kv = ctx.kv(keys.STORE)
    key = keys.unbonding_key(delegator, operator)
    index = keys.unbondings_of_operator_prefix(operator) + keys.sized(delegator)
    if not unbonding.entries:
        kv.delete(key)
        kv.delete(index)
        return
    kv.set(key, unbonding.SerializeToString(deterministic=True))
    kv.set(index, keys.PRESENT)


def add_unbonding(
    ctx: Context, delegator: bytes, operator: bytes, completion: int, amount: int
) -> pb.UnbondingDelegation:
    """Add an amount that leaves a validator now; what leaves in one block is one entry."""
    number = next_id(ctx)
    unbonding = read_unbonding(ctx, delegator, operator) or pb.UnbondingDelegation(
        delegator_address=ctx.bech32.text(delegator), validator_address=ctx.bech32.valoper(operator)
    )
    for entry in unbonding.entries:
        if entry.creation_height == ctx.height and to_ns(entry.completion_time) == completion:
            entry.balance = str(int(entry.balance) + amount)
            entry.initial_balance = str(int(entry.initial_balance) + amount)
            break
    else:
        unbonding.entries.add(
            creation_height=ctx.height,
            completion_time=to_timestamp(completion),
            initial_balance=str(amount),
            balance=str(amount),
            unbonding_id=number,
        )
    write_unbonding(ctx, unbonding)
    return unbonding


def unbondings_of_operator(ctx: Context, operator: bytes) -> list[pb.UnbondingDelegation]:
    """Everything that is leaving a validator, by delegator."""
    index = ctx.kv(keys.STORE).prefix(keys.unbondings_of_operator_prefix(operator))
    delegators = [keys.addresses(key)[1] for key, _ in index]
    found = [read_unbonding(ctx, delegator, operator) for delegator in delegators]
    invariant(None not in found, "the index of unbondings names one that is not there")
    return [unbonding for unbonding in found if unbonding is not None]


def every_unbonding(ctx: Context) -> Iterator[pb.UnbondingDelegation]:
    """All unbondings, by delegator and operator."""
    for _, value in ctx.kv(keys.STORE).prefix(keys.UNBONDING_PREFIX):
        yield pb.UnbondingDelegation.FromString(value)


def enqueue_unbonding(ctx: Context, unbonding: pb.UnbondingDelegation, completion: int) -> None:
    """Look at an unbonding again at a time."""
    kv, key = ctx.kv(keys.STORE), keys.unbonding_queue_key(completion)
    queued = pb.DVPairs.FromString(kv.get(key) or b"")
    pair = pb.DVPair(
        delegator_address=unbonding.delegator_address, validator_address=unbonding.validator_address
    )
    if pair in queued.pairs:
        return
    queued.pairs.append(pair)
    kv.set(key, queued.SerializeToString(deterministic=True))


def take_due_unbondings(ctx: Context) -> list[pb.DVPair]:
    """Take out of the queue what is to be looked at by now."""
    kv = ctx.kv(keys.STORE)
    end = keys.unbonding_queue_key(ctx.time) + b"\x00"
    due: list[pb.DVPair] = []
    for key, value in list(kv.range(keys.UNBONDING_QUEUE_PREFIX, end)):
        due.extend(pb.DVPairs.FromString(value).pairs)
        kv.delete(key)
    return due


# --- Redelegations


def read_redelegation(ctx: Context, delegator: bytes, source: bytes, target: bytes) -> pb.Redelegation | None:
    """What a delegator moved from one validator to another lately, or None."""
    value = ctx.kv(keys.STORE).get(keys.redelegation_key(delegator, source, target))
    return None if value is None else pb.Redelegation.FromString(value)


def write_redelegation(ctx: Context, redelegation: pb.Redelegation) -> None:
    """Save it; one without entries is removed."""
    delegator = ctx.bech32.parse(redelegation.delegator_address)
    source = ctx.bech32.parse_valoper(redelegation.validator_src_address)
    target = ctx.bech32.parse_valoper(redelegation.validator_dst_address)
    kv = ctx.kv(keys.STORE)
    key = keys.redelegation_key(delegator, source, target)
    indexes = (
        keys.redelegations_from_prefix(source) + keys.sized(delegator) + keys.sized(target),
        keys.redelegations_to_prefix(target, delegator) + keys.sized(source),
    )
    if not redelegation.entries:
        kv.delete(key)
        for index in indexes:
            kv.delete(index)
        return
    kv.set(key, redelegation.SerializeToString(deterministic=True))
    for index in indexes:
        kv.set(index, keys.PRESENT)


def add_redelegation(
    ctx: Context, way: tuple[bytes, bytes, bytes], begun: tuple[int, int], amount: int, shares: Dec
) -> pb.Redelegation:
    """Remember a move. `way` is delegator, source and target; `begun` the height at which the tokens stopped
    to stand for the source, and the time until which they answer for it."""
    delegator, source, target = way
    height, completion = begun
    number = next_id(ctx)
    redelegation = read_redelegation(ctx, *way) or pb.Redelegation(
        delegator_address=ctx.bech32.text(delegator),
        validator_src_address=ctx.bech32.valoper(source),
        validator_dst_address=ctx.bech32.valoper(target),
    )
    redelegation.entries.add(
        creation_height=height,
        completion_time=to_timestamp(completion),
        initial_balance=str(amount),
        shares_dst=shares.to_wire(),
        unbonding_id=number,
    )
    write_redelegation(ctx, redelegation)
    return redelegation


def has_redelegation_to(ctx: Context, delegator: bytes, target: bytes) -> bool:
    """Whether a delegator moved tokens to a validator that still answer for where they came from."""
    prefix = keys.redelegations_to_prefix(target, delegator)
    return any(True for _ in ctx.kv(keys.STORE).prefix(prefix))


def redelegations_from(ctx: Context, source: bytes) -> list[pb.Redelegation]:
    """Everything that left a validator for another one, by delegator and target."""
    index = ctx.kv(keys.STORE).prefix(keys.redelegations_from_prefix(source))
    ways = [keys.addresses(key) for key, _ in index]
    found = [read_redelegation(ctx, delegator, source, target) for _, delegator, target in ways]
    invariant(None not in found, "the index of redelegations names one that is not there")
    return [redelegation for redelegation in found if redelegation is not None]


def every_redelegation(ctx: Context) -> Iterator[pb.Redelegation]:
    """All redelegations, by delegator, source and target."""
    for _, value in ctx.kv(keys.STORE).prefix(keys.REDELEGATION_PREFIX):
        yield pb.Redelegation.FromString(value)


def enqueue_redelegation(ctx: Context, redelegation: pb.Redelegation, completion: int) -> None:
    """Look at a redelegation again at a time."""
    kv, key = ctx.kv(keys.STORE), keys.redelegation_queue_key(completion)
    queued = pb.DVVTriplets.FromString(kv.get(key) or b"")
    triplet = pb.DVVTriplet(
        delegator_address=redelegation.delegator_address,
        validator_src_address=redelegation.validator_src_address,
        validator_dst_address=redelegation.validator_dst_address,
    )
    if triplet in queued.triplets:
        return
    queued.triplets.append(triplet)
    kv.set(key, queued.SerializeToString(deterministic=True))


def take_due_redelegations(ctx: Context) -> list[pb.DVVTriplet]:
    """Take out of the queue what is to be looked at by now."""
    kv = ctx.kv(keys.STORE)
    end = keys.redelegation_queue_key(ctx.time) + b"\x00"
    due: list[pb.DVVTriplet] = []
    for key, value in list(kv.range(keys.REDELEGATION_QUEUE_PREFIX, end)):
        due.extend(pb.DVVTriplets.FromString(value).triplets)
        kv.delete(key)
    return due


def _pair(ctx: Context, record: pb.Delegation | pb.UnbondingDelegation) -> tuple[bytes, bytes]:
    return ctx.bech32.parse(record.delegator_address), ctx.bech32.parse_valoper(record.validator_address)
