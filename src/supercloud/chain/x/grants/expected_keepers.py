"""What grants need of other modules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.types.coin import Coin


class AccountKeeper(Protocol):
    """Module accounts."""

    def ensure_module_account(self, ctx: Context, name: str) -> bytes:
        """Address of a module's account, which exists afterwards."""


class BankKeeper(Protocol):
    """Holds what is set aside."""

    def balances(self, ctx: Context, address: bytes) -> list[Coin]:
        """Everything an account holds."""

    def is_blocked(self, address: bytes) -> bool:
        """Whether an account is closed to payments."""

    def send_from_module(self, ctx: Context, module: str, dst: bytes, coins: Sequence[Coin]) -> None:
        """Module to account."""


class DistributionKeeper(Protocol):
    """The community pool."""

    def spend_community_pool(self, ctx: Context, coins: Sequence[Coin], recipient: bytes) -> None:
        """Pay out of what belongs to the community."""

    def fund_community_pool(self, ctx: Context, coins: Sequence[Coin], sender: bytes) -> None:
        """Give coins of an account to the community."""
