"""What fee auctions need of other modules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.types.coin import Coin


class TakeKeeper(Protocol):
    """What was collected."""

    def held(self, ctx: Context) -> list[Coin]:
        """What was taken and has not flowed out, by denom."""


class BankKeeper(Protocol):
    """Holds lots and bids."""

    def balance(self, ctx: Context, address: bytes, denom: str) -> int:
        """What an account holds of a denom."""

    def is_blocked(self, address: bytes) -> bool:
        """Whether an account is a module's."""

    def send_to_module(self, ctx: Context, src: bytes, module: str, coins: Sequence[Coin]) -> None:
        """Account to module."""

    def send_from_module(self, ctx: Context, module: str, dst: bytes, coins: Sequence[Coin]) -> None:
        """Module to account."""

    def send_between_modules(self, ctx: Context, src: str, dst: str, coins: Sequence[Coin]) -> None:
        """Module to module."""

    def burn(self, ctx: Context, module: str, coins: Sequence[Coin]) -> None:
        """Destroy coins of a module."""


class DistributionKeeper(Protocol):
    """The community pool."""

    def fund_community_pool(self, ctx: Context, coins: Sequence[Coin], sender: bytes) -> None:
        """Give coins of an account, also a module's, to the community."""
