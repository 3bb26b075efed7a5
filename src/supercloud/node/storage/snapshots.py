"""Snapshots on disk: states of past heights that new nodes start from, and one that this node is being given.

<height>/<number>     chunks
<height>/hashes       SHA-256 of each chunk, one after another: written last, so a snapshot without it is none
<height>.new/...      the same while it is written, by whoever holds the folder's lock
incoming/<number>     chunks of what is being taken in
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple

from supercloud.node.files import give, sync

HASH_BYTES: Final = 32
CHUNKS_MAX: Final = 16_384
_HASHES: Final = "hashes"
_FRESH: Final = ".new"


class SnapshotBusy(Exception):
    """Another process is writing a snapshot of this height."""


class Snapshot(NamedTuple):
    """A state: its height and the hashes of its chunks in a row."""

    height: int
    hashes: bytes

    @property
    def chunks(self) -> int:
        """How many chunks it has."""
        return len(self.hashes) // HASH_BYTES

    @property
    def hash(self) -> bytes:
        """What names it."""
        return sha256(self.hashes).digest()

    def hash_of(self, number: int) -> bytes:
        """Hash of a chunk."""
        return self.hashes[number * HASH_BYTES : (number + 1) * HASH_BYTES]


class SnapshotFiles:
    """Snapshots in `folder`, the `kept` newest of them."""

    def __init__(self, folder: Path, kept: int) -> None:
        self.folder = folder
        self._kept = kept
        self._fetched = 0
        """Height of the snapshot that a chunk was read of last, since one was written."""

    def save(self, height: int, chunks: Iterable[bytes]) -> Snapshot:
        """Write a snapshot and forget the oldest. A crash in between leaves what there was. Raises SnapshotBusy, OSError.

        One is spared that somebody has fetched chunks of since the last time: whoever begins with a snapshot that goes
        meanwhile asks for the rest of it for ever.
        """
        made = self.add(height, chunks)
        fetched, self._fetched = self._fetched, 0
        for old in self.all()[self._kept :]:
            if old.height != fetched:
                _forget(self.folder / str(old.height))
        self._clear()
        return made

    def add(self, height: int, chunks: Iterable[bytes]) -> Snapshot:
        """Write one, whole and on the disk or not at all; none is forgotten for it now. Raises SnapshotBusy, OSError."""
        place = self.folder / str(height)
        with self._writing(height) as fresh:
            hashes = b""
            for number, chunk in enumerate(chunks):
                _write(fresh / str(number), chunk)
                hashes += sha256(chunk).digest()
            _write(fresh / _HASHES, hashes)
            give(fresh, self.folder)
            sync(fresh)
            _forget(place)
            fresh.rename(place)
            sync(self.folder)
        return Snapshot(height, hashes)

    @contextmanager
    def _writing(self, height: int) -> Iterator[Path]:
        """An empty folder that nobody else writes to, to be given its name; gone where that does not come about."""
        fresh = self.folder / f"{height}{_FRESH}"
        if not self.folder.exists():
            self.folder.mkdir(parents=True, mode=0o700)
            give(self.folder, self.folder.parent)
        fresh.mkdir(exist_ok=True, mode=0o700)
        with _locked(fresh) as is_ours:
            if not is_ours:
                raise SnapshotBusy(f"another process is writing a snapshot of height {height}")
            for path in fresh.iterdir():
                path.unlink()
            try:
                yield fresh
            except BaseException:
                shutil.rmtree(fresh, ignore_errors=True)
                raise

    def _clear(self) -> None:
        """Remove what those who were killed left behind."""
        for fresh in self.folder.glob(f"*{_FRESH}"):
            with contextlib.suppress(OSError), _locked(fresh) as is_ours:
                if is_ours:
                    shutil.rmtree(fresh, ignore_errors=True)
        for place in self.folder.iterdir():
            if place.name.isdecimal() and not (place / _HASHES).exists():
                shutil.rmtree(place, ignore_errors=True)

    def size_bytes(self, height: int) -> int:
        """Bytes of a snapshot's chunks; 0 when there is none."""
        with contextlib.suppress(OSError):
            return sum(
                path.stat().st_size for path in (self.folder / str(height)).iterdir() if path.name.isdecimal()
            )
        return 0

    def all(self) -> list[Snapshot]:
        """Whole snapshots, newest first."""
        if not self.folder.is_dir():
            return []
        found = []
        for place in self.folder.iterdir():
            if place.name.isdecimal():
                with contextlib.suppress(OSError):
                    found.append(Snapshot(int(place.name), (place / _HASHES).read_bytes()))
        return sorted(found, reverse=True)

    def chunk(self, height: int, number: int) -> bytes | None:
        """A chunk of a snapshot; None when there is none."""
        try:
            found = (self.folder / str(height) / str(number)).read_bytes()
        except OSError:
            return None
        self._fetched = height
        return found

    # --- What is being taken in

    @property
    def _incoming(self) -> Path:
        return self.folder / "incoming"

    def expect(self) -> None:
        """Forget chunks of an earlier attempt."""
        shutil.rmtree(self._incoming, ignore_errors=True)
        self._incoming.mkdir(parents=True, mode=0o700)

    def receive(self, number: int, chunk: bytes) -> int:
        """Keep a chunk; returns how many there are."""
        (self._incoming / str(number)).write_bytes(chunk)
        return sum(1 for _ in self._incoming.iterdir())

    def received(self, count: int) -> Iterator[bytes]:
        """The chunks in their order."""
        for number in range(count):
            yield (self._incoming / str(number)).read_bytes()

    def finish(self) -> None:
        """The chunks are no longer needed."""
        shutil.rmtree(self._incoming, ignore_errors=True)


def _forget(place: Path) -> None:
    """Remove a snapshot; from the first moment on it is none, so whoever is killed here leaves no half of one."""
    if place.exists():
        (place / _HASHES).unlink(missing_ok=True)
        shutil.rmtree(place, ignore_errors=True)


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _locked(folder: Path) -> Iterator[bool]:
    """Whether the folder's lock is ours while inside. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)
