"""node/snapshot_file.py: a snapshot goes through a file unchanged, and nothing wrong is ever offered to others."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import small_home

from supercloud.chain.store.snapshot import FORMAT, chunks
from supercloud.node.home import init_home
from supercloud.node.snapshot_file import KIND, Kept, SnapshotFileError, export, kept, take_in
from supercloud.node.storage.archive import Archive, Writing
from supercloud.node.storage.lmdb import LmdbBackend
from supercloud.node.storage.snapshots import SnapshotFiles
from supercloud.node.verify import verify

LAST = small_home.HEIGHTS
OLDER, NEWER = LAST - 5, LAST - 2


@pytest.fixture
def node(tmp_path: Path) -> Path:
    """A node's folder with its last eight heights, and no snapshots."""
    init_home(tmp_path / "node", "c")
    small_home.grow(tmp_path / "node", 1, LAST)
    return tmp_path / "node"


@pytest.fixture
def new(tmp_path: Path) -> Path:
    """A folder of the same chain that has nothing yet."""
    init_home(tmp_path / "new", "c")
    return tmp_path / "new"


def snapshots(folder: Path) -> SnapshotFiles:
    return SnapshotFiles(folder / "data" / "snapshots", 9)


def take(folder: Path, height: int, chunk_bytes: int = 1000) -> list[bytes]:
    """A snapshot as the node takes it, in small chunks."""
    backend = LmdbBackend(folder / "data" / "state", readonly=True)
    made = list(chunks(backend.reader(height), small_home.STORES, chunk_bytes))
    backend.close()
    snapshots(folder).save(height, made)
    return made


def test_what_a_node_keeps_goes_to_another(node: Path, new: Path, tmp_path: Path) -> None:
    made = take(node, OLDER)
    take(node, NEWER)
    (newest, older) = kept(node)
    assert older == Kept(OLDER, len(made), sum(map(len, made)), snapshots(node).all()[1].hash.hex())
    assert newest.height == NEWER and kept(new) == []
    told: list[int] = []
    done = export(node, tmp_path / "s.tar", OLDER, tell=told.append)
    assert (done.chain_id, done.height, done.chunks, done.hash) == ("c", OLDER, older.chunks, older.hash)
    assert done.made is False and done.bytes == (tmp_path / "s.tar").stat().st_size >= sum(told) > 0
    taken = take_in(tmp_path / "s.tar", new)
    assert (taken.height, taken.hash, taken.app_hash) == (OLDER, older.hash, done.app_hash)
    assert taken.proven is False, "a new node has no blocks"
    assert (
        kept(new) == [older]
        and list(map(snapshots(new).chunk, [OLDER] * len(made), range(len(made)))) == made
    )
    assert export(node, tmp_path / "newest.tar").height == NEWER


def test_one_is_made_where_none_is_kept(node: Path, tmp_path: Path) -> None:
    done = export(node, tmp_path / "last.tar")
    assert done.made and done.height == LAST and done.app_hash == verify(node).app_hash
    before = export(node, tmp_path / "s.tar", OLDER)
    assert before.made and before.height == OLDER
    # To the byte what the node would have made.
    take(node, OLDER, 4 * 2**20)
    assert kept(node)[0].hash == before.hash
    with pytest.raises(SnapshotFileError, match="already"):
        take_in(tmp_path / "s.tar", node)
    shutil.rmtree(node / "data" / "snapshots")
    assert take_in(tmp_path / "s.tar", node).proven is True
    with pytest.raises(SnapshotFileError, match="no block 1,"):
        export(node, tmp_path / "no.tar", 1)
    with pytest.raises(SnapshotFileError, match=f"no block {LAST + 1}"):
        export(node, tmp_path / "no.tar", LAST + 1)
    assert not list(tmp_path.glob("no.tar*"))


def test_a_damaged_one_is_not_taken_out(node: Path, tmp_path: Path) -> None:
    take(node, OLDER)
    chunk = node / "data" / "snapshots" / str(OLDER) / "1"
    chunk.write_bytes(b"x" + chunk.read_bytes()[1:])
    with pytest.raises(SnapshotFileError, match=r"chunk 1 .* is damaged"):
        export(node, tmp_path / "s.tar")
    chunk.unlink()
    with pytest.raises(SnapshotFileError, match="forgotten meanwhile"):
        export(node, tmp_path / "s.tar")
    assert not list(tmp_path.glob("s.tar*"))


def test_what_another_process_is_at_is_left_to_it(node: Path, new: Path, tmp_path: Path) -> None:
    other = Writing(tmp_path / "s.tar")
    with pytest.raises(SnapshotFileError, match="another process is writing"):
        export(node, tmp_path / "s.tar", OLDER)
    other.abandon()
    export(node, tmp_path / "s.tar", OLDER)
    fresh = new / "data" / "snapshots" / f"{OLDER}.new"
    fresh.mkdir(parents=True)
    theirs = os.open(fresh, os.O_RDONLY)
    fcntl.flock(theirs, fcntl.LOCK_EX)
    with pytest.raises(SnapshotFileError, match=f"writing a snapshot of height {OLDER}"):
        take_in(tmp_path / "s.tar", new)
    os.close(theirs)
    assert take_in(tmp_path / "s.tar", new).height == OLDER


def rewritten(path: Path, change: Callable[[dict[str, Any], dict[str, bytes]], None]) -> Path:
    """The file with something else in it, whose own hashes fit again."""
    with Archive(path) as archive:
        content = {entry.name: b"".join(archive.content(entry)) for entry in archive.entries}
        about = dict(archive.about)
    change(about, content)
    writing = Writing(path)
    for name, each in content.items():
        writing.add(name, [each])
    writing.finish(about)
    return path


WRONG: dict[str, tuple[Callable[[dict[str, Any], dict[str, bytes]], Any], str]] = {
    "another chain": (lambda about, content: about.update(chain_id="d"), "is of chain d, not c"),
    "another kind": (lambda about, content: about.update(kind="x"), f"no {KIND}"),
    "another form": (lambda about, content: about.update(chunk_format=FORMAT + 1), "not known here"),
    "another app hash": (lambda about, content: about.update(app_hash="ab" * 32), "but it was"),
    "no height": (lambda about, content: about.update(height="7"), "which state it is of"),
    "a negative height": (lambda about, content: about.update(height=-1), "which state it is of"),
    "no stores": (lambda about, content: about.update(stores=None), "which state it is of"),
    "a store less": (lambda about, content: about.update(stores=["bank"]), "which the state does not have"),
    "a store more": (lambda about, content: about["stores"].append("x"), "hash to"),
    "a chunk less": (lambda about, content: content.popitem(), "hash to"),
    "a gap": (lambda about, content: content.pop("chunks/1"), "does not hold the chunks"),
    "something else": (lambda about, content: content.update({"data/x": b"y"}), "does not hold the chunks"),
    "no chunks": (lambda about, content: content.clear(), "does not hold the chunks"),
    "another value": (
        lambda about, content: content.update({"chunks/0": content["chunks/0"][:-1] + b"!"}),
        "hash to",
    ),
    "half a record": (
        lambda about, content: content.update({"chunks/0": content["chunks/0"][:-1]}),
        "ends within a record",
    ),
    "a key that is too long": (
        lambda about, content: content.update(
            {"chunks/0": b"\x04bank\x00\xf1" + bytes(241 + 4) + content["chunks/0"]}
        ),
        "a key of 241 bytes",
    ),
    "an order": (
        lambda about, content: content.update(
            {"chunks/0": content["chunks/1"], "chunks/1": content["chunks/0"]}
        ),
        "twice or too late",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_not_offered(name: str, node: Path, tmp_path: Path) -> None:
    change, why = WRONG[name]
    take(node, OLDER)
    export(node, tmp_path / "s.tar", OLDER)
    shutil.rmtree(node / "data" / "snapshots")
    with pytest.raises(SnapshotFileError, match=why):
        take_in(rewritten(tmp_path / "s.tar", change), node)
    assert kept(node) == [] and not list((node / "data").glob("snapshots/*"))


def test_another_app_hash_is_wrong_without_a_block_too(node: Path, new: Path, tmp_path: Path) -> None:
    export(node, tmp_path / "s.tar", OLDER)
    wrong = sha256(b"").hexdigest()
    with pytest.raises(SnapshotFileError, match=f"not to {wrong}"):
        take_in(rewritten(tmp_path / "s.tar", lambda about, content: about.update(app_hash=wrong)), new)


def test_only_homes_have_snapshots(new: Path, tmp_path: Path) -> None:
    for call in (
        lambda: kept(tmp_path),
        lambda: export(tmp_path, tmp_path / "s.tar"),
        lambda: take_in(tmp_path / "s.tar", tmp_path),
    ):
        with pytest.raises(SnapshotFileError, match="no home of a node"):
            call()
    with pytest.raises(SnapshotFileError, match="has no state yet"):
        export(new, tmp_path / "s.tar")
