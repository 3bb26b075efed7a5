"""What provider needs of others."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.provider.keeper import Keeper


class MarketKeeper(Protocol):
    """What a provider owes tenants."""

    def has_live_leases(self, ctx: Context, provider: bytes) -> bool:
        """Whether a provider serves anybody now."""

    def has_open_bids(self, ctx: Context, provider: bytes) -> bool:
        """Whether a provider has offers out."""


class Keepers(NamedTuple):
    """What this module's messages work with: its own keeper and its neighbours."""

    provider: Keeper
    market: MarketKeeper
