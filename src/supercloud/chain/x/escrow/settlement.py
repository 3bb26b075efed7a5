"""The arithmetic of escrow: who owes how much at a height. Pure; it knows no store, no bank and no events.

An account holds deposits in the order in which they came. Its payments each earn a rate per block. Nothing
happens by itself: whoever touches an account settles it first, which moves what was earned since the last
settlement from the oldest deposits into the payments' balances. When deposits do not suffice, the debt is
recorded and the account is overdrawn.

All amounts are raw decimals: integers of value x 10^18.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

from supercloud.chain.x.escrow.types import AccountClosed, EscrowID
from supercloud.types.dec import ONE, Dec
from supercloud.types.errors import invariant
from supercloud.types.ids import LeaseID


class State(IntEnum):
    """Where an account or a payment stands. Numbers are those of the wire."""

    OPEN = 1
    CLOSED = 2
    OVERDRAWN = 3


class Source(IntEnum):
    """Where a deposit came from: the depositor's own balance, or a grant to the account's owner."""

    BALANCE = 1
    GRANT = 2


@dataclass(slots=True)
class Deposit:
    """What is left of one deposit.

    It goes back to the payer, who may be somebody else than the account's owner.
    """

    payer: bytes
    height: int
    source: Source
    denom: str
    amount: int


@dataclass(slots=True)
class Account:
    """Money set aside for a deployment or a bid."""

    id: EscrowID
    owner: bytes
    state: State
    settled_at: int
    funds: dict[str, int] = field(default_factory=dict)
    """What is left per denom, in order of first deposit; negative is debt."""
    transferred: dict[str, int] = field(default_factory=dict)
    """What went from deposits into payments, ever."""
    deposits: list[Deposit] = field(default_factory=list)

    @property
    def indebted(self) -> bool:
        """Whether a debt is recorded."""
        return any(amount < 0 for amount in self.funds.values())

    def add(self, deposit: Deposit) -> None:
        """Take a deposit in. A recorded debt is forgotten here: the payments remember theirs."""
        self.transferred.setdefault(deposit.denom, 0)
        self.funds[deposit.denom] = max(self.funds.get(deposit.denom, 0), 0) + deposit.amount
        self.deposits.append(deposit)

    def draw(self, denom: str, wanted: int) -> int:
        """Take up to `wanted` from the deposits of a denom, oldest first, and say how much that was."""
        left = wanted
        for deposit in self.deposits:
            if left == 0:
                break
            if deposit.denom == denom:
                part = min(left, deposit.amount)
                deposit.amount -= part
                left -= part
        drawn = wanted - left
        if drawn:
            self.deposits = [deposit for deposit in self.deposits if deposit.amount]
            self.funds[denom] -= drawn
            self.transferred[denom] += drawn
        return drawn


@dataclass(slots=True)
class Payment:
    """A stream of money to a provider, one per lease."""

    id: LeaseID
    owner: bytes
    state: State
    denom: str
    rate: int
    balance: int = 0
    """Earned and not paid out yet."""
    unsettled: int = 0
    """Earned and not covered by any deposit: the account's debt."""
    withdrawn: int = 0
    """Whole units ever paid out, fees included."""
    stood_in: int = 0
    """What a stand-in paid in this settlement, in its own denom; paid out at once and not stored."""


class StandIn(NamedTuple):
    """A denom that may pay debts of another: how many units of the other one of its units is worth."""

    denom: str
    stands_for: str
    worth: Dec


def settle(
    account: Account, payments: Sequence[Payment], height: int, stand_in: StandIn | None = None
) -> bool:
    """Move what the payments earned up to `height` out of the deposits; True when the account is overdrawn.

    `payments` are all of the account's that are open or overdrawn, in the order in which they are served.
    Fractions of a unit earned in one settlement are dropped, as on the network. What deposits lack, deposits of
    a stand-in pay, if there is one.
    """
    if account.state is State.CLOSED:
        raise AccountClosed
    if account.indebted:
        return True
    elapsed = 0
    if account.state is State.OPEN:
        elapsed = height - account.settled_at
        invariant(elapsed >= 0, "escrow settles forward in time")
        account.settled_at = height
    short = False
    for payment in payments:
        if payment.state is State.OVERDRAWN:
            owed, payment.unsettled = payment.unsettled, 0
        else:
            owed = payment.rate * elapsed // ONE * ONE
        drawn = account.draw(payment.denom, owed)
        payment.balance += drawn
        payment.state = State.OPEN
        if drawn < owed:
            payment.state = State.OVERDRAWN
            payment.unsettled = owed - drawn
            account.funds[payment.denom] = account.funds.get(payment.denom, 0) - payment.unsettled
            short = True
    if short and stand_in is not None:
        short = not _covered(account, payments, stand_in)
    if short:
        account.state = State.OVERDRAWN
        for payment in payments:
            payment.state = State.OVERDRAWN
    return short


def _covered(account: Account, payments: Sequence[Payment], stand_in: StandIn) -> bool:
    """Pay debts from the stand-in's deposits; whether none is left. What is paid is no debt of the account either."""
    for payment in payments:
        if not payment.unsettled or payment.denom != stand_in.stands_for:
            continue
        # Rounded up, so that a debt that can be paid is paid to its last fraction.
        needed = Dec(payment.unsettled).quo_round_up(stand_in.worth).raw
        drawn = account.draw(stand_in.denom, needed)
        paid = payment.unsettled if drawn == needed else Dec(drawn).mul_truncate(stand_in.worth).raw
        paid = min(paid, payment.unsettled)
        payment.stood_in += drawn
        payment.unsettled -= paid
        account.funds[payment.denom] += paid
        if not payment.unsettled:
            payment.state = State.OPEN
    return all(payment.state is State.OPEN for payment in payments)
