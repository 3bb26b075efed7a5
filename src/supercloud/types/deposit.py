"""Deposits as messages name them: an amount, and the sources it may be drawn from in order.

Shared by every message that
puts money into escrow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from supercloud.pb.akash.base.deposit.v1 import deposit_pb2
from supercloud.types.coin import is_denom
from supercloud.types.errors import INVALID_ARGUMENT, InvalidCoins, define

if TYPE_CHECKING:
    from supercloud.pb.akash.base.deposit.v1.deposit_pb2 import Deposit

AMOUNT_MAX: Final = 2**128
"""No single deposit is larger: far above any supply, far below where the network's integers end."""

InvalidDepositor = define("akash", 3, "invalid depositor", INVALID_ARGUMENT)
InvalidDepositSource = define("akash", 4, "invalid deposit source", INVALID_ARGUMENT)


def check_deposit(deposit: Deposit) -> None:
    """The stateless rules: a valid coin (zero is one), and at least one source, each known and named once."""
    amount = deposit.amount
    digits = amount.amount
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 39 and is_denom(amount.denom)):
        raise InvalidCoins(f"invalid deposit amount: {digits[:80]}{amount.denom[:128]}")
    if int(digits) > AMOUNT_MAX:
        raise InvalidCoins(f"deposit amount too large: {digits}{amount.denom}")
    seen: list[int] = []
    for source in deposit.sources:
        if source not in (deposit_pb2.balance, deposit_pb2.grant):
            raise InvalidDepositSource(f"unknown deposit source {source}")
        if source in seen:
            raise InvalidDepositSource(f"duplicate deposit source {deposit_pb2.Source.Name(source)}")
        seen.append(source)
    if not seen:
        raise InvalidDepositSource("empty deposit sources")
