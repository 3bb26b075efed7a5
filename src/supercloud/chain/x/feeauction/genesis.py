"""Fee auctions in the genesis document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.coins import coins_or_none
from supercloud.chain.baseapp.genesis import Document, GenesisError, read_state, write_state
from supercloud.chain.x.feeauction import types
from supercloud.pb.supercloud.feeauction.v1.genesis_pb2 import GenesisState
from supercloud.types.coin import parse_amount

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.feeauction.keeper import Keeper
    from supercloud.pb.supercloud.feeauction.v1.auction_pb2 import Round


def init(ctx: Context, keeper: Keeper, document: Document) -> None:
    """Take over parameters, the round that runs and the last result; a document without them has no auctions."""
    state = read_state(document, GenesisState)
    keeper.set_params(ctx, state.params if state.HasField("params") else types.default_params())
    if state.rounds:
        keeper.set_rounds(ctx, state.rounds)
    if state.HasField("round"):
        _check(ctx, state.round)
        keeper.set_round(ctx, state.round)
    if state.HasField("last_result"):
        keeper.set_last_result(ctx, state.last_result)


def _check(ctx: Context, running: Round) -> None:
    try:
        bid = parse_amount(running.bid)
        if running.bidder:
            ctx.bech32.parse(running.bidder)
    except ValueError as error:
        raise GenesisError(f"feeauction: {error}") from error
    if bid < 0 or not coins_or_none(running.lot):
        raise GenesisError("feeauction: the round has no lot or a negative bid")


def export(ctx: Context, keeper: Keeper) -> Document:
    """All of it."""
    state = GenesisState(params=keeper.params(ctx), rounds=keeper.rounds(ctx))
    running, result = keeper.round(ctx), keeper.last_result(ctx)
    if running is not None:
        state.round.CopyFrom(running)
    if result is not None:
        state.last_result.CopyFrom(result)
    return write_state(state)


def default() -> Document:
    """The document of a new network."""
    return write_state(GenesisState(params=types.default_params()))
