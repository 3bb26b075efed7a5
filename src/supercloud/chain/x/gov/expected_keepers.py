"""What gov needs of other modules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.pb.cosmos.staking.v1beta1.staking_pb2 import Delegation, Validator
    from supercloud.types.coin import Coin


class AccountKeeper(Protocol):
    """Module accounts."""

    def ensure_module_account(self, ctx: Context, name: str) -> bytes:
        """Address of a module's account, which exists afterwards."""


class BankKeeper(Protocol):
    """Holds deposits."""

    def balances(self, ctx: Context, address: bytes) -> list[Coin]:
        """Everything an account holds."""

    def send_to_module(self, ctx: Context, src: bytes, module: str, coins: Sequence[Coin]) -> None:
        """Account to module."""

    def send_from_module(self, ctx: Context, module: str, dst: bytes, coins: Sequence[Coin]) -> None:
        """Module to account."""

    def burn(self, ctx: Context, module: str, coins: Sequence[Coin]) -> None:
        """Destroy coins of a module."""


class StakingKeeper(Protocol):
    """Who has which voting power."""

    def total_bonded(self, ctx: Context) -> int:
        """Tokens that are bonded."""

    def bonded_validators(self, ctx: Context) -> Iterator[Validator]:
        """Bonded validators, the mightiest first."""

    def delegations_of(self, ctx: Context, delegator: bytes) -> Iterator[Delegation]:
        """A delegator's delegations."""


class DistributionKeeper(Protocol):
    """The community pool."""

    def fund_community_pool(self, ctx: Context, coins: Sequence[Coin], sender: bytes) -> None:
        """Give coins of an account to the community."""
