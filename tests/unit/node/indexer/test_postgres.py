"""The index in PostgreSQL: what it does beyond the contract of `test_index`, above all when the database goes away."""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest

from supercloud.node.config import ConfigError
from supercloud.node.doors.indexing import Indexing, fill
from supercloud.node.indexer import postgres as module
from supercloud.node.indexer.port import IndexAway, Position, SearchTooWide
from supercloud.node.indexer.postgres import PostgresIndex
from supercloud.node.indexer.query import parse
from supercloud.pb.tendermint.abci import types_pb2 as abci

NAME = ".s.PGSQL.5432"
pytestmark = [pytest.mark.node, pytest.mark.xdist_group("postgresql")]


def results(value: str) -> abci.ResponseFinalizeBlock:
    event = abci.Event(type="note", attributes=[abci.EventAttribute(key="text", value=value, index=True)])
    return abci.ResponseFinalizeBlock(tx_results=[abci.ExecTxResult(events=[event])])


class Block:
    """As much of a committed block as the index reads."""

    def __init__(self, height: int) -> None:
        self.block = self
        self.header = self
        self.data = self
        self.height = height
        self.txs = [str(height).encode()]
        self.response = results(f"at {height}")


class Chain:
    """Blocks from the first to `height`."""

    base = 1

    def __init__(self) -> None:
        self.height = 0

    def entry(self, height: int) -> Block:
        return Block(height)

    def response(self, height: int) -> abci.ResponseFinalizeBlock:
        return Block(height).response

    def grow(self, listener: Indexing) -> None:
        self.height += 1
        listener.block_committed(Block(self.height))


def count(index: PostgresIndex) -> int:
    return index.search_txs(parse("note.text EXISTS"), ascending=True, offset=0, limit=1).total


def test_a_restart_in_the_middle(postgresql: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks go on without the database; back again, it gets what it missed, and searches go on by themselves."""
    monkeypatch.setattr(module, "RETRY_S", 0.0)
    index, chain = PostgresIndex(postgresql.schema(), "c"), Chain()
    listener = Indexing(index, 0, chain)
    for _ in range(3):
        chain.grow(listener)
    assert count(index) == 3
    postgresql.stop("fast")
    try:
        for _ in range(2):
            chain.grow(listener)
        with pytest.raises(IndexAway, match="away"):
            count(index)
        with pytest.raises(IndexAway, match="away"):
            index.find(sha256(b"1").digest())
        assert index.height == 3
    finally:
        postgresql.start()
    chain.grow(listener)
    assert (index.height, count(index)) == (6, 6)
    assert index.find(sha256(b"5").digest()) == Position(5, 0)
    index.close()


def test_what_a_crash_of_the_database_takes_is_filled_in(
    postgresql: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_S", 0.0)
    url = postgresql.schema()
    index, chain = PostgresIndex(url, "c"), Chain()
    listener = Indexing(index, 0, chain)
    for _ in range(5):
        chain.grow(listener)
    # As if the last commits had not reached the disk.
    with psycopg.connect(url, autocommit=True) as other:
        for table in ("tx", "attribute", "progress"):
            other.execute(f"DELETE FROM {table} WHERE height > 2")
    postgresql.stop()
    postgresql.start()
    chain.grow(listener)
    chain.grow(listener)
    assert (index.height, count(index)) == (7, 7)
    index.close()


def test_attempts_are_apart(postgresql: Any) -> None:
    index = PostgresIndex(postgresql.schema(), "c")
    index._writer.close()  # type: ignore[union-attr]
    with pytest.raises(IndexAway):
        index.add(1, [b"1"], results("x"))
    index._parameters["host"] = "/nowhere"
    with pytest.raises(IndexAway, match="No such file"):
        index.ready()
    with pytest.raises(IndexAway, match=r"database is away$"):
        index.ready()
    index.close()


def test_away_at_the_start_names_cause_and_next_step_and_no_password() -> None:
    for url, words in (
        ("postgresql://me:s3cret@127.0.0.1:1/x", "refused.*start the database"),
        ("postgresql://me:s3cret@%zz/x", "no URL of a PostgreSQL database"),
        ("postgresql://me:s3cret@/x?host=/nowhere&what=s3cret", "no URL of a PostgreSQL database"),
    ):
        with pytest.raises(ConfigError, match=words) as refusal:
            PostgresIndex(url, "c")
        shown: BaseException | None = refusal.value
        assert "s3cret" not in str(shown)
        # Nor in what a traceback shows of its causes.
        assert shown is not None and shown.__suppress_context__


def test_one_node_writes_and_one_chain_is_in(postgresql: Any) -> None:
    url = postgresql.schema()
    index = PostgresIndex(url, "c")
    with pytest.raises(ConfigError, match="another node writes this index"):
        PostgresIndex(url, "c")
    index.add(1, [b"1"], results("x"))
    index.close()
    with pytest.raises(ConfigError, match="holds the index of 'c', not of 'd'"):
        PostgresIndex(url, "d")
    again = PostgresIndex(url, "c")
    assert again.height == 1
    again.close()


def test_tables_of_another_version_are_emptied(postgresql: Any) -> None:
    url = postgresql.schema()
    index = PostgresIndex(url, "c")
    index.add(1, [b"1"], results("x"))
    index.close()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("UPDATE meta SET version = 0")
    index, chain = PostgresIndex(url, "c"), Chain()
    assert index.height == 0
    chain.height = 3
    fill(index, chain)
    assert (index.height, count(index)) == (3, 3)
    index.close()


def test_zero_bytes(postgresql: Any) -> None:
    index = PostgresIndex(postgresql.schema(), "c")
    index.add(1, [b"1"], results("a\0b"))
    page = index.search_txs(parse("note.text CONTAINS 'b'"), ascending=True, offset=0, limit=1)
    assert list(page.found) == [Position(1, 0)]
    index.close()


def test_the_database_itself_ends_a_search_that_lasts(postgresql: Any) -> None:
    index = PostgresIndex(postgresql.schema(), "c")
    with pytest.raises(SearchTooWide, match="reads too much"), index._reading() as search:
        search._deadline -= module.port.SEARCH_SECONDS_MAX - 0.05
        search.rows("SELECT pg_sleep(5)", ())
    assert count(index) == 0
    index.close()


class NodeProcess:
    """A node as its owner starts it, with the index in a database that has a password."""

    def __init__(self, folder: Path, url: str, *, apart: bool = False) -> None:
        self.log = folder / "log"
        self._home = folder / "home"
        listen = {f"SUPERCLOUD_{door}_LISTEN": "" for door in ("REST", "GRPC", "METRICS")}
        self._environment = {
            **os.environ,
            **listen,
            "SUPERCLOUD_RPC_LISTEN": "127.0.0.1:0",
            "SUPERCLOUD_ENGINE_BLOCK_INTERVAL_S": "0.05",
            "SUPERCLOUD_DOORS_APART": "true" if apart else "false",
            "SUPERCLOUD_INDEX_DATABASE": url.replace("//postgres@", "//postgres:s3cret@"),
        }
        self._run("init").wait(60)
        self.process = self._run("start")

    def _run(self, verb: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "supercloud", "node", verb, "--home", str(self._home)]
        with self.log.open("ab") as log:
            return subprocess.Popen(command, env=self._environment, stdout=log, stderr=log)

    def start(self) -> None:
        """Start it again."""
        self.log.write_bytes(b"")
        self.process = self._run("start")

    def end(self) -> None:
        self.process.terminate()
        self.process.wait(20)

    def ask(self, path: str, within_s: float = 5.0) -> Any:
        started = re.search(r'"rpc":"(http://[^"]+)"', self.log.read_text())
        if started is None:
            raise OSError("not yet")
        with urllib.request.urlopen(f"{started[1]}/{path}", timeout=within_s) as answer:
            return json.load(answer)["result"]

    def height(self) -> int:
        return int(self.ask("status")["sync_info"]["latest_block_height"])

    def indexed(self) -> int:
        return int(self.ask("block_search?query=%22block.height>0%22")["total_count"])

    def wait_until(self, holds: Callable[[], bool]) -> None:
        ends = time.monotonic() + 30
        while time.monotonic() < ends:
            assert self.process.poll() is None, self.log.read_text()
            with contextlib.suppress(OSError):
                if holds():
                    return
            time.sleep(0.05)
        raise AssertionError(self.log.read_text()[-3000:])


@pytest.mark.parametrize("apart", [False, True])
def test_a_node_goes_on_without_its_database(postgresql: Any, tmp_path: Path, apart: bool) -> None:
    url = postgresql.schema()
    node = NodeProcess(tmp_path, url, apart=apart)
    try:
        node.wait_until(lambda: node.indexed() >= 3)
        postgresql.stop()
        away_at = node.height()
        try:
            node.wait_until(lambda: node.height() >= away_at + 5)
            for path in ("block_search?query=%22block.height>0%22", f"tx?hash=0x{'AB' * 32}"):
                with pytest.raises(urllib.error.HTTPError) as refusal:
                    node.ask(path)
                assert "the index's database is away" in json.load(refusal.value)["error"]["data"]
        finally:
            postgresql.start()
        node.wait_until(lambda: node.indexed() > away_at + 5)
        node.end()
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("DROP TABLE meta, tx, name, attribute, progress")
        node.start()
        node.wait_until(lambda: node.indexed() > away_at + 5)
        assert node.height() - node.indexed() < 20, "it was filled from the first block"
        node.end()
        assert "s3cret" not in node.log.read_text()
        postgresql.stop("fast")
        try:
            node.start()
            assert node.process.wait(30) == 1
        finally:
            postgresql.start()
        said = node.log.read_text()
        assert "the node can not start: index.database: " in said and "start the database" in said
        assert "s3cret" not in said
    finally:
        node.process.kill()
        node.process.wait(10)


class Line:
    """The way to a database, by a socket in `folder`; `cut` swallows what is sent from then on, in both directions."""

    def __init__(self, folder: Path, server: Path) -> None:
        self.open = threading.Event()
        self.open.set()
        self._server = str(server / NAME)
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(folder / NAME))
        self._listening.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._server)
                for pair in ((client, server), (server, client)):
                    threading.Thread(target=self._carry, args=pair, daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while sent := source.recv(65536):
                self.open.wait()
                target.sendall(sent)
            target.shutdown(socket.SHUT_WR)

    def cut(self) -> None:
        self.open.clear()

    def close(self) -> None:
        self.open.set()
        self._listening.close()


@pytest.mark.parametrize("apart", [False, True])
def test_a_database_that_does_not_answer_holds_nothing_up(postgresql: Any, apart: bool) -> None:
    """Neither blocks nor other answers; when it answers again, it gets what it missed."""
    with tempfile.TemporaryDirectory(prefix="line-") as name:
        folder = Path(name)
        line = Line(folder, postgresql.folder)
        url = postgresql.schema().replace(quote(str(postgresql.folder), safe=""), quote(name, safe=""))
        node = NodeProcess(folder, url, apart=apart)
        try:
            node.wait_until(lambda: node.indexed() >= 3)
            line.cut()
            cut_at = node.height()
            node.wait_until(lambda: node.height() >= cut_at + 20)
            with pytest.raises(TimeoutError):
                node.ask(f"tx?hash=0x{'AB' * 32}", within_s=0.5)
            cut_at = node.height()
            node.wait_until(lambda: node.height() >= cut_at + 20)
            line.open.set()
            node.wait_until(lambda: node.height() - node.indexed() < 3)
            line.cut()
            cut_at = node.height()
            node.wait_until(lambda: node.height() >= cut_at + 3)
            node.end()
            assert node.process.returncode == 0, "it ends all the same"
        finally:
            node.process.kill()
            node.process.wait(10)
            line.close()
