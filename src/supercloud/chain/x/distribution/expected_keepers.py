"""What distribution needs of other modules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.pb.cosmos.staking.v1beta1.staking_pb2 import Delegation, Validator
    from supercloud.types.coin import Coin
    from supercloud.types.dec import Dec


class AccountKeeper(Protocol):
    """Module accounts."""

    def ensure_module_account(self, ctx: Context, name: str) -> bytes:
        """Address of a module's account, which exists afterwards."""


class BankKeeper(Protocol):
    """Holds fees and rewards."""

    def balances(self, ctx: Context, address: bytes) -> list[Coin]:
        """Everything an account holds."""

    def is_blocked(self, address: bytes) -> bool:
        """Whether an account is closed to payments."""

    def send_to_module(self, ctx: Context, src: bytes, module: str, coins: Sequence[Coin]) -> None:
        """Account to module."""

    def send_from_module(self, ctx: Context, module: str, dst: bytes, coins: Sequence[Coin]) -> None:
        """Module to account."""

    def send_between_modules(self, ctx: Context, src: str, dst: str, coins: Sequence[Coin]) -> None:
        """Module to module."""


class StakingKeeper(Protocol):
    """Who stakes what with whom."""

    def validator(self, ctx: Context, operator: bytes) -> Validator | None:
        """A validator, or None."""

    def require_validator(self, ctx: Context, operator: bytes) -> Validator:
        """A validator; a refusal when there is none."""

    def validator_by_consensus(self, ctx: Context, consensus: bytes) -> Validator | None:
        """The validator with a consensus address, or None."""

    def require_delegation(self, ctx: Context, delegator: bytes, operator: bytes) -> Delegation:
        """A delegation; a refusal when there is none."""

    def delegations_of(self, ctx: Context, delegator: bytes) -> Iterator[Delegation]:
        """A delegator's delegations."""

    def tokens_from_shares(self, validator: Validator, amount: Dec) -> Dec:
        """What shares are worth, to the nearest digit."""

    def tokens_from_shares_truncated(self, validator: Validator, amount: Dec) -> Dec:
        """What shares are worth, rounded down."""
