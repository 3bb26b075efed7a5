"""The folded trees of a height (chain/store/trunk.py), in one file beside the state.

    file     magic | height (8) | part* | SHA-256 of all before
    part     length (4) | chunk                                 numbers big endian

They spare a start the reading of the whole state. Whoever lacks them, or finds others than it needs, builds them.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Final

from supercloud.chain.store.trunk import Kept

MAGIC: Final = b"supercloud trees 1\n"
_HEIGHT_BYTES: Final = 8
_LENGTH_BYTES: Final = 4
_HASH_BYTES: Final = 32


class Writing:
    """The file while it is made anew, chunk by chunk: until it is whole the former one is there. Raises OSError."""

    def __init__(self, path: Path, height: int) -> None:
        self._path = path
        self._fresh = path.with_suffix(".new")
        self._hash = sha256()
        self._file = self._fresh.open("wb")
        self._put(MAGIC + height.to_bytes(_HEIGHT_BYTES, "big"))

    def _put(self, content: bytes) -> None:
        self._hash.update(content)
        self._file.write(content)

    def add(self, chunk: bytes) -> None:
        """The next chunk."""
        self._put(len(chunk).to_bytes(_LENGTH_BYTES, "big") + chunk)

    def finish(self) -> None:
        """Put it in the place of the former one, once it is on the disk. May be called by another thread."""
        self._file.write(self._hash.digest())
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._fresh.replace(self._path)

    def abandon(self) -> None:
        """Leave the former one; after `finish` it does nothing."""
        if not self._file.closed:
            with contextlib.suppress(OSError):
                self._file.close()
            with contextlib.suppress(OSError):
                self._fresh.unlink()


def save(path: Path, kept: Kept) -> None:
    """Write the file anew, whole or not at all. Raises OSError."""
    writing = Writing(path, kept.height)
    try:
        for chunk in kept.chunks:
            writing.add(chunk)
        writing.finish()
    finally:
        writing.abandon()


def read(path: Path) -> Kept | None:
    """What the file holds; None when it is damaged or not there."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    begin, end = len(MAGIC) + _HEIGHT_BYTES, len(content) - _HASH_BYTES
    if not content.startswith(MAGIC) or end < begin:
        return None
    if sha256(memoryview(content)[:end]).digest() != content[end:]:
        return None
    return Kept(int.from_bytes(content[len(MAGIC) : begin], "big"), _chunks(content, begin, end))


def _chunks(content: bytes, at: int, end: int) -> Iterator[bytes]:
    while at < end:
        begin = at + _LENGTH_BYTES
        at = begin + int.from_bytes(content[at:begin], "big")
        yield content[begin:at]
