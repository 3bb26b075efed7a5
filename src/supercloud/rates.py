"""How many requests a second one address may make: a bucket each, filled at the rate, emptied by requests."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

BURST_S: Final = 2
"""What an address that was silent may ask at once, in seconds of its rate."""
CLIENTS_KEPT_MAX: Final = 1 << 16


class Rates:
    """Counts the requests of each address. A rate of 0 counts nothing."""

    def __init__(self, per_second: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.per_second = per_second
        self._clock = clock
        # What is left of an address's bucket, and when that was so.
        self._left: dict[str, tuple[float, float]] = {}

    def __len__(self) -> int:
        return len(self._left)

    @property
    def words(self) -> str:
        """Why a request is refused."""
        return f"more than {self.per_second} requests a second from this address"

    def take(self, client: str, count: int = 1) -> bool:
        """Whether an address may ask now. A batch larger than what is left passes, and is waited for afterwards."""
        if not self.per_second:
            return True
        now = self._clock()
        left = self._level(client, now)
        if left < 1:
            return False
        if len(self._left) >= CLIENTS_KEPT_MAX and client not in self._left:
            self._forget(now)
        self._left[client] = left - count, now
        return True

    def _level(self, client: str, now: float) -> float:
        full = float(self.per_second * BURST_S)
        left, at = self._left.get(client, (full, now))
        return min(full, left + (now - at) * self.per_second)

    def _forget(self, now: float) -> None:
        """Drop addresses whose bucket is full again; of too many others the ones that came first."""
        full = self.per_second * BURST_S
        self._left = {client: kept for client, kept in self._left.items() if self._level(client, now) < full}
        while len(self._left) >= CLIENTS_KEPT_MAX:
            del self._left[next(iter(self._left))]
