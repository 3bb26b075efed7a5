"""Balances in and out of the genesis document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.coins import checked_coins
from supercloud.chain.baseapp.genesis import Document, GenesisError, read_state, write_state
from supercloud.chain.x.bank.types import validate_metadata, validate_params
from supercloud.pb.cosmos.bank.v1beta1.genesis_pb2 import GenesisState
from supercloud.types.coin import Coin, is_denom
from supercloud.types.errors import ChainError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.bank.keeper import Keeper
    from supercloud.pb.cosmos.base.v1beta1 import coin_pb2


def init(ctx: Context, keeper: Keeper, document: Document) -> None:
    """Write everything; the supply, where given, must be the sum of the balances."""
    state = read_state(document, GenesisState)
    validate_params(state.params)
    keeper.set_params(ctx, state.params)
    total: dict[str, int] = {}
    seen: set[bytes] = set()
    for balance in state.balances:
        try:
            address = ctx.bech32.parse(balance.address)
        except ValueError as error:
            raise GenesisError(f"bank: balance of {balance.address!r}: {error}") from error
        if address in seen:
            raise GenesisError(f"bank: balances of {balance.address} are given twice")
        seen.add(address)
        coins = _coins(balance.coins, f"balance of {balance.address}")
        keeper.give(ctx, address, coins)
        for denom, amount in coins:
            total[denom] = total.get(denom, 0) + amount
    supply = dict(_coins(state.supply, "supply"))
    if supply and supply != total:
        raise GenesisError(f"bank: supply {supply} differs from the sum of balances {total}")
    for denom in sorted(total):
        keeper.set_supply(ctx, Coin(denom, total[denom]))
    _init_denoms(ctx, keeper, state)


def _init_denoms(ctx: Context, keeper: Keeper, state: GenesisState) -> None:
    bases: set[str] = set()
    for metadata in state.denom_metadata:
        wrong = validate_metadata(metadata)
        if wrong is not None:
            raise GenesisError(f"bank: metadata of {metadata.base!r}: {wrong}")
        if metadata.base in bases:
            raise GenesisError(f"bank: metadata of {metadata.base} is given twice")
        bases.add(metadata.base)
        keeper.set_metadata(ctx, metadata)
    switched: set[str] = set()
    for entry in state.send_enabled:
        if not is_denom(entry.denom) or entry.denom in switched:
            raise GenesisError(f"bank: send_enabled of {entry.denom!r} is invalid or given twice")
        switched.add(entry.denom)
        keeper.set_send_enabled(ctx, entry.denom, entry.enabled)


def _coins(coins: Iterable[coin_pb2.Coin], what: str) -> list[Coin]:
    given = list(coins)
    if not given:
        return []
    try:
        return checked_coins(given)
    except ChainError as error:
        raise GenesisError(f"bank: {what}: {error}") from error


def export(ctx: Context, keeper: Keeper) -> Document:
    """The document that makes the same balances again."""
    state = GenesisState(params=keeper.params(ctx))
    last = b""
    for address, coin in keeper.all_balances(ctx):
        if address != last:
            balance = state.balances.add(address=ctx.bech32.text(address))
            last = address
        balance.coins.add(denom=coin.denom, amount=str(coin.amount))
    for coin in keeper.supplies(ctx):
        state.supply.add(denom=coin.denom, amount=str(coin.amount))
    state.denom_metadata.extend(keeper.metadatas(ctx))
    state.send_enabled.extend(keeper.send_enabled_entries(ctx))
    return write_state(state)
