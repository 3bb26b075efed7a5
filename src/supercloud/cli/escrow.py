"""What is left in a deployment's escrow account now, and how long that lasts.

The ledger settles an account only when something touches it, so what it stores is what there was then.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from supercloud.cli.output import amount_text
from supercloud.types.dec import Dec

DAY_S = 86400
MONTH_DAYS = 30


class Left(NamedTuple):
    """One denom of an account: what is left, and what leases take of it each block, both in 10^-18 of its unit."""

    denom: str
    raw: int
    rate_raw: int

    @property
    def amount(self) -> str:
        """Whole units, for people."""
        return amount_text(self.raw // 10**18, self.denom)

    def lasts(self, block_s: float) -> str:
        """How long at this cadence; empty when nothing is taken."""
        if not self.rate_raw:
            return ""
        days = self.raw / self.rate_raw * block_s / DAY_S
        return f"{days:,.1f} days" if days >= 2 else f"{days * 24:,.1f} hours"

    def sentence(self, block_s: float) -> str:
        """Both, with the cost of a month."""
        if not self.rate_raw:
            return f"escrow {self.amount}"
        month = int(self.rate_raw * (MONTH_DAYS * DAY_S / block_s)) // 10**18
        cost = amount_text(month, self.denom)
        return f"escrow {self.amount}, leases cost {cost} a month, lasts {self.lasts(block_s)}"


def left(account: Any, leases: Iterable[Any], height: int) -> list[Left]:
    """Of an account's state (akash.escrow AccountState) from which these leases draw (akash.market Lease)."""
    rates: dict[str, int] = {}
    for lease in leases:
        if lease.closed_on == 0:
            rates[lease.price.denom] = rates.get(lease.price.denom, 0) + Dec.from_wire(lease.price.amount).raw
    blocks = max(height - account.settled_at, 0)
    return [
        Left(
            fund.denom,
            max(Dec.from_wire(fund.amount).raw - rates.get(fund.denom, 0) * blocks, 0),
            rates.get(fund.denom, 0),
        )
        for fund in account.funds
    ]
