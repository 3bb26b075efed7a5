"""What the ante needs of modules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.pb.cosmos.auth.v1beta1 import auth_pb2
    from supercloud.types.coin import Coin


class Account(Protocol):
    """An account record; changes are kept when it is saved."""

    @property
    def base(self) -> auth_pb2.BaseAccount:
        """The fields that accounts of every kind have."""


class AccountKeeper(Protocol):
    """Accounts, parameters and used timestamps."""

    def params(self, ctx: Context) -> auth_pb2.Params:
        """Current parameters."""

    def account(self, ctx: Context, address: bytes) -> Account | None:
        """The account at an address."""

    def save(self, ctx: Context, account: Any) -> None:
        """Write an account."""

    def use_timestamp(self, ctx: Context, address: bytes, timestamp: int) -> None:
        """Mark a timestamp as used by a signer; refused when it was used before."""


class BankKeeper(Protocol):
    """Fees go to a module."""

    def send_to_module(self, ctx: Context, src: bytes, module: str, coins: Sequence[Coin]) -> None:
        """Move coins from an account to a module."""


class FeegrantKeeper(Protocol):
    """Fees may be paid by another account."""

    def use(
        self, ctx: Context, granter: bytes, grantee: bytes, fee: Sequence[Coin], message_urls: Sequence[str]
    ) -> None:
        """Take a fee from an allowance."""
