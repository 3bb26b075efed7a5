"""The oracle in the genesis document: the network's own part, and what the sources said together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.genesis import Document, GenesisError, read_state, write_state
from supercloud.chain.baseapp.timestamps import checked_ns, to_ns, to_timestamp
from supercloud.chain.x.oracle import types
from supercloud.chain.x.oracle.keys import Entry, Pair
from supercloud.pb.akash.oracle.v2.genesis_pb2 import GenesisLatestPricesIDs, GenesisSourceID, GenesisState
from supercloud.pb.akash.oracle.v2.prices_pb2 import PriceData
from supercloud.pb.supercloud.oracle.v1.genesis_pb2 import GenesisState as ResultsState

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.oracle.keeper import Keeper


def init(ctx: Context, keeper: Keeper, document: Document) -> None:
    """Take over parameters, sources and entries; what they mean is computed for the document's time."""
    state = read_state(document, GenesisState)
    for known in state.source_ids:
        try:
            address = ctx.bech32.parse(known.address)
        except ValueError as error:
            raise GenesisError(f"oracle: source {known.address!r}: {error}") from error
        if keeper.source_number(ctx, address) is not None:
            raise GenesisError(f"oracle: source {known.address} is numbered twice")
        keeper.set_source_number(ctx, address, known.id)
    if state.source_seq:
        keeper.set_sources_count(ctx, state.source_seq)
    keeper.set_params(ctx, state.params)
    numbers = [number for _, number in keeper.source_numbers(ctx)]
    for stored in state.prices:
        place = stored.id
        pair = _pair(ctx, place.denom, place.base_denom)
        entry = Entry(place.source, pair, checked_ns(place.timestamp), place.sequence)
        if entry.source not in numbers or entry.time <= 0 or keeper.price_of(ctx, entry) is not None:
            raise GenesisError(f"oracle: {entry} is of nobody, of no time, or there twice")
        keeper.set_price(ctx, entry, types.checked_price(stored.state.price))
    for pointer in state.latest_prices_ids:
        feed, at = pointer.id, pointer.state
        pair = _pair(ctx, feed.denom, feed.base_denom)
        keeper.set_latest(ctx, Entry(feed.source, pair, checked_ns(at.timestamp), at.sequence))
    keeper.aggregate(ctx)


def export(ctx: Context, keeper: Keeper) -> Document:
    """Everything but what the entries mean."""
    prices = []
    for entry, price in keeper.prices(ctx):
        stored = PriceData()
        stored.id.source, stored.id.denom, stored.id.base_denom = entry.source, *entry.pair
        stored.id.timestamp.CopyFrom(to_timestamp(entry.time))
        stored.id.sequence = entry.sequence
        stored.state.price = price.to_wire()
        prices.append(stored)
    pointers = []
    for entry in keeper.latest_entries(ctx):
        pointer = GenesisLatestPricesIDs()
        pointer.id.source, pointer.id.denom, pointer.id.base_denom = entry.source, *entry.pair
        pointer.state.timestamp.CopyFrom(to_timestamp(entry.time))
        pointer.state.sequence = entry.sequence
        pointers.append(pointer)
    numbered = [
        GenesisSourceID(address=ctx.bech32.text(address), id=number)
        for address, number in keeper.source_numbers(ctx)
    ]
    state = GenesisState(
        params=keeper.params(ctx),
        prices=prices,
        latest_prices_ids=pointers,
        source_ids=numbered,
        source_seq=keeper.sources_count(ctx),
    )
    return write_state(state)


def init_results(ctx: Context, keeper: Keeper, document: Document) -> None:
    """Take over what the sources last said together; a document without it leaves what was computed."""
    state = read_state(document, ResultsState)
    if not state.health:
        return
    keeper.forget_results(ctx)
    for price in state.aggregated_prices:
        if to_ns(price.timestamp) <= 0 or types.checked_price(price.twap).raw <= 0:
            raise GenesisError(f"oracle: the price of {price.denom} has no time")
        keeper.set_aggregated(ctx, _pair(ctx, price.denom, types.BASE), price)
    for health in state.health:
        keeper.set_health(ctx, _pair(ctx, health.denom, types.BASE), health)


def export_results(ctx: Context, keeper: Keeper) -> Document:
    """What the sources last said together, and whether they agree now."""
    state = ResultsState(aggregated_prices=keeper.all_aggregated(ctx), health=keeper.all_health(ctx))
    return write_state(state)


def default() -> Document:
    """The document of a new network: no sources, so no price."""
    return write_state(GenesisState(params=types.default_params()))


def _pair(ctx: Context, denom: str, base: str) -> Pair:
    pair = Pair(denom, base)
    types.check_pair(ctx.profile.native_denom, pair)
    return pair
