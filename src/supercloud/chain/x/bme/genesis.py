"""The vault in the genesis document: the network's own part, and how far its work has come."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from supercloud.chain.baseapp.genesis import Document, GenesisError, read_state, write_state
from supercloud.chain.x.bme import keys, types
from supercloud.chain.x.bme.keeper import record_id
from supercloud.chain.x.bme.keys import Record
from supercloud.pb.akash.bme.v1.genesis_pb2 import GenesisState
from supercloud.pb.akash.bme.v1.types_pb2 import Status
from supercloud.pb.supercloud.bme.v1.genesis_pb2 import GenesisState as ProgressState
from supercloud.types.coin import Coin, parse_amount

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.bme.keeper import Keeper
    from supercloud.pb.akash.bme.v1.types_pb2 import LedgerRecordID
    from supercloud.pb.cosmos.base.v1beta1 import coin_pb2


def init(ctx: Context, keeper: Keeper, document: Document) -> None:
    """Take over parameters, totals and records.

    The circuit breaker begins active (halt_cr) until the first block has seen how well credit is covered.
    """
    state = read_state(document, GenesisState)
    keeper.set_params(ctx, state.params)
    keeper.accounts.ensure_module_account(ctx, types.NAME)
    for table, coins in (
        (keys.BURNED, state.state.total_burned),
        (keys.MINTED, state.state.total_minted),
        (keys.REMINT_CREDITS, state.state.remint_credits),
    ):
        for coin in _amounts(coins):
            keeper.add_amount(ctx, table, coin.denom, coin.amount)
    least = state.params.min_epoch_blocks
    status = Status(status=types.HALT_CR, epoch_height_diff=least)
    keeper.set_status(ctx, status)
    keeper.set_due(ctx, keys.MINT_DUE, least)
    keeper.set_due(ctx, keys.BURN_DUE, least)
    for done in state.ledger.records:
        keeper.finish(ctx, _record(ctx, done.id), done.record)
    for waiting in state.ledger.pending_records:
        place = _record(ctx, waiting.id)
        (asked,) = _amounts([waiting.record.coins_to_burn])
        route = (asked.denom, waiting.record.denom_to_mint)
        if route != (place.denom, place.to_denom) or ctx.bech32.parse(waiting.record.owner) != place.source:
            raise GenesisError(f"bme: {waiting.id} and its record differ")
        keeper.add_pending(ctx, place, waiting.record)


def export(ctx: Context, keeper: Keeper) -> Document:
    """Parameters, totals, and the records that wait or were executed."""
    state = GenesisState(params=keeper.params(ctx))
    totals = keeper.state(ctx)
    state.state.total_burned.extend(totals.total_burned)
    state.state.total_minted.extend(totals.total_minted)
    state.state.remint_credits.extend(totals.remint_credits)
    state.ledger.SetInParent()
    for place, done in keeper.executed(ctx):
        state.ledger.records.add(id=record_id(ctx, place), record=done)
    for place, waiting in keeper.pending(ctx):
        state.ledger.pending_records.add(id=record_id(ctx, place), record=waiting)
    return write_state(state)


def init_progress(ctx: Context, keeper: Keeper, document: Document) -> None:
    """Take over the circuit breaker, the heights that are due, and the records given back."""
    state = read_state(document, ProgressState)
    if state.HasField("status"):
        if not types.HEALTHY <= state.status.status <= types.HALT_ORACLE:
            raise GenesisError("bme: the status is none of healthy, warning, halt_cr and halt_oracle")
        keeper.set_status(ctx, state.status)
    for key, height in ((keys.MINT_DUE, state.mint_height), (keys.BURN_DUE, state.burn_height)):
        if height:
            keeper.set_due(ctx, key, height)
    for canceled in state.canceled_records:
        keeper.finish(ctx, _record(ctx, canceled.id), canceled.record)


def export_progress(ctx: Context, keeper: Keeper) -> Document:
    """How far the vault's work has come."""
    state = ProgressState(
        status=keeper.status(ctx),
        mint_height=keeper.due(ctx, keys.MINT_DUE),
        burn_height=keeper.due(ctx, keys.BURN_DUE),
    )
    for place, canceled in keeper.canceled(ctx):
        state.canceled_records.add(id=record_id(ctx, place), record=canceled)
    return write_state(state)


def default(native_denom: str) -> Document:
    """The document of a new network: nothing minted, nothing burned."""
    state = GenesisState(params=types.default_params())
    for denom in (types.CREDIT_DENOM, native_denom):
        state.state.total_burned.add(denom=denom, amount="0")
        state.state.total_minted.add(denom=denom, amount="0")
    state.state.remint_credits.add(denom=native_denom, amount="0")
    return write_state(state)


def default_progress() -> Document:
    """The part of a new network that has not made a block yet."""
    return write_state(ProgressState())


def _amounts(coins: Iterable[coin_pb2.Coin]) -> list[Coin]:
    read = [Coin(coin.denom, parse_amount(coin.amount)) for coin in coins]
    if any(coin.amount < 0 for coin in read) or len({coin.denom for coin in read}) != len(read):
        raise GenesisError(f"bme: {read} has a negative amount or a denom twice")
    return read


def _record(ctx: Context, wire: LedgerRecordID) -> Record:
    try:
        source = ctx.bech32.parse(wire.source)
    except ValueError as error:
        raise GenesisError(f"bme: record of {wire.source!r}: {error}") from error
    if wire.height < 0 or wire.sequence < 0:
        raise GenesisError("bme: a record's height or number is negative")
    return Record(wire.denom, wire.to_denom, source, wire.height, wire.sequence)
