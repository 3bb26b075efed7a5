"""What the state machine asks of a disk, and the backend that needs none.

A backend keeps the current value of every key and, for as long as pruning allows, the values at past heights. `apply`
is one atomic, durable step: after a crash either all of a height is there or nothing of it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile
from typing import Final, Protocol

KEY_BYTES_MAX: Final = 240
"""Longest key. A disk may need two bytes for one, and LMDB takes 511 with the name of the store and a height."""
PRUNE_KEYS_SPARE: Final = 1024
"""An `apply` that forgets looks at twice as many keys as it writes and at this many more: it catches up."""

PAGE_KEYS_FIRST: Final = 16
PAGE_KEYS_MAX: Final = 512
"""A range is read in pages that grow from the first to the second."""

Writes = Mapping[str, Sequence[tuple[bytes, bytes | None]]]
"""By store, sorted by key: the new value, or None for a deletion."""


class HeightUnavailable(Exception):
    """The height is in the future or was pruned."""

    def __init__(self, height: int, earliest: int, latest: int) -> None:
        super().__init__(f"height {height} is not available; heights {max(earliest, 1)} to {latest} are")


class Reader(Protocol):
    """Values as of one height. Every call may raise HeightUnavailable once pruning has passed the height."""

    def get(self, store: str, key: bytes) -> bytes | None:
        """Value under a key, or None."""

    def range(
        self, store: str, start: bytes, end: bytes | None, reverse: bool = False
    ) -> Iterator[tuple[bytes, bytes]]:
        """Pairs with start <= key < end in key order (end None: to the last)."""


class Backend(Reader, Protocol):
    """Durable storage of one state. As a Reader it shows the last applied height."""

    def reader(self, height: int) -> Reader:
        """Values at a past height, or at the last one whatever is applied meanwhile. Raises HeightUnavailable."""

    def changes(self, height: int) -> Iterator[tuple[str, bytes]]:
        """Store and key of everything written at a height. Raises HeightUnavailable."""

    def apply(self, height: int, writes: Writes, meta: bytes, forget_before: int = 0) -> None:
        """Make `height` durable: its writes and `meta`, all or nothing.

        In the same step values go that only heights below `forget_before` need: so many that a steady load never
        piles up, and no more, so that no block pays for many others.
        """

    def latest(self) -> tuple[int, bytes] | None:
        """Height and meta of the last `apply`; None when there was none."""

    def prune(self, before: int, keys_max: int) -> int:
        """Forget values that only heights below `before` need; returns how many keys were looked at, 0 when done.

        Stops soon after `keys_max`; heights it has begun with are no longer readable.
        """


class MemoryBackend:
    """All versions of all keys in dictionaries: for tests and simulations."""

    def __init__(self) -> None:
        self._versions: dict[str, dict[bytes, list[tuple[int, bytes | None]]]] = {}
        self._keys: dict[str, list[bytes]] = {}
        self._changes: dict[int, list[tuple[str, bytes]]] = {}
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
        self._require(height)
        return _MemoryReader(self, height)

    def changes(self, height: int) -> Iterator[tuple[str, bytes]]:
        """What was written at a height."""
        self._require(height - 1)
        self._require(height)
        return iter(self._changes.get(height, []))

    def apply(self, height: int, writes: Writes, meta: bytes, forget_before: int = 0) -> None:
        """Append a version to every written key."""
        changes = self._changes[height] = []
        for store, pairs in writes.items():
            versions = self._versions.setdefault(store, {})
            added = []
            for key, value in pairs:
                if key not in versions:
                    versions[key] = []
                    added.append(key)
                versions[key].append((height, value))
                changes.append((store, key))
            keys = self._keys.setdefault(store, [])
            keys += added
            keys.sort()  # two sorted runs: merged in one pass
        if self._latest is None:
            self._earliest = height
        self._latest = (height, meta)
        if forget_before:
            self.prune(forget_before, 2 * len(changes) + PRUNE_KEYS_SPARE)

    def latest(self) -> tuple[int, bytes] | None:
        """Height and meta of the last apply."""
        return self._latest

    def prune(self, before: int, keys_max: int) -> int:
        """Drop versions that only older heights see."""
        looked_at = 0
        for height in list(takewhile(lambda each: each <= before, self._changes)):
            if looked_at >= keys_max:
                break
            for store, key in self._changes.pop(height):
                looked_at += 1
                self._drop_older(store, key, height)
            self._earliest = height
        return looked_at

    def _drop_older(self, store: str, key: bytes, height: int) -> None:
        versions = self._versions[store].get(key, [])
        while len(versions) > 1 and versions[1][0] <= height:
            del versions[0]
        if versions and versions[0][1] is None and versions[0][0] <= height:
            del versions[0]
            if not versions:
                del self._versions[store][key]
                keys = self._keys[store]
                del keys[bisect_left(keys, key)]

    def _require(self, height: int) -> None:
        latest = self._latest[0] if self._latest else 0
        if not self._earliest <= height <= latest:
            raise HeightUnavailable(height, self._earliest, latest)

    def at(self, store: str, key: bytes, height: int) -> bytes | None:
        """Value at a height."""
        for version, value in reversed(self._versions.get(store, {}).get(key, [])):
            if version <= height:
                return value
        return None

    def _range(
        self, store: str, start: bytes, end: bytes | None, reverse: bool, height: int | None
    ) -> Iterator[tuple[bytes, bytes]]:
        size = PAGE_KEYS_FIRST
        while True:
            keys = self._keys.get(store, [])
            low = bisect_left(keys, start)
            high = len(keys) if end is None else bisect_left(keys, end)
            # A page is a copy: what is applied while it is walked changes the list.
            page = keys[max(low, high - size) : high][::-1] if reverse else keys[low : min(high, low + size)]
            for key in page:
                if height is not None:
                    self._require(height)
                value = self.get(store, key) if height is None else self.at(store, key, height)
                if value is not None:
                    yield key, value
            if len(page) < size:
                return
            if reverse:
                end = page[-1]
            else:
                start = page[-1] + b"\0"
            size = min(2 * size, PAGE_KEYS_MAX)


class _MemoryReader:
    """A MemoryBackend at one height."""

    def __init__(self, backend: MemoryBackend, height: int) -> None:
        self._backend = backend
        self._height = height

    def get(self, store: str, key: bytes) -> bytes | None:
        self._backend._require(self._height)
        return self._backend.at(store, key, self._height)

    def range(
        self, store: str, start: bytes, end: bytes | None, reverse: bool = False
    ) -> Iterator[tuple[bytes, bytes]]:
        return self._backend._range(store, start, end, reverse, self._height)
