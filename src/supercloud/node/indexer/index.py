"""Which transaction and which block said what: SQLite over the events of committed blocks.

    tx         height, position, hash, whether it failed
    attribute  key, value, height, and the places in that block where the key had that value
    progress   the last height that is in, and up to where rows belong to which height

A place is one number made of a transaction's position (-1: the block itself) and the number of the event in it.
Most values come many times in a block, so one row with all their places is half the work of a row for each.
It holds positions only; what a search answers is read from the block store. The file may be deleted at any
time and is filled again from the blocks. Rows are written after the state machine has committed, so no answer
is ahead of it.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path

from supercloud.node.indexer import port
from supercloud.node.indexer.port import (
    BLOCK_POSITION,
    EVENTS_MAX,
    VALUE_LENGTH_MAX,
    IndexNotWritten,
    Page,
    Position,
    SearchTooWide,
)
from supercloud.node.indexer.query import Condition, Op, Query
from supercloud.pb.tendermint.abci import types_pb2 as abci

__all__ = ["Index", "IndexNotWritten", "Page", "Position", "SearchTooWide"]

VERSION = 2
CACHE_KIB = 16 * 1024
"""Pages in memory of each connection: a block of thousands of transactions writes to more than SQLite's 2 MiB."""
_TABLES = ("tx", "name", "attribute", "progress")
_SCHEMA = """
CREATE TABLE IF NOT EXISTS tx (height INTEGER, position INTEGER, hash BLOB, failed INTEGER,
    PRIMARY KEY (height, position)) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS tx_hash ON tx (hash);
CREATE TABLE IF NOT EXISTS name (id INTEGER PRIMARY KEY, text TEXT UNIQUE);
CREATE TABLE IF NOT EXISTS attribute (name INTEGER, value TEXT, height INTEGER, places TEXT);
CREATE INDEX IF NOT EXISTS attribute_find ON attribute (name, value, height);
CREATE TABLE IF NOT EXISTS progress (height INTEGER PRIMARY KEY, last_row INTEGER);
"""
# The same bytes may fail and come again; what succeeded stays what the hash stands for.
_ADD_TX = """
INSERT INTO tx VALUES (?, ?, ?, ?) ON CONFLICT (hash) DO UPDATE
SET height = excluded.height, position = excluded.position, failed = excluded.failed
WHERE tx.failed OR NOT excluded.failed
"""


class Index:
    """The index in one file. Writes belong to one thread; searches may come from others, one at a time."""

    far = False

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer = _open(path)
        _make_tables(self._writer)
        self._reader = _open(path)
        self._reader.create_function("holds", 2, self._holds)
        self._reader_lock = threading.Lock()
        # Whoever asks for one transaction does so in the loop that makes blocks, and must not wait for a search.
        self._finder = _open(path)
        self._finder_lock = threading.Lock()
        self._asked: Sequence[Condition] = ()
        self._names: dict[str, int] = dict(self._writer.execute("SELECT text, id FROM name"))
        self._name_of: dict[tuple[str, str], int] = {}
        row = self._writer.execute("SELECT max(height), min(height) FROM progress").fetchone()
        self.height: int = row[0] or 0
        self.base: int = row[1] or 0

    def close(self) -> None:
        """Release the file."""
        with self._reader_lock:
            self._reader.close()
        with self._finder_lock:
            self._finder.close()
        self._writer.close()

    # --- Writing

    def ready(self) -> None:
        """A file is always there."""

    def add(self, height: int, txs: Sequence[bytes], response: abci.ResponseFinalizeBlock) -> None:
        """Take in the next block. A height that is in already is ignored."""
        if height <= self.height:
            return
        places: dict[tuple[int, str], list[int]] = {}
        self._collect(places, response.events, BLOCK_POSITION)
        keys = []
        for position, (raw, result) in enumerate(zip(txs, response.tx_results, strict=True)):
            keys.append((height, position, sha256(raw).digest(), bool(result.code)))
            self._collect(places, result.events, position)
        # A list of numbers prints as JSON, which SQLite can take apart again. In order, neighbours share pages.
        rows = [(name, value, height, str(found)) for (name, value), found in sorted(places.items())]
        with self._writing():
            self._writer.executemany(_ADD_TX, keys)
            self._writer.executemany("INSERT INTO attribute VALUES (?, ?, ?, ?)", rows)
            last = self._writer.execute("SELECT max(rowid) FROM attribute").fetchone()[0] or 0
            self._writer.execute("INSERT INTO progress VALUES (?, ?)", (height, last))
        self.height = height
        self.base = self.base or height

    def _collect(
        self, places: dict[tuple[int, str], list[int]], events: Iterable[abci.Event], position: int
    ) -> None:
        names = self._name_of
        place = (position + 1) * EVENTS_MAX
        for number, event in enumerate(events, place):
            kind = event.type
            if not kind:
                continue
            for attribute in event.attributes:
                key = attribute.key
                if key and attribute.index:
                    name = names.get((kind, key)) or self._name(kind, key)
                    found = (name, attribute.value[:VALUE_LENGTH_MAX])
                    if found in places:
                        places[found].append(number)
                    else:
                        places[found] = [number]

    def _name(self, kind: str, key: str) -> int:
        text = f"{kind}.{key}"
        known = self._names.get(text)
        if known is None:
            with self._writing():
                known = self._writer.execute("INSERT INTO name (text) VALUES (?)", (text,)).lastrowid
            assert known is not None
            self._names[text] = known
        self._name_of[kind, key] = known
        return known

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        """One transaction of the file. Raises IndexNotWritten when the disk is full or fails."""
        try:
            with self._writer:
                yield
        except sqlite3.OperationalError as error:
            full = error.sqlite_errorcode == sqlite3.SQLITE_FULL
            reason = "no space left on the disk" if full else f"{error}; is the disk or a quota full?"
            raise IndexNotWritten(f"{self._path}: {reason}; make room and start again") from error

    def prune(self, before: int) -> None:
        """Forget heights below `before`."""
        if before <= self.base:
            return
        with self._writing():
            row = self._writer.execute(
                "SELECT max(last_row) FROM progress WHERE height < ?", (before,)
            ).fetchone()
            if row[0]:
                self._writer.execute("DELETE FROM attribute WHERE rowid <= ?", (row[0],))
            self._writer.execute("DELETE FROM tx WHERE height < ?", (before,))
            self._writer.execute("DELETE FROM progress WHERE height < ?", (before,))
        self.base = before

    def drop_above(self, height: int) -> None:
        """Forget heights above `height`: the blocks went back, and the index is never ahead of them."""
        if self.height <= height:
            return
        with self._writing():
            self._writer.execute("DELETE FROM attribute WHERE height > ?", (height,))
            self._writer.execute("DELETE FROM tx WHERE height > ?", (height,))
            self._writer.execute("DELETE FROM progress WHERE height > ?", (height,))
        row = self._writer.execute("SELECT max(height), min(height) FROM progress").fetchone()
        self.height, self.base = row[0] or 0, row[1] or 0

    # --- Searching

    def find(self, key: bytes) -> Position | None:
        """Where the transaction with that hash stands."""
        with self._finder_lock:
            row = self._finder.execute("SELECT height, position FROM tx WHERE hash = ?", (key,)).fetchone()
        return Position(*row) if row else None

    def search_txs(self, query: Query, *, ascending: bool, offset: int, limit: int) -> Page:
        """Transactions whose events satisfy the query. Raises SearchTooWide."""
        for condition in query.conditions:
            if condition.tag == "tx.hash" and condition.op is Op.EQ:
                return self._by_hash(condition, offset, limit)
        rest = [c for c in query.conditions if c.tag not in ("tx.height", "tm.event")]
        heights = [c for c in query.conditions if c.tag == "tx.height"]
        if any(c.tag == "tm.event" and not c.holds("Tx") for c in query.conditions):
            return Page(0, ())
        source = "SELECT height, position FROM tx"
        return self._search(source, f"place >= {EVENTS_MAX}", rest, heights, (ascending, offset, limit))

    def search_blocks(self, query: Query, *, ascending: bool, offset: int, limit: int) -> Page:
        """Blocks whose own events satisfy the query. Raises SearchTooWide."""
        rest = [c for c in query.conditions if c.tag not in ("block.height", "tm.event")]
        heights = [c for c in query.conditions if c.tag == "block.height"]
        source = f"SELECT height, {BLOCK_POSITION} AS position FROM progress"
        return self._search(source, f"place < {EVENTS_MAX}", rest, heights, (ascending, offset, limit))

    def _by_hash(self, condition: Condition, offset: int, limit: int) -> Page:
        try:
            found = self.find(bytes.fromhex(str(condition.argument)))
        except ValueError:
            found = None
        rows = [found] if found else []
        return Page(len(rows), rows[offset : offset + limit])

    def _search(
        self,
        source: str,
        kind: str,
        conditions: Sequence[Condition],
        heights: Sequence[Condition],
        window: tuple[bool, int, int],
    ) -> Page:
        asked = [*heights, *conditions]
        parts, values = [source], []
        # Conditions on one type of event must hold for one and the same event; types then meet in one
        # transaction.
        for kind_of_event in dict.fromkeys(condition.event_type for condition in conditions):
            group = [c for c in conditions if c.event_type == kind_of_event]
            part, wanted = self._same_event(group, kind, asked)
            parts.append(part)
            values.extend(wanted)
        if conditions:
            parts = parts[1:]
        found = " INTERSECT ".join(parts)
        limits = "".join(f" AND holds({asked.index(c)}, CAST(height AS TEXT))" for c in heights)
        body = f"FROM (SELECT DISTINCT height, position FROM ({found})) WHERE 1{limits}"
        ascending, offset, limit = window
        way = "ASC" if ascending else "DESC"
        with self._reader_lock:
            self._asked = asked
            deadline = time.monotonic() + port.SEARCH_SECONDS_MAX
            self._reader.set_progress_handler(lambda: time.monotonic() > deadline, 10_000)
            try:
                total = self._reader.execute(f"SELECT count(*) {body}", values).fetchone()[0]
                rows = self._reader.execute(
                    f"SELECT height, position {body} ORDER BY height {way}, position {way} LIMIT ? OFFSET ?",
                    [*values, limit, offset],
                ).fetchall()
            except sqlite3.OperationalError as error:
                if time.monotonic() <= deadline:
                    raise
                raise SearchTooWide("the search reads too much; narrow it, for example by height") from error
            finally:
                self._reader.set_progress_handler(None, 0)
        return Page(total, [Position(*row) for row in rows])

    def _same_event(
        self, group: Sequence[Condition], kind: str, asked: Sequence[Condition]
    ) -> tuple[str, list[object]]:
        parts, values = [], list[object]()
        for condition in group:
            where = "a.name = ?"
            values.append(self._names.get(condition.tag, 0))
            if condition.op is Op.EQ and isinstance(condition.argument, str):
                where += " AND a.value = ?"
                values.append(condition.argument[:VALUE_LENGTH_MAX])
            elif condition.op is not Op.EXISTS:
                where += f" AND holds({asked.index(condition)}, a.value)"
            parts.append(
                f"SELECT a.height, p.value AS place FROM attribute a, json_each(a.places) p WHERE {where} AND {kind}"
            )
        position = f"place / {EVENTS_MAX} - 1 AS position"
        return f"SELECT height, {position} FROM ({' INTERSECT '.join(parts)})", values

    def _holds(self, number: int, value: str) -> bool:
        return self._asked[number].holds(value)


def _make_tables(writer: sqlite3.Connection) -> None:
    """Make the tables; those of another version are dropped, and filled again from the blocks."""
    if writer.execute("PRAGMA user_version").fetchone()[0] != VERSION:
        for table in _TABLES:
            writer.execute(f"DROP TABLE IF EXISTS {table}")
        writer.execute(f"PRAGMA user_version = {VERSION}")
    writer.executescript(_SCHEMA)


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, check_same_thread=False, timeout=10.0)
    # No flush per block: what a crash takes is filled in again from the blocks.
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
    return connection
