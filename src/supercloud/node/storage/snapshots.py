"""Snapshots on disk: states of past heights that new nodes start from, and one that this node is being given.

<height>/<number>     chunks
<height>/hashes       SHA-256 of each chunk, one after another: written last, so a snapshot without it is none
incoming/<number>     chunks of what is being taken in
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple

HASH_BYTES: Final = 32
CHUNKS_MAX: Final = 16_384
_HASHES: Final = "hashes"


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

    def save(self, height: int, chunks: Iterable[bytes]) -> Snapshot:
        """Write a snapshot and forget the oldest. A crash in between leaves what there was."""
        hashes = self._write(self.folder / str(height), chunks)
        for old in self.all()[self._kept :]:
            shutil.rmtree(self.folder / str(old.height), ignore_errors=True)
        return Snapshot(height, hashes)

    def add(self, height: int, chunks: Iterable[bytes]) -> Snapshot:
        """Write one that was made elsewhere, whole or not at all. None is forgotten for it now."""
        fresh = self.folder / f"{height}.new"
        try:
            hashes = self._write(fresh, chunks)
            fresh.rename(self.folder / str(height))
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
        return Snapshot(height, hashes)

    def _write(self, place: Path, chunks: Iterable[bytes]) -> bytes:
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True, mode=0o700)
        hashes = b""
        for number, chunk in enumerate(chunks):
            (place / str(number)).write_bytes(chunk)
            hashes += sha256(chunk).digest()
        (place / _HASHES).write_bytes(hashes)
        return hashes

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
            return (self.folder / str(height) / str(number)).read_bytes()
        except OSError:
            return None

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
