"""Escrow's working values from and to the stored records (the network's own messages)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supercloud.chain.x.escrow.settlement import Account, Deposit, Payment, Source, State
from supercloud.chain.x.escrow.types import account_to_pb, payment_to_pb
from supercloud.pb.akash.escrow.types.v1 import account_pb2, payment_pb2

if TYPE_CHECKING:
    from supercloud.chain.x.escrow.types import EscrowID
    from supercloud.types.address import Bech32
    from supercloud.types.ids import LeaseID


def account_from_state(account: EscrowID, wire: account_pb2.AccountState, bech32: Bech32) -> Account:
    """Read an account's record."""
    return Account(
        account,
        bech32.parse(wire.owner),
        State(wire.state),
        wire.settled_at,
        {fund.denom: int(fund.amount) for fund in wire.funds},
        {coin.denom: int(coin.amount) for coin in wire.transferred},
        [
            Deposit(
                bech32.parse(entry.owner),
                entry.height,
                Source(entry.source),
                entry.balance.denom,
                int(entry.balance.amount),
            )
            for entry in wire.deposits
        ],
    )


def account_to_state(account: Account, bech32: Bech32) -> account_pb2.AccountState:
    """An account's record."""
    wire = account_pb2.AccountState(owner=bech32.text(account.owner), settled_at=account.settled_at)
    wire.state = account.state.value  # type: ignore[assignment]
    for denom, amount in account.transferred.items():
        wire.transferred.add(denom=denom, amount=str(amount))
    for denom, amount in account.funds.items():
        wire.funds.add(denom=denom, amount=str(amount))
    for deposit in account.deposits:
        entry = wire.deposits.add(
            owner=bech32.text(deposit.payer), height=deposit.height, source=deposit.source.value
        )
        entry.balance.denom = deposit.denom
        entry.balance.amount = str(deposit.amount)
    return wire


def payment_from_state(payment: LeaseID, wire: payment_pb2.PaymentState, bech32: Bech32) -> Payment:
    """Read a payment's record."""
    return Payment(
        payment,
        bech32.parse(wire.owner),
        State(wire.state),
        wire.rate.denom,
        int(wire.rate.amount),
        int(wire.balance.amount),
        int(wire.unsettled.amount),
        int(wire.withdrawn.amount),
    )


def payment_to_state(payment: Payment, bech32: Bech32) -> payment_pb2.PaymentState:
    """A payment's record."""
    wire = payment_pb2.PaymentState(owner=bech32.text(payment.owner))
    wire.state = payment.state.value  # type: ignore[assignment]
    for coin, amount in (
        (wire.rate, payment.rate),
        (wire.balance, payment.balance),
        (wire.unsettled, payment.unsettled),
    ):
        coin.denom = payment.denom
        coin.amount = str(amount)
    wire.withdrawn.denom = payment.denom
    wire.withdrawn.amount = str(payment.withdrawn)
    return wire


def account_to_wire(account: Account, bech32: Bech32) -> account_pb2.Account:
    """An account as queries and genesis show it."""
    return account_pb2.Account(id=account_to_pb(account.id, bech32), state=account_to_state(account, bech32))


def payment_to_wire(payment: Payment, bech32: Bech32) -> payment_pb2.Payment:
    """A payment as queries and genesis show it."""
    return payment_pb2.Payment(id=payment_to_pb(payment.id, bech32), state=payment_to_state(payment, bech32))
