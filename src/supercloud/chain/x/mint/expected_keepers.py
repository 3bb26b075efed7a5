"""What mint needs of other modules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.types.coin import Coin
    from supercloud.types.dec import Dec


class AccountKeeper(Protocol):
    """Module accounts."""

    def ensure_module_account(self, ctx: Context, name: str) -> bytes:
        """Address of a module's account, which exists afterwards."""


class StakingKeeper(Protocol):
    """How much is staked."""

    def supply(self, ctx: Context) -> int:
        """What exists of the coin that is staked."""

    def bonded_ratio(self, ctx: Context) -> Dec:
        """The bonded share of it."""


class BankKeeper(Protocol):
    """Makes coins."""

    def mint(self, ctx: Context, module: str, coins: Sequence[Coin]) -> None:
        """Make coins and give them to a module."""

    def send_between_modules(self, ctx: Context, src: str, dst: str, coins: Sequence[Coin]) -> None:
        """Module to module."""
