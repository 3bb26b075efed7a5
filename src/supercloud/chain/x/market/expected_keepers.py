"""What market needs of others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.market.keeper import Keeper
    from supercloud.pb.akash.audit.v1.audit_pb2 import AuditedProvider
    from supercloud.pb.akash.base.deposit.v1.deposit_pb2 import Deposit
    from supercloud.pb.akash.deployment.v1beta4.group_pb2 import Group
    from supercloud.pb.akash.escrow.types.v1.account_pb2 import Account
    from supercloud.pb.akash.escrow.types.v1.payment_pb2 import Payment
    from supercloud.pb.akash.provider.v1beta4.provider_pb2 import Provider
    from supercloud.types.dec import DecCoin
    from supercloud.types.ids import BidID, GroupID, LeaseID, OrderID


class EscrowKeeper(Protocol):
    """Deposits of bids and payments of leases."""

    def authorize_deposit(self, ctx: Context, signer: bytes, deposit: Deposit, account: BidID) -> Any:
        """Find who pays a deposit; writes nothing. What it returns is for `open_account`."""

    def open_account(self, ctx: Context, account: BidID, owner: bytes, denom: str, funding: Any) -> None:
        """Open and fund a bid's account."""

    def open_payment(self, ctx: Context, payment: LeaseID, owner: bytes, rate: DecCoin) -> None:
        """Start paying a lease."""

    def withdraw(self, ctx: Context, payment: LeaseID) -> None:
        """Pay out what a lease has earned."""

    def close_payment(self, ctx: Context, payment: LeaseID) -> None:
        """Pay out and stop."""

    def account_pb(self, ctx: Context, account: BidID) -> Account | None:
        """An account as queries show it."""

    def payment_pb(self, ctx: Context, payment: LeaseID) -> Payment | None:
        """A payment as queries show it."""


class DeploymentKeeper(Protocol):
    """The groups that orders stand for."""

    def group(self, ctx: Context, group: GroupID) -> Group | None:
        """A group, in whatever state."""

    def pause_group(self, ctx: Context, group: GroupID, stored: Group) -> None:
        """Take a group off the market until its owner starts it again."""


class ProviderKeeper(Protocol):
    """Who offers."""

    def provider(self, ctx: Context, owner: bytes) -> Provider | None:
        """A registered provider."""


class AuditKeeper(Protocol):
    """What auditors vouch for."""

    def audited(self, ctx: Context, owner: bytes) -> Sequence[AuditedProvider]:
        """Every auditor's record of a provider."""


class Reactions(Protocol):
    """What ends together with a bid (chain/hooks.py)."""

    def refund_bid(self, ctx: Context, bid: BidID) -> None:
        """Give a bid's deposit back; never fails the transaction around it."""

    def order_expired(self, ctx: Context, order: OrderID) -> None:
        """An open order without bids leaves the market, and its group pauses."""


class Keepers(NamedTuple):
    """What this module's messages work with: its own keeper and its neighbours."""

    market: Keeper
    escrow: EscrowKeeper
    deployment: DeploymentKeeper
    provider: ProviderKeeper
    audit: AuditKeeper
    reactions: Reactions
