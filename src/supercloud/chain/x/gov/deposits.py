"""The deposits of proposals: their records, what may be deposited, what a cancelled proposal loses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from supercloud.chain.x.gov import keys, types
from supercloud.pb.cosmos.gov.v1 import gov_pb2 as pb
from supercloud.types.address import module_address
from supercloud.types.coin import Coin, coins_from_pb, coins_text, sorted_coins
from supercloud.types.dec import Dec

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.gov.keeper import Keeper


def read(ctx: Context, number: int, depositor: bytes) -> pb.Deposit | None:
    """A deposit, or None."""
    value = ctx.kv(keys.STORE).get(keys.deposit_key(number, depositor))
    return None if value is None else pb.Deposit.FromString(value)


def write(ctx: Context, depositor: bytes, deposit: pb.Deposit) -> None:
    """Write a deposit."""
    key = keys.deposit_key(deposit.proposal_id, depositor)
    ctx.kv(keys.STORE).set(key, deposit.SerializeToString(deterministic=True))


def add(ctx: Context, number: int, depositor: bytes, coins: Sequence[Coin]) -> None:
    """Count more coins of a depositor."""
    deposit = read(ctx, number, depositor)
    if deposit is None:
        deposit = pb.Deposit(proposal_id=number, depositor=ctx.bech32.text(depositor))
    held = sorted_coins([*coins_from_pb(deposit.amount), *coins])
    del deposit.amount[:]
    deposit.amount.extend([coin.to_pb() for coin in held])
    write(ctx, depositor, deposit)


def drop(ctx: Context, number: int, depositor: bytes) -> None:
    """Forget a deposit."""
    ctx.kv(keys.STORE).delete(keys.deposit_key(number, depositor))


def of(ctx: Context, number: int) -> Iterator[tuple[bytes, pb.Deposit]]:
    """A proposal's deposits, by depositor."""
    for key, value in ctx.kv(keys.STORE).prefix(keys.deposits_prefix(number)):
        yield keys.account_of(key), pb.Deposit.FromString(value)


def every(ctx: Context) -> Iterator[tuple[bytes, pb.Deposit]]:
    """All deposits, by proposal and depositor."""
    for key, value in ctx.kv(keys.STORE).prefix(keys.DEPOSIT_PREFIX):
        yield keys.account_of(key), pb.Deposit.FromString(value)


def total(ctx: Context) -> list[Coin]:
    """What all depositors together are owed."""
    return sorted_coins(coin for _, each in every(ctx) for coin in coins_from_pb(each.amount))


def check_denoms(params: pb.Params, coins: Sequence[Coin]) -> None:
    """Refuse coins that no minimum deposit names."""
    accepted = [coin.denom for coin in params.min_deposit]
    if any(coin.denom not in accepted for coin in coins):
        raise types.InvalidDepositDenom(
            f"deposited {coins_text(coins)}, but gov accepts only the following denom(s): "
            f"[{' '.join(accepted)}]"
        )


def check_initial(params: pb.Params, expedited: bool, coins: Sequence[Coin]) -> None:
    """Refuse to open a proposal with too small a part of the minimum deposit, to the nearest unit."""
    part = Dec.from_text(params.min_initial_deposit_ratio)
    if part.is_zero():
        return
    needed = [
        Coin(denom, part.mul_int(amount).round()) for denom, amount in types.minimum_of(params, expedited)
    ]
    if not types.covers(coins, needed):
        raise types.MinDepositTooSmall(f"was ({coins_text(coins)}), need ({coins_text(needed)})")


def check_size(params: pb.Params, expedited: bool, coins: Sequence[Coin]) -> None:
    """Refuse a deposit that is in every denom too small a part of the minimum deposit."""
    part = Dec.from_text(params.min_deposit_ratio)
    if part.is_zero():
        return
    held = dict(coins)
    needed = [
        Coin(denom, part.mul_int(amount).truncate()) for denom, amount in types.minimum_of(params, expedited)
    ]
    if not any(denom in held and held[denom] >= amount for denom, amount in needed):
        raise types.MinDepositTooSmall(
            f"received {coins_text(coins)} but need at least one of the following: {coins_text(needed)}"
        )


def charge(ctx: Context, keeper: Keeper, number: int) -> None:
    """Give a cancelled proposal's deposits back but for a part, which is burned or goes where params say."""
    params = keeper.params(ctx)
    part = Dec.from_text(params.proposal_cancel_ratio)
    charged: list[Coin] = []
    for depositor, deposit in list(of(ctx, number)):
        lost, left = [], []
        for denom, amount in coins_from_pb(deposit.amount):
            cut = part.mul_int(amount).truncate()
            lost.append(Coin(denom, cut))
            left.append(Coin(denom, amount - cut))
        charged.extend(lost)
        drop(ctx, number, depositor)
        if back := sorted_coins(left):
            keeper.bank.send_from_module(ctx, types.NAME, depositor, back)
    coins = sorted_coins(charged)
    if not coins:
        return
    if not params.proposal_cancel_dest:
        keeper.bank.burn(ctx, types.NAME, coins)
        return
    target = ctx.bech32.parse(params.proposal_cancel_dest)
    if target == module_address(types.DISTRIBUTION):
        keeper.distribution.fund_community_pool(ctx, coins, module_address(types.NAME))
    else:
        keeper.bank.send_from_module(ctx, types.NAME, target, coins)
