"""What must outlive a restart, in one SQLite file: the last height handled, manifests, ports and hostnames given out,
orders bid on. Everything else is read again from the ledger and from the container engine.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

SCHEMA = """
CREATE TABLE IF NOT EXISTS progress (one INTEGER PRIMARY KEY CHECK (one = 1), height INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS manifest (
    owner TEXT NOT NULL, dseq INTEGER NOT NULL, version BLOB NOT NULL, body BLOB NOT NULL, received_s INTEGER NOT NULL,
    PRIMARY KEY (owner, dseq));
CREATE TABLE IF NOT EXISTS sent_bid (order_ref TEXT PRIMARY KEY, sent_s INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS port (
    host_port INTEGER NOT NULL, proto TEXT NOT NULL, lease TEXT NOT NULL, service TEXT NOT NULL,
    container_port INTEGER NOT NULL, PRIMARY KEY (host_port, proto));
CREATE UNIQUE INDEX IF NOT EXISTS port_of ON port (lease, service, container_port, proto);
CREATE TABLE IF NOT EXISTS hostname (name TEXT PRIMARY KEY, lease TEXT NOT NULL, service TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS won (lease TEXT PRIMARY KEY, seen_s INTEGER NOT NULL);
"""


BLOCKED = "-"
"""Stands where a lease would, for a port that another program uses."""


class StoredManifest(NamedTuple):
    """A manifest that was accepted: `body` is its normalised JSON, `version` the hash the ledger has."""

    version: bytes
    body: bytes
    received_s: int


class State:
    """The agent's memory. Every method is one small transaction unless `together` joins them; calls are quick and may be
    made from the event loop."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        path.chmod(0o600)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.executescript(SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def together(self) -> Iterator[None]:
        """What is written inside is kept as a whole or not at all."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    @property
    def height(self) -> int:
        """The last height whose events were handled."""
        row = self._db.execute("SELECT height FROM progress").fetchone()
        return row[0] if row else 0

    def handled(self, height: int) -> None:
        """Remember that everything up to `height` was handled."""
        self._db.execute(
            "INSERT INTO progress VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET height = excluded.height",
            (height,),
        )

    def save_manifest(self, owner: str, dseq: int, version: bytes, body: bytes) -> None:
        """Keep an accepted manifest until its deployment has no lease here."""
        self._db.execute(
            "INSERT OR REPLACE INTO manifest VALUES (?, ?, ?, ?, ?)",
            (owner, dseq, version, body, int(time.time())),
        )

    def manifest(self, owner: str, dseq: int) -> StoredManifest | None:
        """The manifest of a deployment."""
        row = self._db.execute(
            "SELECT version, body, received_s FROM manifest WHERE owner = ? AND dseq = ?", (owner, dseq)
        ).fetchone()
        return StoredManifest(*row) if row else None

    def manifest_keys(self) -> list[tuple[str, int]]:
        """Deployments that have a manifest here."""
        return self._db.execute("SELECT owner, dseq FROM manifest ORDER BY owner, dseq").fetchall()

    def forget_manifest(self, owner: str, dseq: int) -> None:
        """Drop a manifest."""
        self._db.execute("DELETE FROM manifest WHERE owner = ? AND dseq = ?", (owner, dseq))

    def bid_sent(self, order_ref: str) -> None:
        """Remember, before it is sent, that a bid on this order is on its way."""
        self._db.execute("INSERT OR REPLACE INTO sent_bid VALUES (?, ?)", (order_ref, int(time.time())))

    def bid_sent_s(self, order_ref: str) -> int | None:
        """When a bid on this order was sent (Unix seconds); None when none was."""
        row = self._db.execute("SELECT sent_s FROM sent_bid WHERE order_ref = ?", (order_ref,)).fetchone()
        return row[0] if row else None

    def forget_bid(self, order_ref: str) -> None:
        """The order is over."""
        self._db.execute("DELETE FROM sent_bid WHERE order_ref = ?", (order_ref,))

    def forget_bids_before(self, sent_s: int) -> None:
        """Drop notes about bids older than that."""
        self._db.execute("DELETE FROM sent_bid WHERE sent_s < ?", (sent_s,))

    def lease_seen_s(self, lease: str) -> int:
        """When this lease was first seen here (Unix seconds), which starts the wait for its manifest."""
        self._db.execute("INSERT OR IGNORE INTO won VALUES (?, ?)", (lease, int(time.time())))
        return int(self._db.execute("SELECT seen_s FROM won WHERE lease = ?", (lease,)).fetchone()[0])

    def port(self, lease: str, service: str, container_port: int, proto: str, free: range) -> int:
        """The host port that forwards to a container port: the one given before, else the first free one.

        Raises RuntimeError when the range is used up.
        """
        row = self._db.execute(
            "SELECT host_port FROM port WHERE lease = ? AND service = ? AND container_port = ? AND proto = ?",
            (lease, service, container_port, proto),
        ).fetchone()
        if row:
            return int(row[0])
        taken = {used for (used,) in self._db.execute("SELECT host_port FROM port WHERE proto = ?", (proto,))}
        for candidate in free:
            if candidate not in taken:
                self._db.execute(
                    "INSERT INTO port VALUES (?, ?, ?, ?, ?)",
                    (candidate, proto, lease, service, container_port),
                )
                return candidate
        raise RuntimeError(f"all {len(free)} forwarded ports ({free.start}-{free.stop - 1}) are in use")

    def release_port(self, host_port: int, proto: str) -> None:
        """Give one port back, because another program holds it; the next `port` call finds another."""
        self._db.execute("DELETE FROM port WHERE host_port = ? AND proto = ?", (host_port, proto))

    def block_port(self, host_port: int, proto: str) -> None:
        """Give a port to nobody: another program on this machine uses it."""
        self._db.execute(
            "INSERT OR REPLACE INTO port VALUES (?, ?, ?, ?, ?)",
            (host_port, proto, BLOCKED, str(host_port), 0),
        )

    def hold_hostname(self, name: str, lease: str, service: str) -> None:
        """Record that a lease's service answers under a name."""
        self._db.execute("INSERT OR REPLACE INTO hostname VALUES (?, ?, ?)", (name, lease, service))

    def release_hostname(self, name: str) -> None:
        """A name is free again."""
        self._db.execute("DELETE FROM hostname WHERE name = ?", (name,))

    def hostnames(self) -> list[tuple[str, str, str]]:
        """All names as (name, lease, service)."""
        return self._db.execute("SELECT name, lease, service FROM hostname ORDER BY name").fetchall()

    def remembered_leases(self) -> set[str]:
        """Leases that hold ports or names, or whose manifest is waited for."""
        rows = self._db.execute(
            "SELECT lease FROM port UNION SELECT lease FROM hostname UNION SELECT lease FROM won"
        )
        return {lease for (lease,) in rows if lease != BLOCKED}

    def forget_lease(self, lease: str) -> None:
        """Free ports and names of a lease that is over."""
        for table in ("port", "hostname", "won"):
            self._db.execute(f"DELETE FROM {table} WHERE lease = ?", (lease,))
