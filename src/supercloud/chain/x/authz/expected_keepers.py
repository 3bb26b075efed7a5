"""What authz needs of other modules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context


class AccountKeeper(Protocol):
    """A grantee gets an account, so that it can sign."""

    def exists(self, ctx: Context, address: bytes) -> bool:
        """Whether the address has an account."""

    def create(self, ctx: Context, address: bytes) -> object:
        """Give the address an account."""


class BankKeeper(Protocol):
    """Addresses that may not receive anything."""

    def is_blocked(self, address: bytes) -> bool:
        """Whether the address belongs to a module."""
