"""Snapshots of state sync as one file: taken out of a node that may be running, put among another's, which serves it then.

A node that starts from one checks it by itself against headers it has verified (engine/cometbft/snapshots.py). Here it is
checked before it is offered to anybody: every chunk by its hash, all records together by the app hash, and that by the
block of the same height where this node has it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from typing import Any, Final, NamedTuple

from supercloud.chain.store import merkle, proof
from supercloud.chain.store.backend import HeightUnavailable
from supercloud.chain.store.snapshot import FORMAT, SnapshotError, chunks, records
from supercloud.node import genesis as genesis_document
from supercloud.node.engine.state import EngineState
from supercloud.node.home import Home
from supercloud.node.storage.archive import Archive, ArchiveError, Entry, Tell, Writing
from supercloud.node.storage.blockstore import BlockStore
from supercloud.node.storage.lmdb import LmdbBackend
from supercloud.node.storage.snapshots import CHUNKS_MAX, Snapshot, SnapshotBusy, SnapshotFiles

KIND: Final = "snapshot of a state"
CHUNK_BYTES_MAX: Final = 16 * 2**20
"""What CometBFT carries at most."""
_PLACE: Final = "chunks/"


class SnapshotFileError(Exception):
    """There is no such snapshot, or a file holds none that is right."""


class Kept(NamedTuple):
    """A snapshot that a node has."""

    height: int
    chunks: int
    bytes: int
    hash: str


class Exported(NamedTuple):
    """A snapshot that was written into a file."""

    file: str
    chain_id: str
    height: int
    app_hash: str
    chunks: int
    hash: str
    bytes: int
    made: bool
    """Whether it was made for this, out of the state: the node keeps none of that height."""


class Imported(NamedTuple):
    """A snapshot that was put among a node's."""

    home: str
    chain_id: str
    height: int
    app_hash: str
    chunks: int
    hash: str
    proven: bool
    """Whether this node has the block of that height, and it says the same app hash."""


def _files(folder: Path) -> SnapshotFiles:
    if not (folder / "data").is_dir():
        raise SnapshotFileError(f"{folder} is no home of a node")
    return SnapshotFiles(folder / "data" / "snapshots", 0)


def kept(folder: Path) -> list[Kept]:
    """What a node has, newest first. Raises SnapshotFileError."""
    files = _files(folder)
    return [
        Kept(each.height, each.chunks, files.size_bytes(each.height), each.hash.hex()) for each in files.all()
    ]


class _Ledger:
    """What is read of a node's state and blocks, while it may run."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._home = Home(folder)
        self.state: LmdbBackend | None = None
        self._blocks: BlockStore | None = None
        if (self._home.data / "state" / "data.mdb").exists():
            self.state = LmdbBackend(self._home.data / "state", readonly=True)
            stack.callback(self.state.close)
        if (self._home.data / "blocks" / "data.mdb").exists():
            self._blocks = BlockStore(self._home.data / "blocks", readonly=True)
            stack.callback(self._blocks.close)

    def after(self, height: int) -> EngineState | None:
        """Consensus after a block; None where the block is not kept."""
        found = self._blocks.state(height) if self._blocks is not None else None
        return EngineState.from_bytes(found) if found else None

    def chain_id(self) -> str:
        """Of the last block, or of the genesis document."""
        last = self.after(self._blocks.height) if self._blocks is not None else None
        return last.chain_id if last is not None else genesis_document.load(self._home.genesis).chain_id

    def latest(self) -> tuple[int, dict[str, Any]]:
        """Height and meta of the state."""
        found = self.state.latest() if self.state is not None else None
        if found is None:
            raise SnapshotFileError(f"{self._home.folder} has no state yet")
        return found[0], json.loads(found[1])


# --- Out


def export(folder: Path, output: Path, height: int = 0, *, tell: Tell = lambda written: None) -> Exported:
    """Write the snapshot of a height (0: the newest) into a file; where the node keeps none, it is made out of the state.

    Raises SnapshotFileError, StorageDamaged, GenesisError, OSError.
    """
    files = _files(folder)
    with ExitStack() as stack:
        ledger = _Ledger(folder, stack)
        there = next((each for each in files.all() if height in (0, each.height)), None)
        latest, meta = ledger.latest()
        at = there.height if there is not None else height or latest
        after = ledger.after(at)
        if after is None and at != latest:
            raise SnapshotFileError(f"this node has no block {at}, which says what the state hashes to")
        app_hash = after.app_hash.hex() if after is not None else str(meta["app_hash"])
        stores = sorted(name for name in meta["roots"] if meta["since"].get(name, 0) <= at)
        content = _kept_chunks(files, there) if there is not None else _made_chunks(ledger, at, stores)
        try:
            writing = Writing(output, tell)
        except ArchiveError as error:
            raise SnapshotFileError(str(error)) from error
        stack.callback(writing.abandon)
        hashes = b""
        for number, chunk in enumerate(content):
            writing.add(f"{_PLACE}{number}", [chunk])
            hashes += sha256(chunk).digest()
        made = Snapshot(at, hashes)
        chain_id = ledger.chain_id()
        about = {
            "kind": KIND,
            "made": genesis_document.format_time(time.time_ns()),
            "chain_id": chain_id,
            "height": at,
            "app_hash": app_hash,
            "stores": stores,
            "chunk_format": FORMAT,
            "hash": made.hash.hex(),
        }
        size = writing.finish(about)
    return Exported(str(output), chain_id, at, app_hash, made.chunks, made.hash.hex(), size, there is None)


def _kept_chunks(files: SnapshotFiles, snapshot: Snapshot) -> Iterator[bytes]:
    for number in range(snapshot.chunks):
        chunk = files.chunk(snapshot.height, number)
        if chunk is None:
            raise SnapshotFileError(
                f"the snapshot of height {snapshot.height} was forgotten meanwhile; try again"
            )
        if sha256(chunk).digest() != snapshot.hash_of(number):
            raise SnapshotFileError(f"chunk {number} of the snapshot of height {snapshot.height} is damaged")
        yield chunk


def _made_chunks(ledger: _Ledger, height: int, stores: list[str]) -> Iterator[bytes]:
    assert ledger.state is not None
    try:
        yield from chunks(ledger.state.reader(height), stores)
    except HeightUnavailable as error:
        raise SnapshotFileError(str(error)) from error


# --- In


def take_in(file: Path, folder: Path, *, tell: Tell = lambda written: None) -> Imported:
    """Put a snapshot among a node's. Raises SnapshotFileError, StorageDamaged, GenesisError, OSError."""
    files = _files(folder)
    try:
        with Archive(file) as archive, ExitStack() as stack:
            archive.require(KIND)
            about = _About.of(archive)
            entries = _in_order(archive)
            ledger = _Ledger(folder, stack)
            if about.chain_id != ledger.chain_id():
                raise SnapshotFileError(f"{file} is of chain {about.chain_id}, not {ledger.chain_id()}")
            if any(each.height == about.height for each in files.all()):
                raise SnapshotFileError(f"this node has a snapshot of height {about.height} already")
            after = ledger.after(about.height)
            if after is not None and after.app_hash.hex() != about.app_hash:
                raise SnapshotFileError(
                    f"{file} says app hash {about.app_hash} of height {about.height}, but it was {after.app_hash.hex()}"
                )
            found = _app_hash(_chunks(archive, entries, tell), about.stores)
            if found != about.app_hash:
                raise SnapshotFileError(f"the records of {file} hash to {found}, not to {about.app_hash}")
            made = files.add(about.height, _chunks(archive, entries, tell))
    except (ArchiveError, SnapshotError, SnapshotBusy) as error:
        raise SnapshotFileError(str(error)) from error
    return Imported(
        str(folder),
        about.chain_id,
        about.height,
        about.app_hash,
        made.chunks,
        made.hash.hex(),
        after is not None,
    )


class _About(NamedTuple):
    """What a file says of its snapshot."""

    chain_id: str
    height: int
    app_hash: str
    stores: tuple[str, ...]

    @classmethod
    def of(cls, archive: Archive) -> _About:
        """Raises SnapshotFileError."""
        told = archive.about
        if told.get("chunk_format") != FORMAT:
            raise SnapshotFileError(f"{archive.path}: its chunks are of a format that is not known here")
        chain_id, height, app_hash, stores = (
            told.get(name) for name in ("chain_id", "height", "app_hash", "stores")
        )
        fits = (
            isinstance(chain_id, str)
            and isinstance(height, int)
            and 0 < height < 2**63
            and isinstance(app_hash, str)
            and isinstance(stores, list)
            and all(isinstance(name, str) for name in stores)
        )
        if not fits:
            raise SnapshotFileError(f"{archive.path} does not say which state it is of")
        return cls(str(chain_id), int(height or 0), str(app_hash), tuple(sorted(set(stores or ()))))


def _in_order(archive: Archive) -> list[Entry]:
    named = {entry.name: entry for entry in archive.entries}
    ordered = [named.get(f"{_PLACE}{number}") for number in range(len(named))]
    entries = [entry for entry in ordered if entry is not None and entry.size <= CHUNK_BYTES_MAX]
    if not 0 < len(entries) <= CHUNKS_MAX or len(entries) != len(named):
        raise SnapshotFileError(f"{archive.path} does not hold the chunks of a snapshot")
    return entries


def _chunks(archive: Archive, entries: list[Entry], tell: Tell) -> Iterator[bytes]:
    for entry in entries:
        yield b"".join(archive.content(entry))
        tell(entry.size // 2)


def _app_hash(content: Iterator[bytes], stores: tuple[str, ...]) -> str:
    """What the records hash to. Raises SnapshotError, SnapshotFileError."""
    roots = dict.fromkeys(stores, merkle.EMPTY_ROOT)
    for name, found in groupby(records(content), lambda record: record[0]):
        if name not in roots:
            raise SnapshotFileError(f"a record of store {name}, which the state does not have")
        roots[name] = merkle.root_hash(merkle.build((key, value) for _, key, value in found))
    return proof.app_hash([(name, roots[name]) for name in sorted(roots)]).hex()
