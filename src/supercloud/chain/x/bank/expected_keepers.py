"""What bank needs of other modules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.types.coin import Coin


class AccountKeeper(Protocol):
    """Accounts: a recipient gets one with its first coins; modules have theirs."""

    def exists(self, ctx: Context, address: bytes) -> bool:
        """Whether the address has an account."""

    def create(self, ctx: Context, address: bytes) -> object:
        """Give the address an account."""

    def ensure_module_account(self, ctx: Context, name: str) -> bytes:
        """Address of a module's account, which exists afterwards."""

    def has_permission(self, name: str, permission: str) -> bool:
        """Whether a module may mint or burn."""

    def locked(self, ctx: Context, address: bytes) -> Mapping[str, int]:
        """What an account holds and may not spend yet, by denom."""

    def track_delegation(self, ctx: Context, address: bytes, coins: Sequence[Coin]) -> None:
        """The account stakes coins."""

    def track_undelegation(self, ctx: Context, address: bytes, coins: Sequence[Coin]) -> None:
        """Staked coins come back to the account."""
