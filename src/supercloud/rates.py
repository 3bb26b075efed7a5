"""How many requests a second one client may make: a bucket each, filled at the rate, emptied by requests."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

BURST_S: Final = 2
"""What a client that was silent may ask at once, in seconds of its rate."""
CLIENTS_KEPT_MAX: Final = 1 << 16

_Bucket = tuple[float, float]
"""What is left of it, and when that was so."""


class Rates:
    """Counts the requests of each client (clients.py). A rate of 0 counts nothing."""

    def __init__(self, per_second: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.per_second = per_second
        self._clock = clock
        # Two generations: when the young one has half of all, it becomes the old one, and who has not asked for that long
        # is forgotten with the one before. So the crowd that fills them costs no more than its own requests.
        self._young: dict[str, _Bucket] = {}
        self._old: dict[str, _Bucket] = {}

    def __len__(self) -> int:
        return len(self._young | self._old)

    @property
    def words(self) -> str:
        """Why a request is refused."""
        return f"more than {self.per_second} requests a second from this address"

    def take(self, client: str, count: int = 1) -> bool:
        """Whether a client may ask now. A batch larger than what is left passes, and is waited for afterwards."""
        if not self.per_second:
            return True
        now = self._clock()
        left = self._level(client, now)
        may = left >= 1
        if client not in self._young and len(self._young) >= CLIENTS_KEPT_MAX // 2:
            self._young, self._old = {}, self._young
        # Also of who is refused: otherwise it would be forgotten for asking on.
        self._young[client] = left - count if may else left, now
        return may

    def _level(self, client: str, now: float) -> float:
        full = float(self.per_second * BURST_S)
        left, at = self._young.get(client) or self._old.get(client) or (full, now)
        return min(full, left + (now - at) * self.per_second)
