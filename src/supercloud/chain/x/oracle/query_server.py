"""Queries about prices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.pagination import paginate
from supercloud.chain.baseapp.timestamps import to_ns, to_timestamp
from supercloud.chain.x.oracle import keys, types
from supercloud.chain.x.oracle.keys import Pair
from supercloud.pb.akash.oracle.v2 import query_pb2
from supercloud.pb.akash.oracle.v2.prices_pb2 import PriceData, PriceDataRecordID, PriceDataState
from supercloud.pb.cosmos.base.query.v1beta1.pagination_pb2 import PageRequest
from supercloud.types.errors import QueryNotFound

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.baseapp.router import Router
    from supercloud.chain.x.oracle.keeper import Keeper


def register(router: Router, keeper: Keeper) -> None:
    """Serve this module's queries."""
    router.query(query_pb2.DESCRIPTOR.services_by_name["Query"], QueryServer(keeper))


class QueryServer:
    """Answers akash.oracle.v2.Query."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper

    def prices(self, ctx: Context, request: query_pb2.QueryPricesRequest) -> query_pb2.QueryPricesResponse:
        """Entries, a source's newest first; `reverse` turns that round, as on the network."""
        filters = request.filters
        since, until = to_ns(filters.start_time), to_ns(filters.end_time)

        def accept(key: bytes, value: bytes) -> PriceData | None:
            entry = keys.parse_entry(key)
            if filters.asset_denom not in ("", entry.pair.denom):
                return None
            if filters.base_denom not in ("", entry.pair.base):
                return None
            # A time that is not given reads as 1970, Go's zero time as the year 1.
            if (since > 0 and entry.time < since) or (until > 0 and entry.time > until):
                return None
            return _price_data(entry, value)

        page = PageRequest()
        page.CopyFrom(request.pagination)
        page.reverse = not page.reverse
        found, response = paginate(ctx.kv(keys.STORE), keys.PRICES, page, accept)
        return query_pb2.QueryPricesResponse(prices=found, pagination=response)

    def params(self, ctx: Context, request: query_pb2.QueryParamsRequest) -> query_pb2.QueryParamsResponse:
        """The parameters."""
        return query_pb2.QueryParamsResponse(params=self._keeper.params(ctx))

    def aggregated_price(
        self, ctx: Context, request: query_pb2.QueryAggregatedPriceRequest
    ) -> query_pb2.QueryAggregatedPriceResponse:
        """What the sources said together when they last agreed, and whether they do now."""
        if len(request.denom.encode()) > types.SYMBOL_BYTES_MAX:
            raise QueryNotFound(f"no price of {request.denom[:128]!r}")
        pair = Pair(types.symbol(request.denom), types.BASE)
        price, health = self._keeper.aggregated(ctx, pair), self._keeper.health(ctx, pair)
        if price is None or health is None:
            raise QueryNotFound(f"no price of {request.denom[:128]!r}")
        return query_pb2.QueryAggregatedPriceResponse(aggregated_price=price, price_health=health)


def _price_data(entry: keys.Entry, value: bytes) -> PriceData:
    place = PriceDataRecordID(
        source=entry.source,
        denom=entry.pair.denom,
        base_denom=entry.pair.base,
        timestamp=to_timestamp(entry.time),
        sequence=entry.sequence,
    )
    return PriceData(id=place, state=PriceDataState.FromString(value))
