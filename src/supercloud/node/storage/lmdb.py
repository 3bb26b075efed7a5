"""The state on disk: LMDB behind `chain.store.backend.Backend`.

    current   store 00 key                          -> value
    history   store 00 escaped-key 00 00 ~height    -> 01 value, or 00 for a deletion
    changed   height chunk                          -> history keys written at that height
    meta      "latest"                              -> height, meta

`~height` is the height with all bits turned, so that the newest version of a key comes first. Escaping (00 -> 00 ff)
keeps key order in spite of the suffix. Everything a height writes is one transaction.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from supercloud.chain.store.backend import HeightUnavailable, Reader, Writes
from supercloud.node.storage.environment import Environment

HEIGHT: Final = struct.Struct(">Q")
CHANGED: Final = struct.Struct(">QI")
LENGTH: Final = struct.Struct(">I")
NEWEST: Final = 2**64 - 1
CHUNK_KEYS: Final = 4096
SCAN_KEYS: Final = 256
_LATEST: Final = b"latest"
_EARLIEST: Final = b"earliest"
_END: Final = b"\0\0"


class LmdbBackend:
    """State of one node in `folder`. One process at a time may open it. Raises HomeInUse, StorageFull."""

    def __init__(self, folder: Path, sync: bool = True) -> None:
        self._environment = Environment(folder, tables=4, sync=sync)
        self._current = self._environment.table("current")
        self._history = self._environment.table("history")
        self._changed = self._environment.table("changed")
        self._meta = self._environment.table("meta")

    def close(self) -> None:
        """Release the files."""
        self._environment.close()

    def size_bytes(self) -> int:
        """Bytes on disk."""
        return self._environment.size_bytes()

    def get(self, store: str, key: bytes) -> bytes | None:
        """Current value."""
        with self._environment.lmdb.begin(db=self._current) as txn:
            found: bytes | None = txn.get(_prefix(store) + key)
            return found

    def range(
        self, store: str, start: bytes, end: bytes | None, reverse: bool = False
    ) -> Iterator[tuple[bytes, bytes]]:
        """Current pairs in key order; read in short transactions, a few hundred keys each."""
        prefix = _prefix(store)
        low = prefix + start
        high = _after(store) if end is None else prefix + end
        while True:
            page = self._page_back(low, high) if reverse else self._page(low, high)
            for key, value in page:
                yield key[len(prefix) :], value
            if len(page) < SCAN_KEYS:
                return
            if reverse:
                high = page[-1][0]
            else:
                low = page[-1][0] + b"\0"

    def _page(self, low: bytes, high: bytes) -> list[tuple[bytes, bytes]]:
        page: list[tuple[bytes, bytes]] = []
        with self._environment.lmdb.begin(db=self._current) as txn, txn.cursor() as cursor:
            if cursor.set_range(low):
                for key, value in cursor:
                    if key >= high or len(page) == SCAN_KEYS:
                        break
                    page.append((key, value))
        return page

    def _page_back(self, low: bytes, high: bytes) -> list[tuple[bytes, bytes]]:
        """The last keys below `high`, downwards."""
        page: list[tuple[bytes, bytes]] = []
        with self._environment.lmdb.begin(db=self._current) as txn, txn.cursor() as cursor:
            there = cursor.prev() if cursor.set_range(high) else cursor.last()
            while there and cursor.key() >= low and len(page) < SCAN_KEYS:
                page.append(cursor.item())
                there = cursor.prev()
        return page

    def reader(self, height: int) -> Reader:
        """Values at a past height. Raises HeightUnavailable."""
        with self._environment.lmdb.begin(db=self._meta) as txn:
            latest = HEIGHT.unpack(txn.get(_LATEST, bytes(8))[:8])[0]
            earliest = HEIGHT.unpack(txn.get(_EARLIEST, bytes(8)))[0]
        if not earliest <= height <= latest:
            raise HeightUnavailable(
                f"height {height} is not available; heights {max(earliest, 1)} to {latest} are"
            )
        return _PastReader(self._environment, self._history, height)

    def apply(self, height: int, writes: Writes, meta: bytes) -> None:
        """Make a height durable in one transaction."""
        current: list[tuple[bytes, bytes]] = []
        gone: list[bytes] = []
        versions: list[tuple[bytes, bytes]] = []
        suffix = _END + HEIGHT.pack(NEWEST - height)
        for store, pairs in writes.items():
            prefix = _prefix(store)
            for key, value in pairs:
                versioned = prefix + _escape(key) + suffix
                if value is None:
                    gone.append(prefix + key)
                    versions.append((versioned, b"\0"))
                else:
                    current.append((prefix + key, value))
                    versions.append((versioned, b"\1" + value))
        changed = _chunks(height, [key for key, _ in versions])

        def work(txn: Any) -> None:
            with txn.cursor(db=self._current) as cursor:
                cursor.putmulti(current)
                for key in gone:
                    if cursor.set_key(key):
                        cursor.delete()
            with txn.cursor(db=self._history) as cursor:
                cursor.putmulti(versions)
            with txn.cursor(db=self._changed) as cursor:
                cursor.putmulti(changed)
            txn.put(_LATEST, HEIGHT.pack(height) + meta, db=self._meta)

        self._environment.write(work)

    def latest(self) -> tuple[int, bytes] | None:
        """Height and meta of the last apply."""
        with self._environment.lmdb.begin(db=self._meta) as txn:
            found = txn.get(_LATEST)
        return (HEIGHT.unpack(found[:8])[0], found[8:]) if found else None

    def prune(self, before: int, keys_max: int) -> int:
        """Drop versions that only heights below `before` see; returns how many keys were looked at."""

        def work(txn: Any) -> int:
            done = 0
            with txn.cursor(db=self._changed) as cursor, txn.cursor(db=self._history) as history:
                while done < keys_max and cursor.first():
                    height, _ = CHANGED.unpack(cursor.key())
                    if height > before:
                        break
                    for key in _unpack(cursor.value()):
                        _drop_older(history, key)
                        done += 1
                    cursor.delete()
                    txn.put(_EARLIEST, HEIGHT.pack(height), db=self._meta)
            return done

        return self._environment.write(work)


class _PastReader:
    """Values as of one height, out of the versions."""

    def __init__(self, environment: Environment, history: Any, height: int) -> None:
        self._environment = environment
        self._history = history
        self._suffix = _END + HEIGHT.pack(NEWEST - height)

    def get(self, store: str, key: bytes) -> bytes | None:
        """Value under a key at this height."""
        base = _prefix(store) + _escape(key)
        with self._environment.lmdb.begin(db=self._history) as txn, txn.cursor() as cursor:
            return self._value(cursor, base)

    def range(
        self, store: str, start: bytes, end: bytes | None, reverse: bool = False
    ) -> Iterator[tuple[bytes, bytes]]:
        """Pairs at this height in key order."""
        prefix = _prefix(store)
        low = prefix + _escape(start)
        high = _after(store) if end is None else prefix + _escape(end)
        if reverse:
            yield from reversed(list(self._forward(prefix, low, high)))
        else:
            yield from self._forward(prefix, low, high)

    def _forward(self, prefix: bytes, low: bytes, high: bytes) -> Iterator[tuple[bytes, bytes]]:
        while True:
            page: list[tuple[bytes, bytes]] = []
            seen = 0
            with self._environment.lmdb.begin(db=self._history) as txn, txn.cursor() as cursor:
                there = cursor.set_range(low)
                while there and seen < SCAN_KEYS:
                    base = cursor.key()[: -len(self._suffix)]
                    if base >= high:
                        there = False
                        break
                    value = self._value(cursor, base)
                    if value is not None:
                        page.append((_unescape(base[len(prefix) :]), value))
                    seen += 1
                    low = base + _END + b"\xff" * 9
                    there = cursor.set_range(low)
            yield from page
            if not there:
                return

    def _value(self, cursor: Any, base: bytes) -> bytes | None:
        """The newest version of `base` that is not newer than this height."""
        if not cursor.set_range(base + self._suffix):
            return None
        key = cursor.key()
        if len(key) != len(base) + len(self._suffix) or not key.startswith(base + _END):
            return None
        value: bytes = cursor.value()
        return value[1:] if value[0] else None


def _drop_older(cursor: Any, key: bytes) -> None:
    """Delete the versions before `key`'s own; a deletion that hides nothing any more goes too."""
    base = key[:-8]
    if cursor.set_key(key) and cursor.value() == b"\0":
        cursor.delete()
        there = bool(cursor.key())
    else:
        there = cursor.set_key(key) and cursor.next()
    while there and cursor.key().startswith(base) and len(cursor.key()) == len(key):
        cursor.delete()
        there = bool(cursor.key())


def _prefix(store: str) -> bytes:
    return store.encode() + b"\0"


def _after(store: str) -> bytes:
    return store.encode() + b"\1"


def _escape(key: bytes) -> bytes:
    return key.replace(b"\0", b"\0\xff") if b"\0" in key else key


def _unescape(key: bytes) -> bytes:
    return key.replace(b"\0\xff", b"\0") if b"\0" in key else key


def _chunks(height: int, keys: list[bytes]) -> list[tuple[bytes, bytes]]:
    chunks = []
    for number, at in enumerate(range(0, len(keys), CHUNK_KEYS)):
        body = b"".join([LENGTH.pack(len(key)) + key for key in keys[at : at + CHUNK_KEYS]])
        chunks.append((CHANGED.pack(height, number), body))
    return chunks


def _unpack(body: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(body):
        length = LENGTH.unpack_from(body, at)[0]
        yield body[at + 4 : at + 4 + length]
        at += 4 + length
