"""Escrow's message: topping an account up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.baseapp.router import signer_field
from supercloud.chain.x.escrow import types
from supercloud.pb.akash.escrow.v1.msg_pb2 import MsgAccountDeposit, MsgAccountDepositResponse

if TYPE_CHECKING:
    from supercloud.chain.baseapp.context import Context
    from supercloud.chain.baseapp.router import Router
    from supercloud.chain.x.escrow.keeper import Keeper


def register(router: Router, keeper: Keeper) -> None:
    """Route this module's messages."""
    router.message(
        MsgAccountDeposit,
        lambda ctx, msg: account_deposit(ctx, keeper, msg),
        validate=check_account_deposit,
        signers=signer_field("signer"),
    )


def check_account_deposit(ctx: Context, msg: MsgAccountDeposit) -> None:
    """Stateless rules."""
    types.check_account_deposit(ctx.bech32, msg)


def account_deposit(ctx: Context, keeper: Keeper, msg: MsgAccountDeposit) -> MsgAccountDepositResponse:
    """Add to any account; the deposit belongs to the signer, or to those whose grants pay it."""
    account = types.account_from_pb(msg.id, ctx.bech32)
    funding = keeper.authorize_deposit(ctx, ctx.bech32.parse(msg.signer), msg.deposit, account)
    keeper.deposit(ctx, account, funding)
    return MsgAccountDepositResponse()
