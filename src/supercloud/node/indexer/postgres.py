"""The index in a PostgreSQL database: the same tables and answers as those of the file (`index.py`).

    meta       version of the tables, and whose chain it is
    tx         height, position, hash, whether it failed
    name       every attribute's name, once
    attribute  name, value, height, and the places in that block where the name had that value
    progress   the heights that are in

One block is one transaction of the database. Commits do not wait for its disk: what a crash takes is filled in again
from the blocks. One node at a time writes (an advisory lock); a database or a schema belongs to one node. The database
may go away and come back: writing says so (`IndexAway`) and begins anew with `ready`; a search makes its connection anew.
Its URL may hold a password and is shown nowhere.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator, Sequence
from decimal import Decimal
from hashlib import sha256
from typing import Any

import psycopg
from psycopg import conninfo, errors

from supercloud.node.config import ConfigError
from supercloud.node.indexer import port
from supercloud.node.indexer.places import collect
from supercloud.node.indexer.port import (
    BLOCK_POSITION,
    EVENTS_MAX,
    IndexAway,
    IndexNotWritten,
    Page,
    Position,
    SearchTooWide,
)
from supercloud.node.indexer.query import Condition, Op, Query
from supercloud.pb.tendermint.abci import types_pb2 as abci

VERSION = 1
CONNECT_S = 5
RETRY_S = 2.0
"""Seconds between attempts to reach a database that is away: blocks must not wait for it."""

_TAKE_LOCK = "SELECT pg_try_advisory_lock(hashtextextended('supercloud index ' || current_schema(), 0))"
_BEGINNING = 128
# A host that swallows packets is given up after ten seconds, whether it owes an acknowledgement or an answer.
_SETTINGS = {
    "connect_timeout": CONNECT_S,
    "application_name": "supercloud index",
    "tcp_user_timeout": 10_000,
    "keepalives_idle": 4,
    "keepalives_interval": 2,
    "keepalives_count": 3,
}
# Names compare by their bytes; long values are found by their beginning, which fits into an index page.
_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS meta (version integer NOT NULL, chain text NOT NULL);
CREATE TABLE IF NOT EXISTS tx (height bigint NOT NULL, position integer NOT NULL, hash bytea NOT NULL UNIQUE,
    failed boolean NOT NULL, PRIMARY KEY (height, position));
CREATE TABLE IF NOT EXISTS name (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, text text NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS attribute (name integer NOT NULL, value text COLLATE "C" NOT NULL,
    height bigint NOT NULL, places bigint[] NOT NULL);
CREATE INDEX IF NOT EXISTS attribute_find ON attribute (name, left(value, {_BEGINNING}), height);
CREATE INDEX IF NOT EXISTS attribute_height ON attribute USING brin (height);
CREATE TABLE IF NOT EXISTS progress (height bigint PRIMARY KEY);
"""
_TABLES = ("meta", "tx", "name", "attribute", "progress")
# The same bytes may fail and come again; what succeeded stays what the hash stands for.
_ADD_TX = """
INSERT INTO tx VALUES (%s, %s, %s, %s) ON CONFLICT (hash) DO UPDATE
SET height = excluded.height, position = excluded.position, failed = excluded.failed
WHERE tx.failed OR NOT excluded.failed
"""

Connection = psycopg.Connection[tuple[Any, ...]]


class PostgresIndex:
    """The index in a database. `url` is libpq's (`postgresql://…`). Raises ConfigError when it can not be used."""

    far = True

    def __init__(self, url: str, chain_id: str) -> None:
        self._parameters = _parameters(url)
        self._chain = chain_id
        self._names: dict[str, int] = {}
        self._reader: Connection | None = None
        self._reader_lock = threading.Lock()
        self._tried = 0.0
        self.height = self.base = 0
        try:
            self._writer: Connection | None = self._open_writer()
        except psycopg.Error as error:
            raise ConfigError(
                f"index.database: {_reason(error)}; start the database and see that it admits this node, or leave "
                "the setting empty to keep the index in a file"
            ) from None

    def close(self) -> None:
        """Release the connections."""
        with self._reader_lock:
            self._drop_reader()
        self._drop_writer()

    # --- Connections

    def _drop_reader(self) -> None:
        if self._reader is not None:
            self._reader.close()
        self._reader = None

    def _drop_writer(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._writer = None

    def ready(self) -> None:
        """Reach the database anew when it was away. Raises IndexAway."""
        if self._writer is not None and not self._writer.closed:
            return
        now = time.monotonic()
        if now < self._tried + RETRY_S:
            raise IndexAway("the index's database is away")
        self._tried = now
        try:
            self._writer = self._open_writer()
        except (psycopg.Error, ConfigError) as error:
            raise IndexAway(f"the index's database is away: {_reason(error)}") from None

    def _open_writer(self) -> Connection:
        connection = self._connect()
        try:
            row = connection.execute(_TAKE_LOCK).fetchone()
            if row is None or not row[0]:
                raise ConfigError(
                    "index.database: another node writes this index; give each a database or a schema"
                )
            with connection.transaction():
                _make_tables(connection, self._chain)
            # What was learned of an earlier connection may be gone with a crash.
            self._names = dict(connection.execute("SELECT text, id FROM name").fetchall())
            self._know_heights(connection)
            return connection
        except BaseException:
            connection.close()
            raise

    def _connect(self) -> Connection:
        connection = psycopg.connect(**self._parameters, autocommit=True)
        if connection.info.parameter_status("server_encoding") != "UTF8":
            connection.close()
            raise ConfigError("index.database must be a database with the encoding UTF8")
        connection.execute("SET synchronous_commit = off")
        return connection

    def _know_heights(self, connection: Connection) -> None:
        row = connection.execute("SELECT max(height), min(height) FROM progress").fetchone()
        self.height, self.base = (row[0] or 0, row[1] or 0) if row else (0, 0)

    @contextlib.contextmanager
    def _writing(self) -> Iterator[Connection]:
        """One transaction of the database. Raises IndexAway, IndexNotWritten."""
        connection = self._writer
        if connection is None or connection.closed:
            raise IndexAway("the index's database is away")
        try:
            with connection.transaction():
                yield connection
        except errors.DiskFull as error:
            reason = "no space left on the disk of the index's database"
            raise IndexNotWritten(f"{reason}; make room and start again") from error
        except psycopg.OperationalError as error:
            self._drop_writer()
            raise IndexAway(f"the index's database is away: {_reason(error)}") from error

    # --- Writing

    def add(self, height: int, txs: Sequence[bytes], response: abci.ResponseFinalizeBlock) -> None:
        """Take in the next block. A height that is in already is ignored. Raises IndexNotWritten, IndexAway."""
        if height <= self.height:
            return
        places = collect(response)
        keys = [
            (height, position, sha256(raw).digest(), bool(result.code))
            for position, (raw, result) in enumerate(zip(txs, response.tx_results, strict=True))
        ]
        with self._writing() as connection, connection.cursor() as cursor:
            rows = [
                (self._name(connection, name), _storable(value), height, found)
                for (name, value), found in places.items()
            ]
            if keys:
                cursor.executemany(_ADD_TX, keys)
            with cursor.copy("COPY attribute (name, value, height, places) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            cursor.execute("INSERT INTO progress VALUES (%s)", (height,))
        self.height = height
        self.base = self.base or height

    def _name(self, connection: Connection, text: str) -> int:
        known = self._names.get(text)
        if known is None:
            row = connection.execute(
                "INSERT INTO name (text) VALUES (%s) ON CONFLICT (text) DO UPDATE SET text = excluded.text "
                "RETURNING id",
                (_storable(text),),
            ).fetchone()
            assert row is not None
            # Kept although the transaction may fail: a reconnection reads all names anew.
            known = self._names[text] = int(row[0])
        return known

    def prune(self, before: int) -> None:
        """Forget heights below `before`. Raises IndexNotWritten, IndexAway."""
        if before <= self.base:
            return
        self._delete("<", before)
        self.base = before

    def drop_above(self, height: int) -> None:
        """Forget heights above `height`: the blocks went back. Raises IndexNotWritten, IndexAway."""
        if self.height <= height:
            return
        self._delete(">", height)
        with self._writing() as connection:
            self._know_heights(connection)

    def _delete(self, way: str, height: int) -> None:
        with self._writing() as connection:
            for table in ("attribute", "tx", "progress"):
                connection.execute(f"DELETE FROM {table} WHERE height {way} %s", (height,))

    # --- Searching

    def find(self, key: bytes) -> Position | None:
        """Where the transaction with that hash stands. Raises IndexAway."""
        with self._reading() as search:
            rows = search.rows("SELECT height, position FROM tx WHERE hash = %s", (key,))
        return Position(*rows[0]) if rows else None

    def search_txs(self, query: Query, *, ascending: bool, offset: int, limit: int) -> Page:
        """Transactions whose events satisfy the query. Raises SearchTooWide, IndexAway."""
        for condition in query.conditions:
            if condition.tag == "tx.hash" and condition.op is Op.EQ:
                return self._by_hash(condition, offset, limit)
        if any(c.tag == "tm.event" and not c.holds("Tx") for c in query.conditions):
            return Page(0, ())
        with self._reading() as search:
            source = "SELECT height, position::bigint FROM tx"
            return search.page(query, (source, "tx.height", ">="), (ascending, offset, limit))

    def search_blocks(self, query: Query, *, ascending: bool, offset: int, limit: int) -> Page:
        """Blocks whose own events satisfy the query. Raises SearchTooWide, IndexAway."""
        with self._reading() as search:
            source = f"SELECT height, {BLOCK_POSITION}::bigint AS position FROM progress"
            return search.page(query, (source, "block.height", "<"), (ascending, offset, limit))

    def _by_hash(self, condition: Condition, offset: int, limit: int) -> Page:
        try:
            found = self.find(bytes.fromhex(str(condition.argument)))
        except ValueError:
            found = None
        rows = [found] if found else []
        return Page(len(rows), rows[offset : offset + limit])

    @contextlib.contextmanager
    def _reading(self) -> Iterator[_Search]:
        """One look at the database as it is now. Raises SearchTooWide, IndexAway."""
        with self._reader_lock:
            try:
                connection = self._alive_reader()
                with connection.transaction():
                    connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                    yield _Search(connection)
            except errors.QueryCanceled as error:
                raise SearchTooWide("the search reads too much; narrow it, for example by height") from error
            except psycopg.OperationalError as error:
                self._drop_reader()
                raise IndexAway(f"the index's database is away: {_reason(error)}") from None

    def _alive_reader(self) -> Connection:
        if self._reader is not None and not self._reader.closed:
            try:
                self._reader.execute("SELECT 1")
                return self._reader
            except psycopg.OperationalError:
                self._reader.close()
        self._reader = self._connect()
        return self._reader


class _Search:
    """Statements of one search, within its time."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._deadline = time.monotonic() + port.SEARCH_SECONDS_MAX

    def rows(self, statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        left = int((self._deadline - time.monotonic()) * 1000)
        if left <= 0:
            raise SearchTooWide("the search reads too much; narrow it, for example by height")
        self._connection.execute(f"SET LOCAL statement_timeout = {left}")
        return self._connection.execute(statement, values).fetchall()

    def page(self, query: Query, kind: tuple[str, str, str], window: tuple[bool, int, int]) -> Page:
        """`kind`: what is found without further conditions, the tag of heights, and where places begin or end."""
        source, height_tag, side = kind
        conditions = [c for c in query.conditions if c.tag not in (height_tag, "tm.event")]
        limits, limit_values = _limits([c for c in query.conditions if c.tag == height_tag])
        parts, values = [], list[Any]()
        # Conditions on one type of event must hold for one and the same event; types then meet in one transaction.
        for event_type in dict.fromkeys(condition.event_type for condition in conditions):
            group = [c for c in conditions if c.event_type == event_type]
            part, wanted = self._same_event(group, f"place {side} {EVENTS_MAX}")
            parts.append(part)
            values.extend(wanted)
        found = " INTERSECT ".join(parts or [source])
        body = f"FROM (SELECT DISTINCT height, position FROM ({found}) f) g WHERE true{limits}"
        values.extend(limit_values)
        ascending, offset, limit = window
        way = "ASC" if ascending else "DESC"
        total = self.rows(f"SELECT count(*) {body}", values)[0][0]
        rows = self.rows(
            f"SELECT height, position {body} ORDER BY height {way}, position {way} LIMIT %s OFFSET %s",
            [*values, limit, offset],
        )
        return Page(total, [Position(*row) for row in rows])

    def _same_event(self, group: Sequence[Condition], side: str) -> tuple[str, list[Any]]:
        parts, values = [], list[Any]()
        for condition in group:
            where = "a.name = (SELECT id FROM name WHERE text = %s)"
            values.append(_storable(condition.tag))
            if condition.op is not Op.EXISTS:
                where += f" AND left(a.value, {_BEGINNING}) = ANY(%s) AND a.value = ANY(%s)"
                wanted = self._values(condition)
                values += [[value[:_BEGINNING] for value in wanted], wanted]
            parts.append(
                f"SELECT a.height, p.place FROM attribute a, unnest(a.places) AS p(place) WHERE {where} AND {side}"
            )
        return (
            f"SELECT height, place / {EVENTS_MAX} - 1 AS position FROM ({' INTERSECT '.join(parts)}) e",
            values,
        )

    def _values(self, condition: Condition) -> list[str]:
        """Which values of a name satisfy a condition: the language's comparisons are not those of SQL."""
        if condition.op is Op.EQ and isinstance(condition.argument, str):
            return [_storable(condition.argument[: port.VALUE_LENGTH_MAX])]
        rows = self.rows(
            "SELECT DISTINCT a.value FROM attribute a WHERE a.name = (SELECT id FROM name WHERE text = %s)",
            (_storable(condition.tag),),
        )
        if time.monotonic() > self._deadline:
            raise SearchTooWide("the search reads too much; narrow it, for example by height")
        return [value for (value,) in rows if condition.holds(value)]


def _limits(conditions: Sequence[Condition]) -> tuple[str, list[Any]]:
    """Conditions on the height as SQL. Heights are whole numbers, so the language's and SQL's comparisons agree."""
    text, values = "", list[Any]()
    for condition in conditions:
        argument = condition.argument
        if condition.op is Op.EXISTS:
            continue
        if isinstance(argument, str):
            text += (
                " AND strpos(height::text, %s) > 0"
                if condition.op is Op.CONTAINS
                else " AND height::text = %s"
            )
            values.append(_storable(argument))
        elif isinstance(argument, Decimal):
            text += f" AND height {condition.op.value} %s"
            values.append(argument)
        else:
            text += " AND false"
    return text, values


def _parameters(url: str) -> dict[str, Any]:
    try:
        return _SETTINGS | conninfo.conninfo_to_dict(url)
    except psycopg.Error:
        # The library's own words quote the URL, password and all.
        raise ConfigError("index.database is no URL of a PostgreSQL database") from None


def _make_tables(connection: Connection, chain_id: str) -> None:
    """Make the tables; those of another version are dropped, and filled again from the blocks."""
    there = connection.execute("SELECT to_regclass('meta') IS NOT NULL").fetchone()
    if there is not None and there[0]:
        row = connection.execute("SELECT version, chain FROM meta").fetchone()
        if row is not None and row[1] != chain_id:
            raise ConfigError(f"index.database holds the index of {row[1]!r}, not of {chain_id!r}")
        if row is None or row[0] != VERSION:
            connection.execute(f"DROP TABLE IF EXISTS {', '.join(_TABLES)}")
    connection.execute(_SCHEMA)
    connection.execute(
        "INSERT INTO meta SELECT %s, %s WHERE NOT EXISTS (SELECT FROM meta)", (VERSION, chain_id)
    )


def _storable(text: str) -> str:
    """The database's texts have no zero bytes."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")


def _reason(error: Exception) -> str:
    """The first line of what a database says, which names no password."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
