"""What staking needs of other modules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.types.coin import Coin
    from supercloud.types.dec import Dec


class BankKeeper(Protocol):
    """Holds the two pools."""

    def balance(self, ctx: Context, address: bytes, denom: str) -> int:
        """What an account holds of a denom."""

    def supply(self, ctx: Context, denom: str) -> int:
        """What exists of a denom."""

    def delegate(self, ctx: Context, delegator: bytes, module: str, coins: Sequence[Coin]) -> None:
        """Take the coins that an account stakes."""

    def undelegate(self, ctx: Context, module: str, delegator: bytes, coins: Sequence[Coin]) -> None:
        """Give staked coins back."""

    def send_between_modules(self, ctx: Context, src: str, dst: str, coins: Sequence[Coin]) -> None:
        """From one pool to the other."""

    def burn(self, ctx: Context, module: str, coins: Sequence[Coin]) -> None:
        """Destroy what was slashed."""


class AccountKeeper(Protocol):
    """Module accounts."""

    def ensure_module_account(self, ctx: Context, name: str) -> bytes:
        """Address of a module's account, which exists afterwards."""


class Reactions(Protocol):
    """What staking's changes mean for others. Addresses are operators' unless named otherwise."""

    def validator_created(self, ctx: Context, operator: bytes) -> None:
        """A validator exists from now on."""

    def validator_removed(self, ctx: Context, consensus: bytes, operator: bytes) -> None:
        """A validator without delegations is gone."""

    def validator_bonded(self, ctx: Context, consensus: bytes, operator: bytes) -> None:
        """A validator joined those who decide blocks."""

    def validator_slashing(self, ctx: Context, operator: bytes, fraction: Dec) -> None:
        """A validator is about to lose a fraction of its tokens."""

    def delegation_beginning(self, ctx: Context, delegator: bytes, operator: bytes) -> None:
        """A delegation is about to be made."""

    def delegation_changing(self, ctx: Context, delegator: bytes, operator: bytes) -> None:
        """The shares of a delegation are about to change."""

    def delegation_changed(self, ctx: Context, delegator: bytes, operator: bytes) -> None:
        """A delegation was made or its shares changed; it still exists."""
