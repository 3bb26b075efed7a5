"""The ante: its steps in the order that is consensus."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from supercloud.chain.ante import basics, fees, signatures
from supercloud.chain.ante.draft import Draft

if TYPE_CHECKING:
    from supercloud.chain.ante.expected_keepers import AccountKeeper, BankKeeper, FeegrantKeeper
    from supercloud.chain.ante.fees import GasPrice
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.baseapp.router import Router
    from supercloud.codec.tx import DecodedTx


class AnteChain:
    """Runs before the messages of every transaction. Its effects stay when they fail."""

    def __init__(
        self,
        router: Router,
        accounts: AccountKeeper,
        bank: BankKeeper,
        feegrant: FeegrantKeeper,
        gas_prices: Sequence[GasPrice] = (),
    ) -> None:
        self._router = router
        self._accounts = accounts
        self._bank = bank
        self._feegrant = feegrant
        self._gas_prices = tuple(gas_prices)

    def __call__(self, ctx: Context, tx: DecodedTx) -> None:
        """Check a transaction, take its fee, count it; raises what it is refused with."""
        draft = Draft(ctx, tx, self._accounts, self._router)
        basics.within_block(draft)
        basics.validate_form(draft)
        basics.check_timeout(draft)
        basics.check_memo(draft)
        basics.charge_size(draft)
        fees.read_fee(draft)
        fees.require_minimum(draft, self._gas_prices)
        fees.deduct(draft, self._bank, self._feegrant)
        signatures.set_public_keys(draft)
        signatures.limit_count(draft)
        signatures.charge_signatures(draft)
        signatures.use_timestamp(draft, self._accounts)
        signatures.verify(draft)
        signatures.advance_sequences(draft)
        draft.save()
