"""Reactions across modules, read as prose: what ends when money runs out, an account closes, a group leaves
the market.

The chain of consequences goes one way: escrow account -> deployment -> groups -> orders -> bids and leases
-> payments. Every verb called here is idempotent for what has ended already, so that a consequence that
comes back (a payment closed because its lease ended) finds nothing left to do.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from supercloud.chain.x.deployment import types as deployment_types
from supercloud.chain.x.escrow.settlement import State
from supercloud.chain.x.market import types as market_types
from supercloud.chain.x.oracle import abci as oracle_abci
from supercloud.types.errors import ChainError, OutOfGas
from supercloud.types.ids import BidID, DeploymentID, GroupID

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.deployment.keeper import Keeper as DeploymentKeeper
    from supercloud.chain.x.distribution.keeper import Keeper as DistributionKeeper
    from supercloud.chain.x.escrow.keeper import Keeper as EscrowKeeper
    from supercloud.chain.x.escrow.types import EscrowID
    from supercloud.chain.x.market.keeper import Keeper as MarketKeeper
    from supercloud.chain.x.oracle.keeper import Keeper as OracleKeeper
    from supercloud.chain.x.slashing.keeper import Keeper as SlashingKeeper
    from supercloud.chain.x.take.keeper import Keeper as TakeKeeper
    from supercloud.types.dec import Dec
    from supercloud.types.ids import LeaseID, OrderID


class MarketReactions:
    """What happens in deployment, market and escrow when one of them ends something."""

    def __init__(self, escrow: EscrowKeeper, deployment: DeploymentKeeper, market: MarketKeeper) -> None:
        self._escrow = escrow
        self._deployment = deployment
        self._market = market

    # Escrow ended something.

    def escrow_account_ended(self, ctx: Context, account: EscrowID, overdrawn: bool) -> None:
        """A deployment without an account ends, with all its groups. A bid's account ends with its bid."""
        if isinstance(account, BidID):
            return
        if not self._deployment.close(ctx, account):
            return
        for stored in self._deployment.groups(ctx, account):
            if stored.state != deployment_types.GROUP_CLOSED:
                group = GroupID(account.owner, account.dseq, stored.id.gseq)
                self._deployment.end_group(ctx, group, stored, insufficient_funds=overdrawn)
                self.group_left_market(ctx, group, insufficient_funds=overdrawn)

    def escrow_payment_ended(self, ctx: Context, payment: LeaseID, overdrawn: bool) -> None:
        """A lease without a payment ends, unless it is the lease that ended the payment."""
        bid = self._market.bid(ctx, payment)
        if bid is None or bid.state != market_types.BID_ACTIVE:
            return
        reason = market_types.REASON_INSUFFICIENT_FUNDS if overdrawn else market_types.REASON_UNSPECIFIED
        self._market.close_order(ctx, payment.order)
        self._market.close_bid(ctx, payment)
        self.refund_bid(ctx, payment)
        self._market.end_lease(ctx, payment, reason)

    # A group left the market.

    def group_left_market(self, ctx: Context, group: GroupID, insufficient_funds: bool) -> None:
        """The group's order ends, and with it every bid that is open or active, and the lease."""
        order = self._market.unclosed_order(ctx, group)
        if order is None:
            return
        self._market.close_order(ctx, order)
        for bid in self._market.bids_of(ctx, order, market_types.BID_OPEN):
            self._market.close_bid(ctx, bid)
            self.refund_bid(ctx, bid)
        reason = market_types.REASON_INSUFFICIENT_FUNDS if insufficient_funds else market_types.REASON_OWNER
        for lease in self._market.bids_of(ctx, order, market_types.BID_ACTIVE):
            self._market.close_bid(ctx, lease)
            self.refund_bid(ctx, lease)
            self._market.end_lease(ctx, lease, reason)
            self._close_payment(ctx, lease)

    def order_expired(self, ctx: Context, order: OrderID) -> None:
        """An order that found no bid in time ends; its group waits for its owner to start it again."""
        self._market.close_order(ctx, order)
        group = self._deployment.group(ctx, order.group)
        if group is not None and group.state == deployment_types.GROUP_OPEN:
            self._deployment.pause_group(ctx, order.group, group)

    # Money goes home.

    def refund_bid(self, ctx: Context, bid: BidID) -> None:
        """Close a bid's account, which gives its deposit back.

        A refund that the bank refuses must not hold up the tenant's transaction: the account then stays
        open with its money, and nothing of the attempt remains.
        """
        account = self._escrow.account(ctx, bid)
        if account is None or account.state is not State.OPEN:
            return
        try:
            with ctx.attempt():
                self._escrow.close_account(ctx, bid)
        except OutOfGas:
            raise
        except ChainError:
            return

    def _close_payment(self, ctx: Context, lease: LeaseID) -> None:
        payment = self._escrow.payment(ctx, lease)
        if payment is not None and payment.state is State.OPEN:
            self._escrow.close_payment(ctx, lease)

    # Truths across modules that hold after every transaction.

    def invariants(self, ctx: Context) -> list[str]:
        """Violations of what the modules promise one another (I4 and I6 of the module READMEs)."""
        return [*self._broken_deployments(ctx), *self._broken_leases(ctx), *self._broken_bids(ctx)]

    def _broken_deployments(self, ctx: Context) -> Iterator[str]:
        for stored in self._deployment.deployments(ctx):
            deployment = DeploymentID.from_pb(stored.id, ctx.bech32)
            name = deployment.text(ctx.bech32)
            account = self._escrow.account(ctx, deployment)
            funded = account is not None and account.state is State.OPEN
            if (stored.state == deployment_types.ACTIVE) != funded:
                yield f"deployment {name}: an active one has an open account, and only an active one"
            for entry in self._deployment.groups(ctx, deployment):
                group = GroupID(deployment.owner, deployment.dseq, entry.id.gseq)
                on_market = self._market.unclosed_order(ctx, group) is not None
                if on_market and entry.state != deployment_types.GROUP_OPEN:
                    yield f"group {group.text(ctx.bech32)} is off the market and has an order"

    def _broken_leases(self, ctx: Context) -> Iterator[str]:
        for stored in self._market.leases(ctx):
            lease = BidID.from_pb(stored.id, ctx.bech32)
            live = stored.state in (market_types.LEASE_ACTIVE, market_types.LEASE_RECLAIMING)
            bid, order = self._market.bid(ctx, lease), self._market.order(ctx, lease.order)
            payment = self._escrow.payment(ctx, lease)
            told = (
                bid is not None and bid.state == market_types.BID_ACTIVE,
                order is not None and order.state == market_types.ORDER_ACTIVE,
                payment is not None and payment.state is State.OPEN,
            )
            if told != (live, live, live):
                yield f"lease {lease.text(ctx.bech32)}: live is {live}, bid, order and payment say {told}"

    def _broken_bids(self, ctx: Context) -> Iterator[str]:
        for stored in self._market.bids(ctx):
            bid = BidID.from_pb(stored.id, ctx.bech32)
            live = stored.state in (market_types.BID_OPEN, market_types.BID_ACTIVE)
            account = self._escrow.account(ctx, bid)
            if account is None or (account.state is State.OPEN) != live:
                yield f"bid {bid.text(ctx.bech32)}: live is {live}, its account says otherwise"
            if stored.state == market_types.BID_ACTIVE and self._market.lease(ctx, bid) is None:
                yield f"bid {bid.text(ctx.bech32)} is active and has no lease"


class StakingReactions:
    """What staking's changes mean for rewards and for signing records; rewards come first."""

    def __init__(self, distribution: DistributionKeeper, slashing: SlashingKeeper) -> None:
        self._distribution = distribution
        self._slashing = slashing

    def validator_created(self, ctx: Context, operator: bytes) -> None:
        """Rewards are counted and the validator's key is known from now on."""
        self._distribution.validator_created(ctx, operator)
        self._slashing.validator_created(ctx, operator)

    def validator_removed(self, ctx: Context, consensus: bytes, operator: bytes) -> None:
        """Commission is paid out, dust goes to the community."""
        self._distribution.validator_removed(ctx, operator)
        self._slashing.validator_removed(ctx, consensus)

    def validator_bonded(self, ctx: Context, consensus: bytes, operator: bytes) -> None:
        """Its votes count from now on."""
        self._slashing.validator_bonded(ctx, consensus)

    def validator_slashing(self, ctx: Context, operator: bytes, fraction: Dec) -> None:
        """Rewards until now are counted with the stakes as they are."""
        self._distribution.validator_slashing(ctx, operator, fraction)

    def delegation_beginning(self, ctx: Context, delegator: bytes, operator: bytes) -> None:
        """Rewards until now belong to those who staked before."""
        self._distribution.delegation_beginning(ctx, delegator, operator)

    def delegation_changing(self, ctx: Context, delegator: bytes, operator: bytes) -> None:
        """Rewards until now are paid out."""
        self._distribution.delegation_changing(ctx, delegator, operator)

    def delegation_changed(self, ctx: Context, delegator: bytes, operator: bytes) -> None:
        """Rewards are counted with the new stake."""
        self._distribution.delegation_changed(ctx, delegator, operator)


class EpochReactions:
    """What happens when a minute, an hour, a day or a week of block time is over."""

    def __init__(self, oracle: OracleKeeper, take: TakeKeeper) -> None:
        self._oracle = oracle
        self._take = take

    def epoch_ended(self, ctx: Context, identifier: str, number: int) -> None:
        """Old prices go; what was taken flows to the community and to those who stake."""
        oracle_abci.epoch_ended(ctx, self._oracle, identifier)
        self._take.flow_out(ctx, identifier)
