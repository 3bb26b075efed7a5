"""A branch: uncommitted writes on top of a reader, with an undo journal.

Reads see the branch's own writes first. `mark` and `revert` nest: a transaction, a message in it, an attempt in that.
A range merges uncommitted writes and deletes with what lies below, in key order.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from typing import Final

from supercloud.chain.store.backend import KEY_BYTES_MAX, Reader
from supercloud.types.errors import InvalidRequest

_ABSENT: Final = object()


class Branch:
    """Writes on top of `parent`, which may be another branch."""

    __slots__ = ("_journal", "_parent", "_sorted", "_writes")

    def __init__(self, parent: Reader) -> None:
        self._parent = parent
        self._writes: dict[str, dict[bytes, bytes | None]] = {}
        # Keys of each store in order, kept only for stores that were walked; may list keys that were reverted.
        self._sorted: dict[str, list[bytes]] = {}
        self._journal: list[tuple[str, bytes, object]] = []

    def get(self, store: str, key: bytes) -> bytes | None:
        """Value under a key, or None."""
        writes = self._writes.get(store)
        if writes is not None:
            found = writes.get(key, _ABSENT)
            if found is not _ABSENT:
                return found  # type: ignore[return-value]
        return self._parent.get(store, key)

    def set(self, store: str, key: bytes, value: bytes) -> None:
        """Write a value. Raises InvalidRequest for a key that no store can hold."""
        self._write(store, key, value)

    def delete(self, store: str, key: bytes) -> None:
        """Remove a key; nothing happens when it is absent."""
        self._write(store, key, None)

    def _write(self, store: str, key: bytes, value: bytes | None) -> None:
        if not 0 < len(key) <= KEY_BYTES_MAX:
            raise InvalidRequest(f"a key of {len(key)} bytes; 1 to {KEY_BYTES_MAX} can be stored")
        writes = self._writes.get(store)
        if writes is None:
            writes = self._writes[store] = {}
        before = writes.get(key, _ABSENT)
        self._journal.append((store, key, before))
        writes[key] = value
        if before is _ABSENT and store in self._sorted:
            keys = self._sorted[store]
            at = bisect_left(keys, key)
            if at == len(keys) or keys[at] != key:
                keys.insert(at, key)

    def mark(self) -> int:
        """A point to which `revert` can go back."""
        return len(self._journal)

    def settle(self) -> None:
        """Forget how to undo what was written so far: every mark taken before is void."""
        self._journal.clear()

    def revert(self, mark: int) -> None:
        """Undo every write since the mark, newest first."""
        journal = self._journal
        while len(journal) > mark:
            store, key, before = journal.pop()
            if before is _ABSENT:
                del self._writes[store][key]
            else:
                self._writes[store][key] = before  # type: ignore[assignment]

    def range(
        self, store: str, start: bytes, end: bytes | None, reverse: bool = False
    ) -> Iterator[tuple[bytes, bytes]]:
        """Pairs with start <= key < end in key order (end None: to the last), as they stand now.

        Writes made while the range is walked are not seen by it.
        """
        own = self._own(store, start, end)
        below = self._parent.range(store, start, end, reverse)
        if not own:
            return below
        return _merge(own[::-1] if reverse else own, below, reverse)

    def _own(self, store: str, start: bytes, end: bytes | None) -> list[tuple[bytes, bytes | None]]:
        writes = self._writes.get(store)
        if not writes:
            return []
        keys = self._sorted.get(store)
        if keys is None:
            keys = self._sorted[store] = sorted(writes)
        low = bisect_left(keys, start)
        high = len(keys) if end is None else bisect_left(keys, end)
        return [(key, writes[key]) for key in keys[low:high] if key in writes]

    def writes(self) -> Iterator[tuple[str, list[tuple[bytes, bytes | None]]]]:
        """All writes by store, sorted by key: what a commit applies."""
        for store, writes in sorted(self._writes.items()):
            if writes:
                keys = self._sorted.get(store)
                if keys is None:
                    keys = sorted(writes)
                yield store, [(key, writes[key]) for key in keys if key in writes]


def _merge(
    own: list[tuple[bytes, bytes | None]], below: Iterator[tuple[bytes, bytes]], reverse: bool
) -> Iterator[tuple[bytes, bytes]]:
    """Walk two ordered sources as one; where both have a key, `own` wins, and None there hides it."""
    at = 0
    for key, value in below:
        while at < len(own) and (own[at][0] > key if reverse else own[at][0] < key):
            mine = own[at]
            at += 1
            if mine[1] is not None:
                yield mine[0], mine[1]
        if at < len(own) and own[at][0] == key:
            mine = own[at]
            at += 1
            if mine[1] is not None:
                yield key, mine[1]
            continue
        yield key, value
    for key, uncommitted in own[at:]:
        if uncommitted is not None:
            yield key, uncommitted
