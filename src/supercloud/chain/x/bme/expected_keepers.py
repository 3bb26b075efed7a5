"""What the vault needs of other modules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.types.coin import Coin
    from supercloud.types.dec import Dec


class AccountKeeper(Protocol):
    """Accounts of people and of modules."""

    def ensure_module_account(self, ctx: Context, name: str) -> bytes:
        """Address of a module's account, which exists afterwards."""

    def exists(self, ctx: Context, address: bytes) -> bool:
        """Whether the address has an account."""


class BankKeeper(Protocol):
    """Makes, moves and destroys coins."""

    def balance(self, ctx: Context, address: bytes, denom: str) -> int:
        """What an account holds of a denom."""

    def balances(self, ctx: Context, address: bytes) -> list[Coin]:
        """Everything an account holds, by denom."""

    def supply(self, ctx: Context, denom: str) -> int:
        """What exists of a denom."""

    def is_blocked(self, address: bytes) -> bool:
        """Whether the address is a module's."""

    def mint(self, ctx: Context, module: str, coins: Sequence[Coin]) -> None:
        """Make coins and give them to a module."""

    def burn(self, ctx: Context, module: str, coins: Sequence[Coin]) -> None:
        """Destroy coins of a module."""

    def send_to_module(self, ctx: Context, src: bytes, module: str, coins: Sequence[Coin]) -> None:
        """Account to module."""

    def send_from_module(self, ctx: Context, module: str, dst: bytes, coins: Sequence[Coin]) -> None:
        """Module to account."""


class OracleKeeper(Protocol):
    """What coins are worth."""

    def price(self, ctx: Context, denom: str) -> Dec:
        """Dollars a whole unit of a coin; raises a ChainError while there is no price to rely on."""
