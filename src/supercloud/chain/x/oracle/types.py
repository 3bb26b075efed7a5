"""The oracle's parameters, refusals and names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from google.protobuf.duration_pb2 import Duration

from supercloud.chain.baseapp.timestamps import SECOND, checked_duration_ns
from supercloud.chain.x.oracle.keys import Pair
from supercloud.pb.akash.oracle.v2.params_pb2 import Params
from supercloud.types.dec import Dec
from supercloud.types.errors import ChainError, InvalidRequest, Undefined, define

if TYPE_CHECKING:
    from supercloud.types.address import Bech32

CODESPACE: Final = "oracle.v2"

CREDIT_DENOM: Final = "uact"
"""Worth a millionth of a dollar by definition."""
CREDIT: Final = "act"
BASE: Final = "usd"

FIRST_ENTRY_AGE_NS: Final = 12 * SECOND
"""How old a source's very first entry may be; later ones must only not go back."""
SOURCES_MAX: Final = 64
"""All of them are looked at in every block."""
SYMBOL_BYTES_MAX: Final = 128
"""As long as the names of coins get; keys carry the length in one byte."""

PRICE_MAX: Final = Dec.of(10**18)
"""No token is worth more dollars: what is computed with prices must stay within the wire's numbers."""

PriceStalled = define(CODESPACE, 4, "price stalled")
InvalidFeedContractParams = define(CODESPACE, 5, "invalid feed contract params")


def default_params() -> Params:
    """Parameters of a new network, without any source."""
    return Params(
        min_price_sources=1,
        max_price_staleness_period=Duration(seconds=30),
        twap_window=Duration(seconds=5),
        max_price_deviation_bps=150,
        price_retention=Duration(seconds=24 * 3600),
        prune_epoch="hour",
        max_prune_per_epoch=1000,
        max_future_time_drift=Duration(seconds=10),
    )


def check_params(bech32: Bech32, params: Params) -> None:
    """Refuse parameters that mean nothing. The network gives these refusals no code of their own."""
    _check_sources(bech32, params.sources)
    try:
        staleness = checked_duration_ns(params.max_price_staleness_period)
        window = checked_duration_ns(params.twap_window)
        retention = checked_duration_ns(params.price_retention)
        drift = checked_duration_ns(params.max_future_time_drift)
    except ChainError as error:
        raise Undefined(f"oracle: {error}") from error
    if params.min_price_sources < 1:
        raise Undefined("min_price_sources must be greater than 0")
    if staleness <= 0:
        raise Undefined("max_price_staleness_period must be positive")
    if window <= 0:
        raise Undefined("twap_window must be positive")
    if params.max_price_deviation_bps == 0:
        raise Undefined("max_price_deviation_bps must be greater than 0")
    if retention <= 0 or retention < window:
        raise Undefined("price_retention must be positive and not less than twap_window")
    if not params.prune_epoch:
        raise Undefined("prune_epoch must not be empty")
    if params.max_prune_per_epoch < 0 or drift < 0:
        raise Undefined("max_prune_per_epoch and max_future_time_drift must not be negative")
    if params.feed_contracts_params:
        raise InvalidFeedContractParams("this network runs no contracts")


def _check_sources(bech32: Bech32, sources: Sequence[str]) -> None:
    if len(sources) > SOURCES_MAX:
        raise Undefined(f"more than {SOURCES_MAX} sources")
    seen: list[bytes] = []
    for source in sources:
        try:
            address = bech32.parse(source)
        except ValueError as error:
            raise Undefined(f"invalid source address {source[:100]!r}: {error}") from error
        if address in seen:
            raise Undefined(f"source {source} stands twice")
        seen.append(address)


def symbol(denom: str) -> str:
    """What the oracle calls a coin: the whole unit of which bank's denom is a millionth (uakt: akt)."""
    return denom[1:] if denom.startswith("u") else denom


def check_pair(native_denom: str, pair: Pair) -> None:
    """Only the native token is priced, and only in dollars."""
    if pair.denom != symbol(native_denom):
        raise InvalidRequest(f"unsupported denom {pair.denom[:100]}")
    if pair.base != BASE:
        raise InvalidRequest(f"unsupported base denom {pair.base[:100]}")


def checked_price(wire: str) -> Dec:
    """A reported price; sdk 18 unless it is positive."""
    try:
        price = Dec.from_wire(wire)
    except ValueError as error:
        raise InvalidRequest(f"price: {error}") from error
    if price.raw <= 0:
        raise InvalidRequest("price must be positive")
    if price > PRICE_MAX:
        raise InvalidRequest(f"price must not be above {PRICE_MAX}")
    return price
