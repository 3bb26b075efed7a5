"""The only reader and writer of the `oracle` store."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from supercloud.chain.baseapp.context import prefix_end
from supercloud.chain.baseapp.record import Record
from supercloud.chain.baseapp.timestamps import checked_duration_ns, to_ns, to_timestamp
from supercloud.chain.x.oracle import aggregation, keys, types
from supercloud.chain.x.oracle.aggregation import Point
from supercloud.chain.x.oracle.keys import Entry, Pair
from supercloud.pb.akash.oracle.v2 import events_pb2
from supercloud.pb.akash.oracle.v2.params_pb2 import Params
from supercloud.pb.akash.oracle.v2.prices_pb2 import (
    AggregatedPrice,
    DataID,
    PriceDataState,
    PriceHealth,
    PriceLatestDataState,
)
from supercloud.types.dec import Dec
from supercloud.types.errors import InvalidRequest, Unauthorized, Undefined, invariant

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context


class Keeper:
    """Sources, what they reported, and what that means."""

    def __init__(self) -> None:
        self._params = Record(keys.STORE, keys.PARAMS, Params)

    # --- Parameters and sources

    def params(self, ctx: Context) -> Params:
        """Current parameters; shared, not to be changed."""
        return self._params.read(ctx)

    def set_params(self, ctx: Context, params: Params) -> None:
        """Put checked parameters in force.

        A new source gets the next number, for good. One that is left out has no latest entry any more: should
        it come back, it begins anew.
        """
        types.check_params(ctx.bech32, params)
        before = self.sources(ctx)
        self._params.write(ctx, params)
        after = [ctx.bech32.parse(source) for source in params.sources]
        for source in after:
            if self.source_number(ctx, source) is None:
                number = self.sources_count(ctx) + 1
                self.set_sources_count(ctx, number)
                self.set_source_number(ctx, source, number)
        kv = ctx.kv(keys.STORE)
        gone = [self._numbered(ctx, source) for source in before if source not in after]
        for key, _ in list(kv.prefix(keys.LATEST)):
            if keys.parse_feed(key[len(keys.LATEST) :])[0] in gone:
                kv.delete(key)

    def exists(self, ctx: Context) -> bool:
        """Whether the chain has an oracle at all: one that began before there were oracles goes on without."""
        return ctx.kv(keys.STORE).get(keys.PARAMS) is not None

    def sources(self, ctx: Context) -> list[bytes]:
        """Who may report, in the order of the parameters; nobody before there are any."""
        if not self.exists(ctx):
            return []
        return [ctx.bech32.parse(source) for source in self.params(ctx).sources]

    def source_number(self, ctx: Context, source: bytes) -> int | None:
        """A source's number; None when it never was one."""
        value = ctx.kv(keys.STORE).get(keys.source_key(source))
        return None if value is None else int(value)

    def source_numbers(self, ctx: Context) -> Iterator[tuple[bytes, int]]:
        """Everybody who ever was a source, by address."""
        for key, value in ctx.kv(keys.STORE).prefix(keys.SOURCE_NUMBER):
            yield key[len(keys.SOURCE_NUMBER) :], int(value)

    def set_source_number(self, ctx: Context, source: bytes, number: int) -> None:
        """Give a source its number."""
        ctx.kv(keys.STORE).set(keys.source_key(source), b"%d" % number)

    def sources_count(self, ctx: Context) -> int:
        """The last number given."""
        return int(ctx.kv(keys.STORE).get(keys.SOURCES_COUNT) or 0)

    def set_sources_count(self, ctx: Context, count: int) -> None:
        """Remember the last number given."""
        ctx.kv(keys.STORE).set(keys.SOURCES_COUNT, b"%d" % count)

    def _numbered(self, ctx: Context, source: bytes) -> int:
        number = self.source_number(ctx, source)
        invariant(number is not None, "a source of the parameters has a number")
        assert number is not None
        return number

    # --- Entries

    def report(self, ctx: Context, source: bytes, pair: Pair, point: Point) -> None:
        """Keep what a source reports. Refuses strangers, times that go back, times too far ahead."""
        if source not in self.sources(ctx):
            raise Unauthorized(f"source {ctx.bech32.text(source)} is not authorized oracle provider")
        types.check_pair(ctx.profile.native_denom, pair)
        number = self._numbered(ctx, source)
        last = self._last_time(ctx, number, pair)
        earliest = ctx.time - types.FIRST_ENTRY_AGE_NS if self.latest(ctx, number, pair) is None else last
        if point.time < max(earliest, last):
            raise InvalidRequest("price timestamp is too old")
        drift = checked_duration_ns(self.params(ctx).max_future_time_drift)
        if point.time > ctx.time + drift:
            raise InvalidRequest("price timestamp is too far in the future")
        entry = Entry(number, pair, point.time, self._next_sequence(ctx, number, pair, point.time))
        self.set_price(ctx, entry, point.price)
        self.set_latest(ctx, entry)
        event = events_pb2.EventPriceData(
            source=ctx.bech32.text(source),
            id=DataID(denom=pair.denom, base_denom=pair.base),
            price=point.price.to_wire(),
            timestamp=to_timestamp(point.time),
        )
        ctx.emit_typed(event)

    def _last_time(self, ctx: Context, source: int, pair: Pair) -> int:
        """The time of a source's newest entry that is kept, also from before it was dismissed; 0 without any."""
        feed = keys.PRICES + keys.feed_part(source, pair)
        for key, _ in ctx.kv(keys.STORE).prefix(feed, reverse=True):
            return keys.parse_entry(key[len(keys.PRICES) :]).time
        return 0

    def _next_sequence(self, ctx: Context, source: int, pair: Pair, time: int) -> int:
        """The first that is free at a time: several entries of one moment are all kept."""
        start = keys.time_bound(source, pair, time)
        for key, _ in ctx.kv(keys.STORE).prefix(start, reverse=True):
            return keys.parse_entry(key[len(keys.PRICES) :]).sequence + 1
        return 0

    def set_price(self, ctx: Context, entry: Entry, price: Dec) -> None:
        """Write an entry."""
        state = PriceDataState(price=price.to_wire())
        ctx.kv(keys.STORE).set(keys.entry_key(entry), state.SerializeToString(deterministic=True))

    def price_of(self, ctx: Context, entry: Entry) -> Dec | None:
        """The price of an entry that is kept."""
        value = ctx.kv(keys.STORE).get(keys.entry_key(entry))
        return None if value is None else _price(value)

    def prices(self, ctx: Context) -> Iterator[tuple[Entry, Dec]]:
        """Every entry, by source, pair and time."""
        for key, value in ctx.kv(keys.STORE).prefix(keys.PRICES):
            yield keys.parse_entry(key[len(keys.PRICES) :]), _price(value)

    def latest(self, ctx: Context, source: int, pair: Pair) -> Entry | None:
        """A source's newest entry."""
        value = ctx.kv(keys.STORE).get(keys.LATEST + keys.feed_part(source, pair))
        return None if value is None else _latest(source, pair, value)

    def latest_entries(self, ctx: Context) -> Iterator[Entry]:
        """The newest entries of all sources that are authorised, by source and pair."""
        for key, value in ctx.kv(keys.STORE).prefix(keys.LATEST):
            source, pair, _ = keys.parse_feed(key[len(keys.LATEST) :])
            yield _latest(source, pair, value)

    def set_latest(self, ctx: Context, entry: Entry) -> None:
        """Point to a source's newest entry."""
        state = PriceLatestDataState(timestamp=to_timestamp(entry.time), sequence=entry.sequence)
        key = keys.LATEST + keys.feed_part(entry.source, entry.pair)
        ctx.kv(keys.STORE).set(key, state.SerializeToString(deterministic=True))

    def prune(self, ctx: Context) -> int:
        """Drop old entries, at most as many as the parameters allow; returns how many.

        Of each authorised source the price stays that held when the time that is kept began: an average may begin
        there, and it is the newest one where the source has been silent since. Entries of sources that were
        dismissed go like all others.
        """
        params, kv = self.params(ctx), ctx.kv(keys.STORE)
        cutoff = ctx.time - checked_duration_ns(params.price_retention)
        active = {entry.source for entry in self.latest_entries(ctx)}
        pair = self._pair(ctx)
        doomed: list[bytes] = []
        for _, number in self.source_numbers(ctx):
            start, end = keys.time_bound(number, pair, 0), keys.time_bound(number, pair, cutoff + 1)
            held = next((key for key, _ in kv.range(start, end, reverse=True)), None)
            for key, _ in kv.range(start, end):
                if len(doomed) >= params.max_prune_per_epoch:
                    break
                if key != held or number not in active:
                    doomed.append(key)
        for key in doomed:
            kv.delete(key)
        return len(doomed)

    # --- What the entries mean

    def price(self, ctx: Context, denom: str) -> Dec:
        """What a whole unit of a coin is worth in dollars; refused while the sources do not agree or are silent.

        Both coins of the vault have six digits, so a quotient of two prices is also that of their millionths.
        """
        if denom in (types.CREDIT_DENOM, types.CREDIT):
            return Dec.of(1)
        pair = Pair(types.symbol(denom), types.BASE)
        health, found = self.health(ctx, pair), self.aggregated(ctx, pair)
        if health is None or not health.is_healthy or found is None:
            raise types.PriceStalled(f"no price of {denom}")
        return Dec.from_wire(found.twap)

    def aggregated(self, ctx: Context, pair: Pair) -> AggregatedPrice | None:
        """What the sources said together when they last agreed."""
        value = ctx.kv(keys.STORE).get(keys.AGGREGATED + keys.pair_part(pair))
        return None if value is None else AggregatedPrice.FromString(value)

    def all_aggregated(self, ctx: Context) -> Iterator[AggregatedPrice]:
        """Of every pair."""
        for _, value in ctx.kv(keys.STORE).prefix(keys.AGGREGATED):
            yield AggregatedPrice.FromString(value)

    def health(self, ctx: Context, pair: Pair) -> PriceHealth | None:
        """Whether the sources agree now; None when none ever reported."""
        value = ctx.kv(keys.STORE).get(keys.HEALTH + keys.pair_part(pair))
        return None if value is None else PriceHealth.FromString(value)

    def all_health(self, ctx: Context) -> Iterator[PriceHealth]:
        """Of every pair."""
        for _, value in ctx.kv(keys.STORE).prefix(keys.HEALTH):
            yield PriceHealth.FromString(value)

    def set_aggregated(self, ctx: Context, pair: Pair, price: AggregatedPrice) -> None:
        """Write what the sources say together."""
        value = price.SerializeToString(deterministic=True)
        ctx.kv(keys.STORE).set(keys.AGGREGATED + keys.pair_part(pair), value)

    def set_health(self, ctx: Context, pair: Pair, health: PriceHealth) -> None:
        """Write whether they agree."""
        value = health.SerializeToString(deterministic=True)
        ctx.kv(keys.STORE).set(keys.HEALTH + keys.pair_part(pair), value)

    def forget_results(self, ctx: Context) -> None:
        """Drop what is known of all pairs; a genesis document tells it."""
        kv = ctx.kv(keys.STORE)
        for table in (keys.AGGREGATED, keys.HEALTH):
            for key, _ in list(kv.prefix(table)):
                kv.delete(key)

    def aggregate(self, ctx: Context) -> None:
        """See what the sources say together at the block's time; tell when they begin or cease to agree."""
        params, pair = self.params(ctx), self._pair(ctx)
        entries = list(self.latest_entries(ctx))
        if not entries and self.health(ctx, pair) is None:
            # Nobody ever reported. Where all who did were dismissed, their last price must not stand for ever.
            return
        summary, fresh = self._summary(ctx, params, entries)
        health = PriceHealth(denom=pair.denom, total_sources=len(entries), total_healthy_sources=fresh)
        health.has_min_sources = fresh >= params.min_price_sources
        if not health.has_min_sources:
            reason = f"insufficient price sources: {fresh} < {params.min_price_sources}"
            health.failure_reason.append(reason)
        deviation, bound = 0 if summary is None else summary.deviation_bps, params.max_price_deviation_bps
        health.deviation_ok = deviation <= bound
        if not health.deviation_ok:
            health.failure_reason.append(f"price deviation too high: {deviation}bps > {bound}bps")
        health.is_healthy = health.has_min_sources and health.deviation_ok
        self._tell_health(ctx, pair, health)
        if not health.is_healthy or summary is None:
            return
        price = AggregatedPrice(
            denom=pair.denom,
            twap=summary.average.to_wire(),
            median_price=summary.median.to_wire(),
            min_price=summary.lowest.to_wire(),
            max_price=summary.highest.to_wire(),
            timestamp=to_timestamp(ctx.time),
            num_sources=fresh,
            deviation_bps=deviation,
        )
        self.set_aggregated(ctx, pair, price)
        ctx.emit_typed(events_pb2.EventAggregatedPrice(price=price))

    def _summary(
        self, ctx: Context, params: Params, entries: list[Entry]
    ) -> tuple[aggregation.Summary | None, int]:
        """What the fresh sources say, and how many there are."""
        oldest = ctx.time - checked_duration_ns(params.max_price_staleness_period)
        start = ctx.time - checked_duration_ns(params.twap_window)
        averages, latest = [], []
        for entry in entries:
            newest, points = self._points(ctx, entry, start)
            if newest is not None and newest.time >= oldest:
                averages.append(aggregation.time_weighted(ctx.time, points))
                latest.append(newest.price)
        return (aggregation.summarise(averages, latest) if latest else None), len(latest)

    def _points(self, ctx: Context, entry: Entry, start: int) -> tuple[Point | None, list[Point]]:
        """A source's newest price that holds already, and all that held since a time, newest first.

        The one that held when the time began counts from there on.
        """
        source, pair = entry.source, entry.pair
        first = keys.PRICES + keys.feed_part(source, pair)
        newest: Point | None = None
        points: list[Point] = []
        for key, value in ctx.kv(keys.STORE).range(
            first, keys.time_bound(source, pair, ctx.time + 1), reverse=True
        ):
            time = keys.parse_entry(key[len(keys.PRICES) :]).time
            newest = newest or Point(time, _price(value))
            points.append(Point(max(time, start), _price(value)))
            if time < start:
                break
        return newest, points

    def _tell_health(self, ctx: Context, pair: Pair, health: PriceHealth) -> None:
        before = self.health(ctx, pair)
        if health != before:
            self.set_health(ctx, pair, health)
        if before is not None and before.is_healthy == health.is_healthy:
            return
        name = DataID(denom=pair.denom, base_denom=pair.base)
        if health.is_healthy:
            ctx.emit_typed(events_pb2.EventPriceRecovered(id=name, height=ctx.height))
        else:
            ctx.emit_typed(events_pb2.EventPriceStaled(id=name))

    @staticmethod
    def _pair(ctx: Context) -> Pair:
        return Pair(types.symbol(ctx.profile.native_denom), types.BASE)

    # --- Invariants

    def invariants(self, ctx: Context) -> list[str]:
        """Violations: parameters that would not be accepted, pointers to nothing, numbers given twice."""
        broken = []
        try:
            types.check_params(ctx.bech32, self.params(ctx))
        except (Undefined, types.InvalidFeedContractParams) as error:
            broken.append(f"oracle: {error}")
        numbers = [number for _, number in self.source_numbers(ctx)]
        if sorted(numbers) != list(range(1, self.sources_count(ctx) + 1)):
            broken.append(f"oracle: {self.sources_count(ctx)} sources have numbers {numbers}")
        active = [self.source_number(ctx, source) for source in self.sources(ctx)]
        if None in active:
            broken.append("oracle: a source has no number")
        for entry in self.latest_entries(ctx):
            end = prefix_end(keys.PRICES + keys.feed_part(entry.source, entry.pair))
            later = ctx.kv(keys.STORE).range(keys.entry_key(entry), end)
            if entry.source not in active or len(list(later)) != 1:
                broken.append(f"oracle: {entry} is not the newest entry of an authorised source")
        return broken


def _price(value: bytes) -> Dec:
    return Dec.from_wire(PriceDataState.FromString(value).price)


def _latest(source: int, pair: Pair, value: bytes) -> Entry:
    state = PriceLatestDataState.FromString(value)
    return Entry(source, pair, to_ns(state.timestamp), state.sequence)
