"""What take needs of others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.types.coin import Coin


class BankKeeper(Protocol):
    """Moves the share."""

    def balances(self, ctx: Context, address: bytes) -> list[Coin]:
        """Everything an account holds, by denom."""

    def send_between_modules(self, ctx: Context, source: str, target: str, coins: Sequence[Coin]) -> None:
        """Module to module."""


class DistributionKeeper(Protocol):
    """The community pool."""

    def fund_community_pool(self, ctx: Context, coins: Sequence[Coin], sender: bytes) -> None:
        """Give coins of an account, also a module's, to the community."""
