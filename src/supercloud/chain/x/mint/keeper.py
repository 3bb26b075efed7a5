"""Mint's keeper: the rate of inflation and what it makes in a block."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.context import Event
from supercloud.chain.baseapp.record import Record
from supercloud.chain.x.mint import keys, types
from supercloud.pb.cosmos.mint.v1beta1.mint_pb2 import Minter, Params
from supercloud.types.coin import Coin
from supercloud.types.dec import Dec
from supercloud.types.errors import Undefined

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.mint.expected_keepers import AccountKeeper, BankKeeper, StakingKeeper


class Keeper:
    """Minter and parameters."""

    def __init__(self, accounts: AccountKeeper, bank: BankKeeper, staking: StakingKeeper) -> None:
        self.accounts = accounts
        self._bank = bank
        self._staking = staking
        self._params = Record(keys.STORE, keys.PARAMS, Params)
        self._minter = Record(keys.STORE, keys.MINTER, Minter)

    def params(self, ctx: Context) -> Params:
        """Current parameters; shared, not to be changed."""
        return self._params.read(ctx)

    def set_params(self, ctx: Context, params: Params) -> None:
        """Put checked parameters in force."""
        types.check_params(params)
        self._params.write(ctx, params)

    def minter(self, ctx: Context) -> Minter:
        """Current inflation; shared, not to be changed."""
        return self._minter.read(ctx)

    def set_minter(self, ctx: Context, minter: Minter) -> None:
        """Replace it."""
        self._minter.write(ctx, minter)

    def mint(self, ctx: Context) -> None:
        """Make a block's share of the year's inflation and hand it to those who collect fees."""
        params, before = self.params(ctx), self.minter(ctx)
        inflation = Dec.from_wire(before.inflation)
        if not (inflation.raw or int(params.inflation_max or "0")):
            # Supply is fixed: nothing to compute, to write or to tell.
            return
        bonded = self._staking.bonded_ratio(ctx)
        inflation = types.next_inflation(inflation, params, bonded)
        provisions = inflation.mul_int(self._staking.supply(ctx))
        after = Minter(inflation=inflation.to_wire(), annual_provisions=provisions.to_wire())
        if after != before:
            self.set_minter(ctx, after)
        amount = provisions.quo_int(params.blocks_per_year).truncate()
        if amount:
            coins = [Coin(params.mint_denom, amount)]
            self._bank.mint(ctx, types.NAME, coins)
            self._bank.send_between_modules(ctx, types.NAME, types.FEE_COLLECTOR, coins)
        attributes = (
            ("bonded_ratio", bonded.text()),
            ("inflation", inflation.text()),
            ("annual_provisions", provisions.text()),
            ("amount", str(amount)),
        )
        ctx.emit(Event("mint", attributes))

    def invariants(self, ctx: Context) -> list[str]:
        """Violations: parameters that would not be accepted, inflation below zero."""
        broken = []
        try:
            types.check_params(self.params(ctx))
        except Undefined as error:
            broken.append(f"mint: {error}")
        if Dec.from_wire(self.minter(ctx).inflation).raw < 0:
            broken.append("mint: inflation is negative")
        return broken
