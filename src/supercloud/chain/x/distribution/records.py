"""Distribution's records in the store. Rewards of nothing are no record: absent means none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from google.protobuf.wrappers_pb2 import BytesValue

from supercloud.chain.x.distribution import keys
from supercloud.chain.x.distribution.dec_coins import DecCoins
from supercloud.pb.cosmos.distribution.v1beta1 import distribution_pb2 as pb
from supercloud.types.errors import invariant

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from supercloud.chain.baseapp.context import Context


def _put(ctx: Context, key: bytes, message: Message) -> None:
    value = message.SerializeToString(deterministic=True)
    kv = ctx.kv(keys.STORE)
    if value:
        kv.set(key, value)
    else:
        kv.delete(key)


# --- The community's


def fee_pool(ctx: Context) -> DecCoins:
    """What belongs to the community."""
    value = ctx.kv(keys.STORE).get(keys.FEE_POOL)
    return DecCoins.from_pb(pb.FeePool.FromString(value or b"").community_pool)


def set_fee_pool(ctx: Context, coins: DecCoins) -> None:
    """Replace it."""
    _put(ctx, keys.FEE_POOL, pb.FeePool(community_pool=coins.to_pb()))


def add_to_fee_pool(ctx: Context, coins: DecCoins) -> None:
    """Give the community more."""
    if not coins.is_zero():
        set_fee_pool(ctx, fee_pool(ctx).add(coins))


def proposer(ctx: Context) -> bytes:
    """Consensus address of the last block's proposer; empty before there was one."""
    return BytesValue.FromString(ctx.kv(keys.STORE).get(keys.PROPOSER) or b"").value


def set_proposer(ctx: Context, consensus: bytes) -> None:
    """Remember who proposed."""
    if consensus != proposer(ctx):
        _put(ctx, keys.PROPOSER, BytesValue(value=consensus))


# --- A validator's


def outstanding(ctx: Context, operator: bytes) -> DecCoins:
    """What a validator and its delegators have not been paid yet."""
    value = ctx.kv(keys.STORE).get(keys.outstanding_key(operator))
    return DecCoins.from_pb(pb.ValidatorOutstandingRewards.FromString(value or b"").rewards)


def set_outstanding(ctx: Context, operator: bytes, coins: DecCoins) -> None:
    """Replace it."""
    _put(ctx, keys.outstanding_key(operator), pb.ValidatorOutstandingRewards(rewards=coins.to_pb()))


def commission(ctx: Context, operator: bytes) -> DecCoins:
    """A validator's own share that it has not been paid yet."""
    value = ctx.kv(keys.STORE).get(keys.commission_key(operator))
    return DecCoins.from_pb(pb.ValidatorAccumulatedCommission.FromString(value or b"").commission)


def set_commission(ctx: Context, operator: bytes, coins: DecCoins) -> None:
    """Replace it."""
    _put(ctx, keys.commission_key(operator), pb.ValidatorAccumulatedCommission(commission=coins.to_pb()))


def current(ctx: Context, operator: bytes) -> tuple[DecCoins, int]:
    """What the delegators of a validator earned in the current period, and the period's number."""
    value = ctx.kv(keys.STORE).get(keys.current_key(operator))
    record = pb.ValidatorCurrentRewards.FromString(value or b"")
    return DecCoins.from_pb(record.rewards), record.period


def set_current(ctx: Context, operator: bytes, coins: DecCoins, period: int) -> None:
    """Replace it."""
    _put(ctx, keys.current_key(operator), pb.ValidatorCurrentRewards(rewards=coins.to_pb(), period=period))


def operators(ctx: Context) -> list[bytes]:
    """Every validator that has records."""
    return [keys.address_of(key) for key, _ in ctx.kv(keys.STORE).prefix(keys.CURRENT_PREFIX)]


# --- Ended periods: what one token had earned from the beginning until then


def ratio(ctx: Context, operator: bytes, period: int) -> DecCoins:
    """What a token had earned by the end of a period."""
    return DecCoins.from_pb(_historical(ctx, operator, period).cumulative_reward_ratio)


def set_ratio(ctx: Context, operator: bytes, period: int, coins: DecCoins) -> None:
    """Record the end of a period, which one thing needs: the period after it."""
    record = pb.ValidatorHistoricalRewards(cumulative_reward_ratio=coins.to_pb(), reference_count=1)
    _put(ctx, keys.historical_key(operator, period), record)


def hold(ctx: Context, operator: bytes, period: int) -> None:
    """One more thing needs the end of a period."""
    record = _historical(ctx, operator, period)
    record.reference_count += 1
    invariant(record.reference_count <= 2, "more than two things begin with the end of one period")
    _put(ctx, keys.historical_key(operator, period), record)


def release(ctx: Context, operator: bytes, period: int) -> None:
    """One thing less needs the end of a period; what nothing needs is removed."""
    record = _historical(ctx, operator, period)
    invariant(record.reference_count > 0, "a period is released more often than held")
    record.reference_count -= 1
    if record.reference_count:
        _put(ctx, keys.historical_key(operator, period), record)
    else:
        ctx.kv(keys.STORE).delete(keys.historical_key(operator, period))


def _historical(ctx: Context, operator: bytes, period: int) -> pb.ValidatorHistoricalRewards:
    value = ctx.kv(keys.STORE).get(keys.historical_key(operator, period))
    return pb.ValidatorHistoricalRewards.FromString(value or b"")


# --- Slashes


def slashes(
    ctx: Context, operator: bytes, first: int, last: int
) -> Iterator[tuple[int, pb.ValidatorSlashEvent]]:
    """A validator's slashes from one height to another, both included, with their heights."""
    start, end = keys.slash_key(operator, first), keys.slash_key(operator, last + 1)
    for key, value in ctx.kv(keys.STORE).range(start, end):
        yield int.from_bytes(key[-16:-8], "big"), pb.ValidatorSlashEvent.FromString(value)


def add_slash(ctx: Context, operator: bytes, height: int, event: pb.ValidatorSlashEvent) -> None:
    """Remember a slash."""
    _put(ctx, keys.slash_key(operator, height, event.validator_period), event)


# --- A delegator's


def starting(ctx: Context, operator: bytes, delegator: bytes) -> pb.DelegatorStartingInfo | None:
    """Where the count of a delegation's rewards begins, or None."""
    value = ctx.kv(keys.STORE).get(keys.starting_key(operator, delegator))
    return None if value is None else pb.DelegatorStartingInfo.FromString(value)


def set_starting(ctx: Context, operator: bytes, delegator: bytes, info: pb.DelegatorStartingInfo) -> None:
    """Begin to count anew."""
    _put(ctx, keys.starting_key(operator, delegator), info)


def drop_starting(ctx: Context, operator: bytes, delegator: bytes) -> None:
    """Count no longer."""
    ctx.kv(keys.STORE).delete(keys.starting_key(operator, delegator))


def withdraw_address(ctx: Context, delegator: bytes) -> bytes:
    """Where a delegator's rewards go: to the delegator unless told otherwise."""
    return ctx.kv(keys.STORE).get(keys.withdraw_key(delegator)) or delegator


def set_withdraw_address(ctx: Context, delegator: bytes, address: bytes) -> None:
    """Let rewards go elsewhere."""
    ctx.kv(keys.STORE).set(keys.withdraw_key(delegator), address)


def drop_validator(ctx: Context, operator: bytes) -> None:
    """Remove all records of a validator."""
    kv = ctx.kv(keys.STORE)
    for prefix in (keys.slashes_prefix(operator), keys.historical_prefix(operator)):
        for key, _ in list(kv.prefix(prefix)):
            kv.delete(key)
    kv.delete(keys.outstanding_key(operator))
    kv.delete(keys.commission_key(operator))
    kv.delete(keys.current_key(operator))
