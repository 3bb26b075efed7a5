"""Which transaction and which block said what: SQLite over the events of committed blocks.

    tx         height, position, hash, whether it failed
    attribute  key, value, height, position of the transaction (-1: the block itself), number of the event
    progress   the last height that is in, and up to where rows belong to which height

It holds positions only; what a search answers is read from the block store. The file may be deleted at any
time and is filled again from the blocks. Rows are written after the state machine has committed, so no answer
is ahead of it.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from supercloud.node.indexer.query import Condition, Op, Query
from supercloud.pb.tendermint.abci import types_pb2 as abci

VALUE_LENGTH_MAX = 1024
"""Longer attribute values are indexed by their beginning."""

SEARCH_SECONDS_MAX = 2.0
BLOCK_POSITION = -1

_SCHEMA = """
CREATE TABLE IF NOT EXISTS tx (height INTEGER, position INTEGER, hash BLOB, failed INTEGER,
    PRIMARY KEY (height, position)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS tx_hash ON tx (hash);
CREATE TABLE IF NOT EXISTS name (id INTEGER PRIMARY KEY, text TEXT UNIQUE);
CREATE TABLE IF NOT EXISTS attribute (name INTEGER, value TEXT, height INTEGER, position INTEGER, event
INTEGER); CREATE INDEX IF NOT EXISTS attribute_find ON attribute (name, value, height, position, event);
CREATE TABLE IF NOT EXISTS progress (height INTEGER PRIMARY KEY, last_row INTEGER);
"""


class SearchTooWide(Exception):
    """A search that reads too much."""


class Position(NamedTuple):
    """Where a transaction stands."""

    height: int
    number: int


class Page(NamedTuple):
    """A part of what a search found, and how much it found in all."""

    total: int
    found: Sequence[Position]


class Index:
    """The index in one file. Writes belong to one thread; searches may come from another."""

    def __init__(self, path: Path) -> None:
        self._writer = _open(path)
        self._writer.executescript(_SCHEMA)
        self._reader = _open(path)
        self._reader.create_function("holds", 2, self._holds)
        self._reader_lock = threading.Lock()
        self._asked: Sequence[Condition] = ()
        self._names: dict[str, int] = dict(self._writer.execute("SELECT text, id FROM name"))
        row = self._writer.execute("SELECT max(height), min(height) FROM progress").fetchone()
        self.height: int = row[0] or 0
        self.base: int = row[1] or 0

    def close(self) -> None:
        """Release the file."""
        with self._reader_lock:
            self._reader.close()
        self._writer.close()

    # --- Writing

    def add(self, height: int, txs: Sequence[bytes], response: abci.ResponseFinalizeBlock) -> None:
        """Take in the next block. A height that is in already is ignored."""
        if height <= self.height:
            return
        rows: list[tuple[int, str, int, int, int]] = []
        self._collect(rows, response.events, height, BLOCK_POSITION)
        with self._writer:
            for position, (raw, result) in enumerate(zip(txs, response.tx_results, strict=True)):
                self._add_tx(height, position, sha256(raw).digest(), bool(result.code))
                self._collect(rows, result.events, height, position)
            self._writer.executemany("INSERT INTO attribute VALUES (?, ?, ?, ?, ?)", rows)
            last = self._writer.execute("SELECT max(rowid) FROM attribute").fetchone()[0] or 0
            self._writer.execute("INSERT INTO progress VALUES (?, ?)", (height, last))
        self.height = height
        self.base = self.base or height

    def _add_tx(self, height: int, position: int, key: bytes, failed: bool) -> None:
        # The same bytes may fail and come again; what succeeded stays what the hash stands for.
        earlier = self._writer.execute("SELECT min(failed) FROM tx WHERE hash = ?", (key,)).fetchone()[0]
        if earlier == 0 and failed:
            return
        if earlier is not None:
            self._writer.execute("DELETE FROM tx WHERE hash = ?", (key,))
        self._writer.execute("INSERT INTO tx VALUES (?, ?, ?, ?)", (height, position, key, failed))

    def _collect(
        self,
        rows: list[tuple[int, str, int, int, int]],
        events: Iterable[abci.Event],
        height: int,
        position: int,
    ) -> None:
        for number, event in enumerate(events):
            if not event.type:
                continue
            for attribute in event.attributes:
                if attribute.index and attribute.key:
                    name = self._name(f"{event.type}.{attribute.key}")
                    rows.append((name, attribute.value[:VALUE_LENGTH_MAX], height, position, number))

    def _name(self, text: str) -> int:
        known = self._names.get(text)
        if known is None:
            with self._writer:
                known = self._writer.execute("INSERT INTO name (text) VALUES (?)", (text,)).lastrowid
            assert known is not None
            self._names[text] = known
        return known

    def prune(self, before: int) -> None:
        """Forget heights below `before`."""
        if before <= self.base:
            return
        with self._writer:
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
        with self._writer:
            self._writer.execute("DELETE FROM attribute WHERE height > ?", (height,))
            self._writer.execute("DELETE FROM tx WHERE height > ?", (height,))
            self._writer.execute("DELETE FROM progress WHERE height > ?", (height,))
        row = self._writer.execute("SELECT max(height), min(height) FROM progress").fetchone()
        self.height, self.base = row[0] or 0, row[1] or 0

    # --- Searching

    def find(self, key: bytes) -> Position | None:
        """Where the transaction with that hash stands."""
        with self._reader_lock:
            row = self._reader.execute("SELECT height, position FROM tx WHERE hash = ?", (key,)).fetchone()
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
        return self._search(source, "position >= 0", rest, heights, (ascending, offset, limit))

    def search_blocks(self, query: Query, *, ascending: bool, offset: int, limit: int) -> Page:
        """Blocks whose own events satisfy the query. Raises SearchTooWide."""
        rest = [c for c in query.conditions if c.tag not in ("block.height", "tm.event")]
        heights = [c for c in query.conditions if c.tag == "block.height"]
        source = f"SELECT height, {BLOCK_POSITION} AS position FROM progress"
        return self._search(source, f"position = {BLOCK_POSITION}", rest, heights, (ascending, offset, limit))

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
            deadline = time.monotonic() + SEARCH_SECONDS_MAX
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
        tables, where, values = [], [], list[object]()
        for number, condition in enumerate(group):
            tables.append(f"attribute a{number}")
            where.append(f"a{number}.name = ?")
            values.append(self._names.get(condition.tag, 0))
            if condition.op is Op.EQ and isinstance(condition.argument, str):
                where.append(f"a{number}.value = ?")
                values.append(condition.argument[:VALUE_LENGTH_MAX])
            elif condition.op is not Op.EXISTS:
                where.append(f"holds({asked.index(condition)}, a{number}.value)")
            if number:
                own = f"a{number}.height, a{number}.position, a{number}.event"
                where.append(f"({own}) = (a0.height, a0.position, a0.event)")
        where.append(f"a0.{kind}")
        text = f"SELECT a0.height, a0.position FROM {', '.join(tables)} WHERE {' AND '.join(where)}"
        return text, values

    def _holds(self, number: int, value: str) -> bool:
        return self._asked[number].holds(value)


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, check_same_thread=False, timeout=10.0)
    # No flush per block: what a crash takes is filled in again from the blocks.
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    return connection
