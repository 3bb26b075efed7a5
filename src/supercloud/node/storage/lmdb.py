"""The state on disk: LMDB behind `chain.store.backend.Backend`.

    current   store 00 key                          -> value
    history   store 00 escaped-key 00 00 ~height    -> 01 value, or 00 for a deletion
    changed   height chunk                          -> history keys written at that height
    meta      "state"                               -> latest height, earliest readable height, keys written at it, meta

All records are sealed (seal.py); what is current has the trees of its stores as a further proof.

`~height` is the height with all bits turned, so that the newest version of a key comes first. Escaping (00 -> 00 ff)
keeps key order in spite of the suffix. Everything a height writes is one transaction. A reader opens a transaction for
every few keys and looks in each whether its height is still the latest one (then `current` answers, which is quicker)
and still there at all.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from itertools import count, islice
from pathlib import Path
from typing import Any, Final

from supercloud.chain.store.backend import PRUNE_KEYS_SPARE, HeightUnavailable, Reader, Writes
from supercloud.node.storage.damage import HEIGHTS_LOOKED_AT, LEAVES_MAX, Shape, seal_records
from supercloud.node.storage.environment import Environment
from supercloud.node.storage.pages import Damaged, Pages
from supercloud.node.storage.seal import SEAL_BYTES, seal, unseal

HEIGHT: Final = struct.Struct(">Q")
SPAN: Final = struct.Struct(">QQ")
STATE: Final = struct.Struct(">QQI")
CHANGED: Final = struct.Struct(">QI")
LENGTH: Final = struct.Struct(">H")
NEWEST: Final = 2**64 - 1
CHUNK_KEYS: Final = 1024
ROOM_BYTES: Final = 512
"""Of the file, set aside for a key that is written: about what it takes with its value in all tables."""
PAGE_KEYS_FIRST: Final = 16
PAGE_KEYS_MAX: Final = 512
STORE_BYTES_MAX: Final = 20
"""Longest name of a store: with the longest key, all of it zeros, and a height it fills LMDB's 511 bytes."""
STATE_KEY: Final = b"state"
KEYS_LOOKED_AT_MAX: Final = 1 << 16
"""Written keys that a start looks at: more than eight usual blocks write, and a small part of a genesis. Half a second."""
_END: Final = b"\0\0"
RENEWED_KEYS: Final = 1 << 17
"""Written keys after which the files are opened anew: those of a genesis or a snapshot, never of a block."""
SUFFIX_BYTES: Final = len(_END) + HEIGHT.size

Pair = tuple[bytes, bytes]


class LmdbBackend:
    """State of one node in `folder`. One process may write it; others may open it `readonly` while it runs.

    Whoever will have read everything that is current after a while may open it with `read_later` (environment.py).
    Raises HomeInUse, StorageFull, StorageDamaged. After StorageFull the last applied height is intact.
    """

    def __init__(
        self, folder: Path, sync: bool = True, *, readonly: bool = False, read_later: bool = False
    ) -> None:
        # What a loss of power takes back of the state is executed again out of the block store.
        self._environment = Environment(
            folder, SHAPE, sync=sync, metasync=False, readonly=readonly, read_later=read_later
        )
        self._take_tables()

    def _take_tables(self) -> None:
        self._current, self._history, self._changed, self._meta = map(self._environment.table, SHAPE.tables)

    def close(self) -> None:
        """Release the files."""
        self._environment.close()

    def all_read(self) -> None:
        """Note that everything that is current has been read since the folder was opened (`read_later`)."""
        self._environment.all_read()

    def size_bytes(self) -> int:
        """Bytes on disk."""
        return self._environment.size_bytes()

    def copy(self, descriptor: int) -> tuple[int, bytes] | None:
        """Write all of it as of its last apply to a descriptor; returns height and meta of that one."""
        return self._environment.copy(descriptor, self._latest)

    def get(self, store: str, key: bytes) -> bytes | None:
        """Current value."""
        environment = self._environment
        with environment.gate, environment.begin(self._current) as txn:
            return self._now(txn, _prefix(store) + key)

    def _now(self, txn: Any, key: bytes) -> bytes | None:
        found = txn.get(key)
        return None if found is None else self._environment.unseal(key, found)

    def range(self, store: str, start: bytes, end: bytes | None, reverse: bool = False) -> Iterator[Pair]:
        """Current pairs in key order."""
        return self._pages(store, start, end, reverse, None)

    def reader(self, height: int) -> Reader:
        """Values at one height. Raises HeightUnavailable."""
        self.at_latest(None, height)
        return _At(self, height)

    def get_at(self, store: str, key: bytes, height: int) -> bytes | None:
        """Value under a key at a height. Raises HeightUnavailable."""
        environment = self._environment
        with environment.gate, environment.begin(self._current) as txn:
            if self.at_latest(txn, height):
                return self._now(txn, _prefix(store) + key)
            with txn.cursor(self._history) as cursor:
                return self._version(cursor, _prefix(store) + escape(key), height)

    def range_at(
        self, store: str, start: bytes, end: bytes | None, reverse: bool, height: int
    ) -> Iterator[Pair]:
        """Pairs at a height in key order. Raises HeightUnavailable, also in the middle."""
        return self._pages(store, start, end, reverse, height)

    def changes(self, height: int) -> Iterator[tuple[str, bytes]]:
        """What was written at a height."""
        environment = self._environment
        with environment.gate, environment.begin(self._changed) as txn:
            self.at_latest(txn, height - 1)
            self.at_latest(txn, height)
            with txn.cursor() as cursor:
                there = cursor.set_range(CHANGED.pack(height, 0))
                chunks = []
                while there and CHANGED.unpack(cursor.key())[0] == height:
                    chunks.append(environment.unseal(cursor.key(), cursor.value()))
                    there = cursor.next()
        for chunk in chunks:
            for versioned in unpack(chunk):
                store, escaped = versioned[:-SUFFIX_BYTES].split(b"\0", 1)
                yield store.decode(), _unescape(escaped)

    def apply(self, height: int, writes: Writes, meta: bytes, forget_before: int = 0) -> None:
        """Make a height durable in one transaction."""
        for store in writes:
            if len(store) > STORE_BYTES_MAX:
                raise ValueError(f"store name {store} is longer than {STORE_BYTES_MAX} bytes")
        suffix = _END + HEIGHT.pack(NEWEST - height)
        written = sum(map(len, writes.values()))

        def work(txn: Any) -> None:
            # In parts: a genesis writes millions of keys, and each is here several times.
            with (
                txn.cursor(self._current) as current,
                txn.cursor(self._history) as history,
                txn.cursor(self._changed) as changed,
            ):
                for number, part in enumerate(_parts(writes)):
                    current.putmulti([(key, seal(key, value)) for key, _, value in part if value is not None])
                    for key, _, value in part:
                        if value is None and current.set_key(key):
                            current.delete()
                    versions = [
                        (name := base + suffix, seal(name, b"\0" if value is None else b"\1" + value))
                        for _, base, value in part
                    ]
                    history.putmulti(versions)
                    changed.put(*_chunk(height, number, [name for name, _ in versions]))
            found = txn.get(STATE_KEY, db=self._meta)
            earliest = STATE.unpack_from(found)[1] if found else height
            told = STATE.pack(height, earliest, written) + meta
            txn.put(STATE_KEY, seal(STATE_KEY, told), db=self._meta)
            if forget_before:
                self._forget(txn, forget_before, 2 * written + PRUNE_KEYS_SPARE)

        self._environment.write(work, written * ROOM_BYTES)
        if written >= RENEWED_KEYS:
            self._environment.renew(self._take_tables)

    def latest(self) -> tuple[int, bytes] | None:
        """Height and meta of the last apply."""
        environment = self._environment
        with environment.gate, environment.begin(self._meta) as txn:
            return self._latest(txn)

    def _latest(self, txn: Any) -> tuple[int, bytes] | None:
        found = txn.get(STATE_KEY, db=self._meta)
        if not found:
            return None
        told = self._environment.unseal(STATE_KEY, found)
        return STATE.unpack_from(told)[0], told[STATE.size :]

    def prune(self, before: int, keys_max: int) -> int:
        """Forget values that only heights below `before` need."""
        return self._environment.write(lambda txn: self._forget(txn, before, keys_max))

    def _forget(self, txn: Any, before: int, keys_max: int) -> int:
        looked_at = height = 0
        with txn.cursor(self._changed) as cursor, txn.cursor(self._history) as history:
            while cursor.first():
                at, _ = CHANGED.unpack(cursor.key())
                if at > before or looked_at >= keys_max:
                    break
                height = at
                for key in unpack(self._environment.unseal(cursor.key(), cursor.value())):
                    _drop_older(history, key)
                    looked_at += 1
                cursor.delete()
        if height:
            found = txn.get(STATE_KEY, db=self._meta)
            latest, earliest, written = STATE.unpack_from(found)
            told = STATE.pack(latest, max(earliest, height), written) + found[STATE.size : -SEAL_BYTES]
            txn.put(STATE_KEY, seal(STATE_KEY, told), db=self._meta)
        return looked_at

    def at_latest(self, txn: Any, height: int) -> bool:
        """Whether a height is the last one. Raises HeightUnavailable when it can not be read (any more)."""
        if txn is None:
            environment = self._environment
            with environment.gate, environment.begin(self._meta) as txn:
                return self.at_latest(txn, height)
        found = txn.get(STATE_KEY, db=self._meta)
        latest, earliest, _ = STATE.unpack_from(found) if found else (0, 0, 0)
        if not earliest <= height <= latest:
            raise HeightUnavailable(height, earliest, latest)
        return bool(height == latest)

    def _pages(
        self, store: str, start: bytes, end: bytes | None, reverse: bool, height: int | None
    ) -> Iterator[Pair]:
        """Pairs in order, read a page at a time; `height` None means what is current, whatever is applied."""
        environment = self._environment
        size = PAGE_KEYS_FIRST
        while True:
            with environment.gate, environment.begin(self._current) as txn:
                if height is None or self.at_latest(txn, height):
                    with txn.cursor() as cursor:
                        page = self._page(cursor, store, (start, end), reverse, size)
                else:
                    with txn.cursor(self._history) as cursor:
                        page = self._past_page(cursor, (store, height), (start, end), reverse, size)
            yield from page[:size]
            if len(page) < size:
                return
            # The next page begins where this one ends.
            if reverse:
                end = page[-1][0]
            else:
                start = page[-1][0] + b"\0"
            size = min(2 * size, PAGE_KEYS_MAX)

    def _page(
        self, cursor: Any, store: str, edges: tuple[bytes, bytes | None], reverse: bool, size: int
    ) -> list[Pair]:
        """The first (or last) current pairs of a range."""
        prefix, (start, end) = _prefix(store), edges
        low = prefix + start
        high = _after(store) if end is None else prefix + end
        cut = len(prefix)
        unsealed = self._environment.unseal
        page: list[Pair] = []
        if reverse:
            there = cursor.prev() if cursor.set_range(high) else cursor.last()
            walk = cursor.iterprev() if there else ()
            for key, record in walk:
                if key < low or len(page) == size:
                    break
                page.append((key[cut:], unsealed(key, record)))
        elif cursor.set_range(low):
            for key, record in cursor:
                if key >= high or len(page) == size:
                    break
                page.append((key[cut:], unsealed(key, record)))
        return page

    def _past_page(
        self,
        cursor: Any,
        at: tuple[str, int],
        edges: tuple[bytes, bytes | None],
        reverse: bool,
        size: int,
    ) -> list[Pair]:
        """The first (or last) pairs of a range at a past height."""
        (store, height), (start, end) = at, edges
        prefix = _prefix(store)
        low = prefix + escape(start)
        high = _after(store) if end is None else prefix + escape(end)
        cut = len(prefix)
        page: list[Pair] = []
        edge = high if reverse else low
        while len(page) < size:
            base = _base_before(cursor, edge) if reverse else _base_from(cursor, edge)
            if base is None or base >= high or base < low:
                break
            value = self._version(cursor, base, height)
            if value is not None:
                page.append((_unescape(base[cut:]), value))
            # No key lies between a key's versions, nor before its first one.
            edge = base + _END if reverse else base + _END + b"\xff" * 9
        return page

    def _version(self, cursor: Any, base: bytes, height: int) -> bytes | None:
        """The newest value of `base` that is not newer than a height."""
        if not cursor.set_range(base + _END + HEIGHT.pack(NEWEST - height)):
            return None
        key = cursor.key()
        if len(key) != len(base) + SUFFIX_BYTES or not key.startswith(base + _END):
            return None
        value = self._environment.unseal(key, cursor.value())
        return value[1:] if value[0] else None


class _At:
    """An LmdbBackend at one height."""

    def __init__(self, backend: LmdbBackend, height: int) -> None:
        self._backend = backend
        self._height = height

    def get(self, store: str, key: bytes) -> bytes | None:
        return self._backend.get_at(store, key, self._height)

    def range(self, store: str, start: bytes, end: bytes | None, reverse: bool = False) -> Iterator[Pair]:
        return self._backend.range_at(store, start, end, reverse, self._height)


def _base_from(cursor: Any, edge: bytes) -> bytes | None:
    return cursor.key()[:-SUFFIX_BYTES] if cursor.set_range(edge) else None


def _base_before(cursor: Any, edge: bytes) -> bytes | None:
    there = cursor.prev() if cursor.set_range(edge) else cursor.last()
    return cursor.key()[:-SUFFIX_BYTES] if there else None


def _drop_older(cursor: Any, key: bytes) -> None:
    """Delete the versions before `key`'s own; a deletion that hides nothing any more goes too."""
    if not cursor.set_key(key):
        return
    if cursor.value()[:1] == b"\0":
        there = cursor.delete()
    else:
        there = cursor.next()
    base = key[: -HEIGHT.size]
    while there and cursor.key().startswith(base) and len(cursor.key()) == len(key):
        there = cursor.delete()


def _prefix(store: str) -> bytes:
    return store.encode() + b"\0"


def _after(store: str) -> bytes:
    return store.encode() + b"\1"


def escape(key: bytes) -> bytes:
    """A key without a run that could end it."""
    return key.replace(b"\0", b"\0\xff") if b"\0" in key else key


def _unescape(key: bytes) -> bytes:
    return key.replace(b"\0\xff", b"\0") if b"\0" in key else key


def _parts(writes: Writes) -> Iterator[list[tuple[bytes, bytes, bytes | None]]]:
    """All writes, CHUNK_KEYS at a time: key in `current`, key in `history` without its suffix, value."""
    all_ = (
        (prefix + key, prefix + escape(key), value)
        for prefix, pairs in ((_prefix(store), pairs) for store, pairs in writes.items())
        for key, value in pairs
    )
    while part := list(islice(all_, CHUNK_KEYS)):
        yield part


def _chunk(height: int, number: int, keys: list[bytes]) -> Pair:
    body = b"".join([LENGTH.pack(len(key)) + key for key in keys])
    key = CHANGED.pack(height, number)
    return key, seal(key, body)


def unpack(body: bytes) -> Iterator[bytes]:
    """The history keys of a chunk."""
    at = 0
    while at < len(body):
        length = LENGTH.unpack_from(body, at)[0]
        yield body[at + LENGTH.size : at + LENGTH.size + length]
        at += LENGTH.size + length


# --- The file


def _look(pages: Pages) -> None:
    """Whether everything is there that the last heights wrote. Raises Damaged, Unsealed."""
    tables = pages.tables
    found = pages.find(tables["meta"], STATE_KEY, unseal)
    if found is None:
        if any(table.records for table in tables.values()):
            raise Damaged("there are values, but no height")
        return
    latest, earliest, written = STATE.unpack_from(found)
    newer: set[bytes] = set()
    for height in range(latest, max(latest - HEIGHTS_LOOKED_AT, earliest - 1), -1):
        keys = 0
        for number in count():
            chunk = pages.find(tables["changed"], CHANGED.pack(height, number), unseal)
            if chunk is None:
                break
            for key in unpack(chunk[:-SEAL_BYTES]):
                keys += 1
                value = pages.find(tables["history"], key, unseal)
                if value is None:
                    raise Damaged(f"a value that height {height} wrote is not there")
                base = key[:-SUFFIX_BYTES]
                if base not in newer and _current(pages, base) != (
                    value[1:-SEAL_BYTES] if value[0] else None
                ):
                    raise Damaged(f"a value that height {height} wrote is not current")
                newer.add(base)
                if pages.leaves_read >= LEAVES_MAX or len(newer) >= KEYS_LOOKED_AT_MAX:
                    return
        # What the earliest height wrote may be forgotten in part.
        if height == latest > earliest and keys != written:
            raise Damaged(f"height {height} wrote {written} values, not {keys}")


def _current(pages: Pages, base: bytes) -> bytes | None:
    """The current value of what history has under a base."""
    store, _, escaped = base.partition(b"\0")
    key = store + b"\0" + _unescape(escaped)
    found = pages.find(pages.tables["current"], key, unseal)
    return None if found is None else found[:-SEAL_BYTES]


def _seal_former(txn: Any, tables: Mapping[str, Any]) -> None:
    seal_records(txn, {name: tables[name] for name in ("current", "history", "changed")})
    found = txn.get(STATE_KEY, db=tables["meta"])
    if not found:
        return
    latest, earliest = SPAN.unpack_from(found)
    written = 0
    with txn.cursor(tables["changed"]) as cursor:
        there = cursor.set_range(CHANGED.pack(latest, 0))
        while there and cursor.key().startswith(HEIGHT.pack(latest)):
            written += len(list(unpack(cursor.value()[:-SEAL_BYTES])))
            there = cursor.next()
    told = STATE.pack(latest, earliest, written) + found[SPAN.size :]
    txn.put(STATE_KEY, seal(STATE_KEY, told), db=tables["meta"])


SHAPE: Final = Shape(
    tables=("current", "history", "changed", "meta"),
    read_at_start=("current",),
    look=_look,
    seal_former=_seal_former,
)
