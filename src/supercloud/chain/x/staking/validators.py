"""Validators in the store: records, their indexes by key and by power, the queue of those that unbond."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from google.protobuf.wrappers_pb2 import Int64Value

from supercloud.chain.baseapp.timestamps import to_ns
from supercloud.chain.x.staking import keys
from supercloud.chain.x.staking.shares import power_of
from supercloud.codec import registry
from supercloud.crypto import ed25519
from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import IntProto
from supercloud.pb.cosmos.crypto.ed25519.keys_pb2 import PubKey
from supercloud.pb.cosmos.staking.v1beta1.staking_pb2 import ValAddresses, Validator
from supercloud.types.errors import invariant

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context


def public_key_of(validator: Validator) -> bytes:
    """The Ed25519 key with which a validator signs blocks."""
    key = registry.unpack(validator.consensus_pubkey)
    invariant(isinstance(key, PubKey), f"validator {validator.operator_address} has no Ed25519 key")
    assert isinstance(key, PubKey)
    return key.key


def consensus_of(validator: Validator) -> bytes:
    """A validator's consensus address."""
    return ed25519.address(public_key_of(validator))


def read(ctx: Context, operator: bytes) -> Validator | None:
    """A validator, or None."""
    value = ctx.kv(keys.STORE).get(keys.validator_key(operator))
    return None if value is None else Validator.FromString(value)


def write(ctx: Context, validator: Validator) -> None:
    """Save a validator's record alone."""
    validator.description.SetInParent()
    validator.unbonding_time.SetInParent()
    validator.commission.commission_rates.SetInParent()
    validator.commission.update_time.SetInParent()
    operator = ctx.bech32.parse_valoper(validator.operator_address)
    ctx.kv(keys.STORE).set(keys.validator_key(operator), validator.SerializeToString(deterministic=True))


def by_consensus(ctx: Context, consensus: bytes) -> Validator | None:
    """The validator with a consensus address, or None."""
    operator = ctx.kv(keys.STORE).get(keys.consensus_key(consensus))
    return None if operator is None else read(ctx, operator)


def index_consensus(ctx: Context, validator: Validator, operator: bytes) -> None:
    """Make a validator known by its consensus address."""
    ctx.kv(keys.STORE).set(keys.consensus_key(consensus_of(validator)), operator)


def every(ctx: Context) -> Iterator[Validator]:
    """All validators, by operator."""
    for _, value in ctx.kv(keys.STORE).prefix(keys.VALIDATOR_PREFIX):
        yield Validator.FromString(value)


def delete(ctx: Context, validator: Validator, operator: bytes) -> None:
    """Remove a validator and its indexes."""
    kv = ctx.kv(keys.STORE)
    kv.delete(keys.validator_key(operator))
    kv.delete(keys.consensus_key(consensus_of(validator)))
    kv.delete(keys.power_key(power_of(validator), operator))


# --- By power. Jailed validators are not ranked.


def rank(ctx: Context, validator: Validator, operator: bytes) -> None:
    """Enter a validator under its present power."""
    if not validator.jailed:
        ctx.kv(keys.STORE).set(keys.power_key(power_of(validator), operator), operator)


def unrank(ctx: Context, validator: Validator, operator: bytes) -> None:
    """Take a validator out from under its present power, before that changes."""
    ctx.kv(keys.STORE).delete(keys.power_key(power_of(validator), operator))


def ranking(ctx: Context) -> Iterator[tuple[int, bytes]]:
    """Power and operator of those who are ranked, the mightiest first."""
    for key, operator in ctx.kv(keys.STORE).prefix(keys.POWER_PREFIX, reverse=True):
        yield keys.power_of(key), operator


# --- Powers of the last block


def last_power(ctx: Context, operator: bytes) -> int:
    """A validator's power in the last block; none if it did not decide."""
    value = ctx.kv(keys.STORE).get(keys.last_power_key(operator))
    return 0 if value is None else Int64Value.FromString(value).value


def last_powers(ctx: Context) -> dict[bytes, int]:
    """Power in the last block by operator."""
    return {
        keys.addresses(key)[0]: Int64Value.FromString(value).value
        for key, value in ctx.kv(keys.STORE).prefix(keys.LAST_POWER_PREFIX)
    }


def set_last_power(ctx: Context, operator: bytes, power: int) -> None:
    """Remember a validator's power; zero removes it."""
    kv, key = ctx.kv(keys.STORE), keys.last_power_key(operator)
    if power:
        kv.set(key, Int64Value(value=power).SerializeToString(deterministic=True))
    else:
        kv.delete(key)


def last_total_power(ctx: Context) -> int:
    """Sum of the powers in the last block."""
    value = ctx.kv(keys.STORE).get(keys.LAST_TOTAL_POWER)
    return 0 if value is None else int(IntProto.FromString(value).int)


def set_last_total_power(ctx: Context, power: int) -> None:
    """Remember the sum."""
    ctx.kv(keys.STORE).set(
        keys.LAST_TOTAL_POWER, IntProto(int=str(power)).SerializeToString(deterministic=True)
    )


# --- Those who unbond


def enqueue(ctx: Context, validator: Validator) -> None:
    """Let a validator's unbonding end at the time and height that it carries."""
    key = _queue_key(validator)
    kv = ctx.kv(keys.STORE)
    waiting = ValAddresses.FromString(kv.get(key) or b"")
    waiting.addresses.append(validator.operator_address)
    kv.set(key, waiting.SerializeToString(deterministic=True))


def dequeue(ctx: Context, validator: Validator) -> None:
    """Take a validator out of the queue, where it is in it."""
    key = _queue_key(validator)
    kv = ctx.kv(keys.STORE)
    value = kv.get(key)
    if value is None:
        return
    waiting = [
        address
        for address in ValAddresses.FromString(value).addresses
        if address != validator.operator_address
    ]
    if waiting:
        kv.set(key, ValAddresses(addresses=waiting).SerializeToString(deterministic=True))
    else:
        kv.delete(key)


def mature(ctx: Context) -> list[str]:
    """Operators whose unbonding ends by now; they stay in the queue."""
    end = keys.validator_queue_key(ctx.time, ctx.height) + b"\x00"
    found: list[str] = []
    for key, value in ctx.kv(keys.STORE).range(keys.VALIDATOR_QUEUE_PREFIX, end):
        # Keys sort by time first, so an earlier time may come with a later height.
        if int.from_bytes(key[-8:], "big") <= ctx.height:
            found.extend(ValAddresses.FromString(value).addresses)
    return found


def _queue_key(validator: Validator) -> bytes:
    return keys.validator_queue_key(to_ns(validator.unbonding_time), validator.unbonding_height)
