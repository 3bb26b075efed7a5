"""What the state machine asks of a disk, and the backend that needs none.

A backend keeps the current value of every key and, for as long as pruning allows, the values at past heights. `apply`
is one atomic, durable step: after a crash either all of a height is there or nothing of it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

Writes = Mapping[str, Sequence[tuple[bytes, bytes | None]]]
"""By store, sorted by key: the new value, or None for a deletion."""


class HeightUnavailable(Exception):
    """The height is in the future or was pruned."""


class Reader(Protocol):
    """Values as of one height."""

    def get(self, store: str, key: bytes) -> bytes | None:
        """Value under a key, or None."""

    def range(
        self, store: str, start: bytes, end: bytes | None, reverse: bool = False
    ) -> Iterator[tuple[bytes, bytes]]:
        """Pairs with start <= key < end in key order (end None: to the last)."""


class Backend(Reader, Protocol):
    """Durable storage of one state. As a Reader it shows the last applied height."""

    def reader(self, height: int) -> Reader:
        """Values at a past height. Raises HeightUnavailable."""

    def apply(self, height: int, writes: Writes, meta: bytes) -> None:
        """Make `height` durable: its writes and `meta`, all or nothing."""

    def latest(self) -> tuple[int, bytes] | None:
        """Height and meta of the last `apply`; None when there was none."""

    def prune(self, before: int, keys_max: int) -> int:
        """Forget values that only heights below `before` need, at most `keys_max` keys a call; how many went."""


class MemoryBackend:
    """All versions of all keys in dictionaries: for tests and simulations."""

    def __init__(self) -> None:
        self._versions: dict[str, dict[bytes, list[tuple[int, bytes | None]]]] = {}
        self._keys: dict[str, list[bytes]] = {}
        self._latest: tuple[int, bytes] | None = None
        self._earliest = 0

    def get(self, store: str, key: bytes) -> bytes | None:
        """Current value."""
        versions = self._versions.get(store, {}).get(key)
        return versions[-1][1] if versions else None

    def range(
        self, store: str, start: bytes, end: bytes | None, reverse: bool = False
    ) -> Iterator[tuple[bytes, bytes]]:
        """Current pairs in key order."""
        return self._range(store, start, end, reverse, None)

    def reader(self, height: int) -> Reader:
        """Values at a past height."""
        latest = self._latest[0] if self._latest else 0
        if not self._earliest <= height <= latest:
            raise HeightUnavailable(
                f"height {height} is not available; heights {self._earliest} to {latest} are"
            )
        return _MemoryReader(self, height)

    def apply(self, height: int, writes: Writes, meta: bytes) -> None:
        """Append a version to every written key."""
        for store, pairs in writes.items():
            versions = self._versions.setdefault(store, {})
            keys = self._keys.setdefault(store, [])
            for key, value in pairs:
                if key not in versions:
                    versions[key] = []
                    keys.insert(bisect_left(keys, key), key)
                versions[key].append((height, value))
        self._latest = (height, meta)

    def latest(self) -> tuple[int, bytes] | None:
        """Height and meta of the last apply."""
        return self._latest

    def prune(self, before: int, keys_max: int) -> int:
        """Drop versions that only older heights see."""
        gone = 0
        for versions in self._versions.values():
            for entries in versions.values():
                while len(entries) > 1 and entries[1][0] <= before and gone < keys_max:
                    del entries[0]
                    gone += 1
        self._earliest = max(self._earliest, before)
        return gone

    def at(self, store: str, key: bytes, height: int) -> bytes | None:
        """Value at a height."""
        for version, value in reversed(self._versions.get(store, {}).get(key, [])):
            if version <= height:
                return value
        return None

    def _range(
        self, store: str, start: bytes, end: bytes | None, reverse: bool, height: int | None
    ) -> Iterator[tuple[bytes, bytes]]:
        keys = self._keys.get(store, [])
        low = bisect_left(keys, start)
        high = len(keys) if end is None else bisect_left(keys, end)
        chosen = keys[low:high]
        for key in reversed(chosen) if reverse else chosen:
            value = self.get(store, key) if height is None else self.at(store, key, height)
            if value is not None:
                yield key, value


class _MemoryReader:
    """A MemoryBackend at one height."""

    def __init__(self, backend: MemoryBackend, height: int) -> None:
        self._backend = backend
        self._height = height

    def get(self, store: str, key: bytes) -> bytes | None:
        return self._backend.at(store, key, self._height)

    def range(
        self, store: str, start: bytes, end: bytes | None, reverse: bool = False
    ) -> Iterator[tuple[bytes, bytes]]:
        return self._backend._range(store, start, end, reverse, self._height)
