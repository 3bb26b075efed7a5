"""Take's keeper: the parameters, and the one verb by which the share is taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.record import Record
from supercloud.chain.x.take import keys, types
from supercloud.pb.akash.take.v1.params_pb2 import Params
from supercloud.pb.supercloud.take.v1.event_pb2 import EventTaken
from supercloud.types.coin import Coin

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.take.expected_keepers import BankKeeper
    from supercloud.types.ids import LeaseID


class Keeper:
    """Parameters of the take, and its collection."""

    def __init__(self, bank: BankKeeper, source_module: str = "escrow") -> None:
        self._bank = bank
        self._source = source_module
        self._params = Record(keys.STORE, keys.PARAMS, Params)

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

    def invariants(self, ctx: Context) -> list[str]:
        """Violations: parameters that would not be accepted."""
        try:
            types.check_params(self.params(ctx))
        except types.InvalidParam as error:
            return [f"take: {error}"]
        return []
