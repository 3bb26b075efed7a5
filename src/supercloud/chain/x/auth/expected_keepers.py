"""What auth needs of other modules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.types.coin import Coin


class BankKeeper(Protocol):
    """Fills the accounts that vest."""

    def require_send_enabled(self, ctx: Context, coins: Sequence[Coin]) -> None:
        """Refuse coins whose transfers are switched off."""

    def is_blocked(self, address: bytes) -> bool:
        """Whether users may not send to the address."""

    def send(self, ctx: Context, src: bytes, dst: bytes, coins: Sequence[Coin]) -> None:
        """Move coins."""
