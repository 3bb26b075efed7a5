"""When a container that ended is started again: at once at first, then later and later. Pure; times are seconds of a
clock that only goes forward.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

DELAY_S: Final = 1.0
DELAY_S_MAX: Final = 300.0
STABLE_S: Final = 300.0
"""A container that ran this long starts with the short delay again."""
DOUBLINGS_MAX: Final = 10


@dataclass
class _Track:
    restarts: int = 0
    streak: int = 0
    started_s: float | None = None
    due_s: float | None = None


class Restarts:
    """The restarts of many containers by id."""

    def __init__(self) -> None:
        self._tracks: dict[str, _Track] = {}

    def ended(self, container: str, now_s: float) -> float:
        """A container is seen not running; the time from which it may be started."""
        track = self._tracks.setdefault(container, _Track())
        if track.due_s is None:
            if track.started_s is not None and now_s - track.started_s >= STABLE_S:
                track.streak = 0
            track.due_s = now_s + min(DELAY_S * 2 ** min(track.streak, DOUBLINGS_MAX), DELAY_S_MAX)
        return track.due_s

    def started(self, container: str, now_s: float) -> None:
        """It was started again."""
        track = self._tracks.setdefault(container, _Track())
        track.restarts += 1
        track.streak += 1
        track.started_s = now_s
        track.due_s = None

    def runs(self, container: str) -> None:
        """It is seen running, whoever started it."""
        if container in self._tracks:
            self._tracks[container].due_s = None

    def count(self, container: str) -> int:
        """How often it was started again."""
        track = self._tracks.get(container)
        return track.restarts if track else 0

    def wait_s(self, container: str, now_s: float) -> float:
        """Seconds until it may be started; 0 when nothing is waited for."""
        track = self._tracks.get(container)
        return max(track.due_s - now_s, 0.0) if track and track.due_s is not None else 0.0

    def is_due(self, container: str, now_s: float) -> bool:
        """Whether it was seen to end and may be started now."""
        track = self._tracks.get(container)
        return track is not None and track.due_s is not None and track.due_s <= now_s

    def next_due_s(self) -> float | None:
        """The earliest time at which something may be started."""
        return min((track.due_s for track in self._tracks.values() if track.due_s is not None), default=None)

    def keep(self, containers: set[str]) -> None:
        """Forget all others."""
        for container in self._tracks.keys() - containers:
            del self._tracks[container]
