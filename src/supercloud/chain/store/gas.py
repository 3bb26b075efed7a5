"""Gas: a bound on the work of one call. Text and codes as the Cosmos SDK has them; clients parse them."""

from __future__ import annotations

from supercloud.types.errors import OutOfGas

GAS_MAX = 2**64 - 1


class GasMeter:
    """Counts what was used against a limit; `used` goes past the limit by the access that broke it."""

    __slots__ = ("limit", "used")

    def __init__(self, limit: int = GAS_MAX) -> None:
        self.limit = limit
        self.used = 0

    def consume(self, amount: int, what: str) -> None:
        """Charge `amount` for `what`. Raises OutOfGas (sdk 11)."""
        used = self.used = self.used + amount
        if used > self.limit:
            raise OutOfGas(f"out of gas in location: {what}; gasWanted: {self.limit}, gasUsed: {used}")

    @property
    def remaining(self) -> int:
        """What is left; 0 when the limit is passed."""
        return max(self.limit - self.used, 0)
