"""What escrow needs of others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.escrow.types import EscrowID
    from supercloud.pb.cosmos.authz.v1beta1.authz_pb2 import Grant
    from supercloud.types.coin import Coin
    from supercloud.types.dec import Dec
    from supercloud.types.ids import LeaseID


class BankKeeper(Protocol):
    """Moves coins between accounts and the module's pool."""

    def balance(self, ctx: Context, address: bytes, denom: str) -> int:
        """What an account holds."""

    def spendable(self, ctx: Context, address: bytes, denom: str) -> int:
        """What an account may spend: without what still vests."""

    def send_to_module(self, ctx: Context, source: bytes, module: str, coins: Sequence[Coin]) -> None:
        """Account to module."""

    def send_from_module(self, ctx: Context, module: str, target: bytes, coins: Sequence[Coin]) -> None:
        """Module to account."""


class AuthzKeeper(Protocol):
    """Grants by which somebody else pays a deposit."""

    def grants_of_grantee(self, ctx: Context, grantee: bytes, msg_type_url: str) -> list[tuple[bytes, Grant]]:
        """Grants of this type that are not expired, in the order of their granters."""

    def authorization(
        self, ctx: Context, granter: bytes, grantee: bytes, msg_type_url: str
    ) -> tuple[Message, int | None] | None:
        """What one grant authorises and when it expires (ns); None when it is gone or expired."""

    def save(
        self, ctx: Context, granter: bytes, grantee: bytes, authorization: Message, expiration: int | None
    ) -> None:
        """Overwrite a grant; the expiration is in nanoseconds."""


class TakeKeeper(Protocol):
    """The network's share of what providers earn."""

    def charge(self, ctx: Context, payment: LeaseID, provider: bytes, gross: Coin) -> int:
        """Take the share out of the escrow pool; returns what is left for the provider."""


class CreditKeeper(Protocol):
    """Dollar credit, and what becomes of it while none can be minted."""

    def stand_in(self, ctx: Context) -> tuple[str, Dec] | None:
        """The denom of credit, and how much of it a native token is worth, while mints are halted; else None."""


class Reactions(Protocol):
    """Who wants to know that money ran out or an account was closed (chain/hooks.py)."""

    def escrow_account_ended(self, ctx: Context, account: EscrowID, overdrawn: bool) -> None:
        """An open account was closed or found overdrawn; its payments are already stored in their last
        state."""

    def escrow_payment_ended(self, ctx: Context, payment: LeaseID, overdrawn: bool) -> None:
        """An open payment was closed or found overdrawn."""
