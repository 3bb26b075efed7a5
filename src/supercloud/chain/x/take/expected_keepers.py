"""What take needs of others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.types.coin import Coin


class BankKeeper(Protocol):
    """Moves the share."""

    def send_between_modules(self, ctx: Context, source: str, target: str, coins: Sequence[Coin]) -> None:
        """Module to module."""
