"""Coins that become free with time: what is still locked, what is staked of it, which schedules make sense.

Source: Cosmos SDK x/auth/vesting. Times are whole seconds since 1970. An account's schedule says how much of its
original coins vests when; coins that vest may be staked, but neither sent nor paid with. Per denom, with V the
coins that still vest and DV those of them that are staked:

    locked    = max(V - DV, 0)
    spendable = max(balance - locked, 0)

Nothing happens to a record when a validator is slashed: less comes back than was staked, so that DV stays above
zero for ever and the loss counts as one of coins that vest.
"""

from __future__ import annotations

from collections.abc import Iterable, MutableSequence, Sequence
from typing import TYPE_CHECKING, Final

from google.protobuf.message import Message

from supercloud.chain.baseapp.coins import coins_or_none, coins_to_pb
from supercloud.pb.cosmos.vesting.v1beta1 import vesting_pb2 as pb
from supercloud.types.coin import AMOUNT_MAX, Coin
from supercloud.types.dec import Dec
from supercloud.types.errors import invariant

if TYPE_CHECKING:
    from supercloud.pb.cosmos.base.v1beta1.coin_pb2 import Coin as CoinPb

PREFIX: Final = "/cosmos.vesting.v1beta1."
KINDS: Final = (
    pb.BaseVestingAccount,
    pb.ContinuousVestingAccount,
    pb.DelayedVestingAccount,
    pb.PeriodicVestingAccount,
    pb.PermanentLockedAccount,
)
END_MAX: Final = 2**63 - 1


def schedule_of(record: Message) -> pb.BaseVestingAccount:
    """What the records of all kinds have in common."""
    if isinstance(record, pb.BaseVestingAccount):
        return record
    return record.base_vesting_account  # type: ignore[attr-defined, no-any-return]


# --- Time


def vested(record: Message, now: int) -> dict[str, int]:
    """How much of the original coins is free by now, whether it is staked or was spent."""
    schedule = schedule_of(record)
    match record:
        case pb.PermanentLockedAccount():
            return {}
        case pb.DelayedVestingAccount():
            begun = now >= schedule.end_time
        case pb.ContinuousVestingAccount() | pb.PeriodicVestingAccount():
            begun = now > record.start_time
        case _:
            # The bare base has no schedule, and so locks nothing.
            begun = True
    if not begun:
        return {}
    if now >= schedule.end_time or isinstance(record, pb.BaseVestingAccount):
        return _amounts(schedule.original_vesting)
    if isinstance(record, pb.ContinuousVestingAccount):
        passed = Dec.of(now - record.start_time).quo(Dec.of(schedule.end_time - record.start_time))
        original = _amounts(schedule.original_vesting)
        return {denom: Dec.of(amount).mul(passed).round() for denom, amount in original.items()}
    assert isinstance(record, pb.PeriodicVestingAccount)
    return _of_periods(record, now)


def _of_periods(record: pb.PeriodicVestingAccount, now: int) -> dict[str, int]:
    total: dict[str, int] = {}
    end = record.start_time
    for period in record.vesting_periods:
        end += period.length
        if end > now:
            break
        for denom, amount in _amounts(period.amount).items():
            total[denom] = total.get(denom, 0) + amount
    return total


def vesting(record: Message, now: int) -> dict[str, int]:
    """How much of the original coins is not free yet."""
    free = vested(record, now)
    original = _amounts(schedule_of(record).original_vesting)
    return {denom: amount - free.get(denom, 0) for denom, amount in original.items()}


def locked(record: Message, now: int) -> dict[str, int]:
    """What must stay in the account: what vests and is not staked. Denoms of which nothing is locked are left out."""
    staked = _amounts(schedule_of(record).delegated_vesting)
    kept = {denom: amount - staked.get(denom, 0) for denom, amount in vesting(record, now).items()}
    return {denom: amount for denom, amount in kept.items() if amount > 0}


# --- Staking


def track_delegation(record: Message, now: int, coins: Sequence[Coin]) -> None:
    """Note coins that are staked: as many as possible of those that vest, the rest of the free ones."""
    if isinstance(record, pb.BaseVestingAccount):
        return
    schedule = schedule_of(record)
    held_back = locked(record, now)
    for denom, amount in coins:
        invariant(amount > 0, "a delegation of nothing")
        of_vesting = min(held_back.get(denom, 0), amount)
        _change(schedule.delegated_vesting, denom, of_vesting)
        _change(schedule.delegated_free, denom, amount - of_vesting)


def track_undelegation(record: Message, coins: Sequence[Coin]) -> None:
    """Note staked coins that come back: as many as possible count as free ones.

    Rewards of rounding may bring more back than was staked; what is above that counts as neither.
    """
    if isinstance(record, pb.BaseVestingAccount):
        return
    schedule = schedule_of(record)
    for denom, amount in coins:
        of_free = min(_amounts(schedule.delegated_free).get(denom, 0), amount)
        of_vesting = min(_amounts(schedule.delegated_vesting).get(denom, 0), amount - of_free)
        _change(schedule.delegated_free, denom, -of_free)
        _change(schedule.delegated_vesting, denom, -of_vesting)


def _amounts(coins: Iterable[CoinPb]) -> dict[str, int]:
    return {coin.denom: int(coin.amount) for coin in coins}


def _change(field: MutableSequence[CoinPb], denom: str, change: int) -> None:
    amounts = _amounts(field)
    amounts[denom] = amounts.get(denom, 0) + change
    del field[:]
    field.extend(coins_to_pb(Coin(name, amounts[name]) for name in sorted(amounts) if amounts[name]))


# --- Schedules


def sum_of(periods: Sequence[pb.Period], start: int) -> tuple[list[Coin], int] | str:
    """All coins of the periods and when the last of them ends, or what is wrong with them."""
    total: dict[str, int] = {}
    end = start
    for number, period in enumerate(periods):
        coins = coins_or_none(period.amount)
        if period.length < 0:
            return f"period #{number} has a negative length: {period.length}"
        if not coins:
            return f"period #{number} has invalid coins"
        end += period.length
        for denom, amount in coins:
            total[denom] = total.get(denom, 0) + amount
    if end > END_MAX or any(amount > AMOUNT_MAX for amount in total.values()):
        return "the periods are too long or too large"
    return [Coin(denom, total[denom]) for denom in sorted(total)], end


def what_is_wrong(record: Message) -> str | None:
    """Why a record that vests can not be, or None; other records pass."""
    if not isinstance(record, KINDS):
        return None
    schedule = schedule_of(record)
    sets = (schedule.original_vesting, schedule.delegated_free, schedule.delegated_vesting)
    if not schedule.original_vesting or any(coins_or_none(coins) is None for coins in sets):
        return "invalid coins"
    original = _amounts(schedule.original_vesting)
    staked = _amounts(schedule.delegated_vesting)
    if schedule.end_time < 0:
        return "end time cannot be negative"
    if any(amount > original.get(denom, 0) for denom, amount in staked.items()):
        return "delegated vesting amount cannot be greater than original vesting amount"
    match record:
        case pb.ContinuousVestingAccount() if record.start_time >= schedule.end_time:
            return "vesting must start before it ends"
        case pb.PermanentLockedAccount() if schedule.end_time:
            return "permanently vested accounts cannot have an end-time"
        case pb.PeriodicVestingAccount():
            return _what_is_wrong_with_periods(record)
    return None


def _what_is_wrong_with_periods(record: pb.PeriodicVestingAccount) -> str | None:
    schedule = record.base_vesting_account
    summed = sum_of(record.vesting_periods, record.start_time)
    if isinstance(summed, str):
        return summed
    coins, end = summed
    if end != schedule.end_time:
        return "vesting end time does not match length of all vesting periods"
    if dict(coins) != _amounts(schedule.original_vesting):
        return "original vesting coins do not match the sum of all coins in vesting periods"
    return None
