"""What deployment needs of others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.deployment.keeper import Keeper
    from supercloud.pb.akash.base.deposit.v1.deposit_pb2 import Deposit
    from supercloud.pb.akash.deployment.v1.deployment_pb2 import DeploymentReclamation
    from supercloud.pb.akash.deployment.v1beta4.groupspec_pb2 import GroupSpec
    from supercloud.pb.akash.escrow.types.v1.account_pb2 import Account
    from supercloud.types.ids import DeploymentID, GroupID, OrderID


class EscrowKeeper(Protocol):
    """The deployment's money."""

    def authorize_deposit(self, ctx: Context, signer: bytes, deposit: Deposit, account: DeploymentID) -> Any:
        """Find who pays a deposit; writes nothing. What it returns is for `open_account`."""

    def open_account(
        self, ctx: Context, account: DeploymentID, owner: bytes, denom: str, funding: Any
    ) -> None:
        """Open and fund an account."""

    def close_account(self, ctx: Context, account: DeploymentID) -> None:
        """Settle, pay and refund; the end of the account ends the deployment (chain/hooks.py)."""

    def account_pb(self, ctx: Context, account: DeploymentID) -> Account | None:
        """The account as queries show it."""


class MarketKeeper(Protocol):
    """Orders for groups."""

    def reclamation_bounds(self, ctx: Context) -> tuple[int, int]:
        """Shortest and longest reclamation window, in nanoseconds."""

    def open_order(
        self, ctx: Context, group: GroupID, spec: GroupSpec, reclamation: DeploymentReclamation | None
    ) -> OrderID:
        """Put a group on the market."""


class Reactions(Protocol):
    """What else ends when a group leaves the market (chain/hooks.py)."""

    def group_left_market(self, ctx: Context, group: GroupID, insufficient_funds: bool) -> None:
        """A group was closed, paused or ran out of funds: its order, bids and lease end."""


class Keepers(NamedTuple):
    """What this module's messages work with: its own keeper and its neighbours."""

    deployment: Keeper
    escrow: EscrowKeeper
    market: MarketKeeper
    reactions: Reactions
