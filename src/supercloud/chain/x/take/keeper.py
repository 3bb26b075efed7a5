"""Take's keeper: the parameters, and the one verb by which the share is taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.record import Record
from supercloud.chain.x.take import keys, types
from supercloud.pb.akash.take.v1.params_pb2 import Params
from supercloud.pb.supercloud.take.v1.event_pb2 import EventOutflow, EventTaken
from supercloud.pb.supercloud.take.v1.outflow_pb2 import OutflowParams
from supercloud.types.address import module_address
from supercloud.types.coin import Coin

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.take.expected_keepers import BankKeeper, DistributionKeeper
    from supercloud.types.ids import LeaseID


class Keeper:
    """Parameters of the take, its collection, and its way out."""

    def __init__(self, bank: BankKeeper, source_module: str = "escrow") -> None:
        self._bank = bank
        self._source = source_module
        self._params = Record(keys.STORE, keys.PARAMS, Params)
        self._distribution: DistributionKeeper | None = None

    def pay_into(self, distribution: DistributionKeeper) -> None:
        """Name who keeps the community pool. Wired once, at start-up."""
        self._distribution = distribution

    def params(self, ctx: Context) -> Params:
        """The rates in force."""
        return self._params.read(ctx)

    def set_params(self, ctx: Context, params: Params) -> None:
        """Put checked rates in force."""
        types.check_params(params)
        self._params.write(ctx, params)

    def charge(self, ctx: Context, payment: LeaseID, provider: bytes, gross: Coin) -> int:
        """Move the share of one payout from the paying module's pool here; returns what the provider gets.

        The share and the rest are exactly the gross amount, so nothing is lost or made.
        """
        share = types.share_of(self.params(ctx), gross.denom, gross.amount)
        if share == 0:
            return gross.amount
        self._bank.send_between_modules(ctx, self._source, types.MODULE_ACCOUNT, [Coin(gross.denom, share)])
        taken = EventTaken(
            payment_id="deployment/" + payment.text(ctx.bech32), provider=ctx.bech32.text(provider)
        )
        taken.amount.denom = taken.taken.denom = gross.denom
        taken.amount.amount = str(gross.amount)
        taken.taken.amount = str(share)
        ctx.emit_typed(taken)
        return gross.amount - share

    def outflow(self, ctx: Context) -> OutflowParams:
        """Where the take flows to; nowhere on a network that never decided it."""
        return OutflowParams.FromString(ctx.kv(keys.STORE).get(keys.OUTFLOW) or b"")

    def set_outflow(self, ctx: Context, params: OutflowParams) -> None:
        """Put a checked outflow in force; one that says nothing is not kept."""
        types.check_outflow(params)
        value = params.SerializeToString(deterministic=True)
        kv = ctx.kv(keys.STORE)
        kv.set(keys.OUTFLOW, value) if value else kv.delete(keys.OUTFLOW)

    def held(self, ctx: Context) -> list[Coin]:
        """What was taken and has not flowed out."""
        return self._bank.balances(ctx, module_address(types.MODULE_ACCOUNT))

    def flow_out(self, ctx: Context, epoch: str) -> None:
        """At the end of the epoch named: shares of all that is held go to the community and to those who stake.

        Shares are rounded down; what is left stays for the next time, or for auctions.
        """
        params = self.outflow(ctx)
        if not params.epoch or params.epoch != epoch or self._distribution is None:
            return
        held = self.held(ctx)[: types.DENOMS_MAX]
        community, stakers = (
            [Coin(coin.denom, part) for coin in held if (part := coin.amount * bps // types.BPS)]
            for bps in (params.community_bps, params.stakers_bps)
        )
        if community:
            self._distribution.fund_community_pool(ctx, community, module_address(types.MODULE_ACCOUNT))
        if stakers:
            self._bank.send_between_modules(ctx, types.MODULE_ACCOUNT, types.FEE_COLLECTOR, stakers)
        if community or stakers:
            told = EventOutflow(
                community=[coin.to_pb() for coin in community], stakers=[coin.to_pb() for coin in stakers]
            )
            ctx.emit_typed(told)

    def invariants(self, ctx: Context) -> list[str]:
        """Violations: parameters that would not be accepted."""
        try:
            types.check_params(self.params(ctx))
            types.check_outflow(self.outflow(ctx))
        except types.InvalidParam as error:
            return [f"take: {error}"]
        return []
