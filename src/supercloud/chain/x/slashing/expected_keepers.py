"""What slashing needs of staking."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.pb.cosmos.staking.v1beta1.staking_pb2 import Delegation, Validator
    from supercloud.types.dec import Dec


class StakingKeeper(Protocol):
    """Validators and their punishment."""

    def validators(self, ctx: Context) -> Iterator[Validator]:
        """All validators."""

    def require_validator(self, ctx: Context, operator: bytes) -> Validator:
        """A validator; a refusal when there is none."""

    def validator_by_consensus(self, ctx: Context, consensus: bytes) -> Validator | None:
        """The validator with a consensus address, or None."""

    def consensus_address(self, validator: Validator) -> bytes:
        """A validator's consensus address."""

    def require_delegation(self, ctx: Context, delegator: bytes, operator: bytes) -> Delegation:
        """A delegation; a refusal when there is none."""

    def tokens_from_shares(self, validator: Validator, amount: Dec) -> Dec:
        """What shares are worth."""

    def slash(self, ctx: Context, consensus: bytes, height: int, power: int, fraction: Dec) -> int:
        """Burn a fraction of what stood behind a validator at a height; returns what its tokens lost."""

    def jail(self, ctx: Context, consensus: bytes) -> None:
        """Bar a validator from deciding blocks."""

    def unjail(self, ctx: Context, consensus: bytes) -> None:
        """Let a jailed validator compete again."""
