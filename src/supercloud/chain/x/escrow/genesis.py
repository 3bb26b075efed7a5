"""Escrow in the genesis document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.genesis import Document, read_state, write_state
from supercloud.chain.x.escrow import records, types
from supercloud.pb.akash.escrow.v1.genesis_pb2 import GenesisState

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.x.escrow.keeper import Keeper


def init(ctx: Context, keeper: Keeper, document: Document) -> None:
    """Load accounts and payments.

    Whether the pool backs them is checked once the bank is loaded (`assert_backed`).
    """
    state = read_state(document, GenesisState)
    for entry in state.accounts:
        keeper.import_account(ctx, types.account_from_pb(entry.id, ctx.bech32), entry.state)
    for payment in state.payments:
        aid = payment.id.aid
        text = f"{types.SCOPE_NAMES[aid.scope]}/{aid.xid}/{payment.id.xid}"
        keeper.import_payment(ctx, types.payment_from_text(text, ctx.bech32), payment.state)


def export(ctx: Context, keeper: Keeper) -> Document:
    """Accounts and payments in the order of their names."""
    accounts = sorted(keeper.accounts(ctx), key=lambda each: types.account_text(each.id, ctx.bech32))
    payments = sorted(keeper.payments(ctx), key=lambda each: types.payment_text(each.id, ctx.bech32))
    state = GenesisState(
        accounts=[records.account_to_wire(each, ctx.bech32) for each in accounts],
        payments=[records.payment_to_wire(each, ctx.bech32) for each in payments],
    )
    return write_state(state)
