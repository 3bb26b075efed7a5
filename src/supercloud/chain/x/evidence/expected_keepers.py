"""What evidence needs of other modules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.pb.cosmos.staking.v1beta1.staking_pb2 import Validator
    from supercloud.types.dec import Dec


class StakingKeeper(Protocol):
    """Validators."""

    def validator_by_consensus(self, ctx: Context, consensus: bytes) -> Validator | None:
        """The validator with a consensus address, or None."""


class SlashingKeeper(Protocol):
    """Punishment."""

    def has_public_key(self, ctx: Context, consensus: bytes) -> bool:
        """Whether a validator with this address exists."""

    def is_tombstoned(self, ctx: Context, consensus: bytes) -> bool:
        """Whether it was punished for the same before."""

    def double_sign_fraction(self, ctx: Context) -> Dec:
        """What it costs."""

    def slash(
        self, ctx: Context, consensus: bytes, fraction: Dec, power: int, height: int, reason: str
    ) -> None:
        """Burn a fraction of what stood behind a validator."""

    def jail(self, ctx: Context, consensus: bytes) -> None:
        """Bar a validator from deciding blocks."""

    def jail_until(self, ctx: Context, consensus: bytes, time: int) -> None:
        """No unjailing before a time."""

    def tombstone(self, ctx: Context, consensus: bytes) -> None:
        """No unjailing ever."""
