"""The folded trees of the height at which a node ended (chain/store/trunk.py), in one file beside its state.

    file     magic | height (8) | part* | SHA-256 of all before
    part     length (4) | chunk                                 numbers big endian

They spare the next start the reading of the whole state. Whoever lacks them, or finds others than it needs, builds them.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Final

MAGIC: Final = b"supercloud trees 1\n"
_LENGTH_BYTES: Final = 4
_HASH_BYTES: Final = 32


def save(path: Path, height: int, chunks: Iterable[bytes]) -> None:
    """Write the file anew, whole or not at all. Raises OSError."""
    fresh = path.with_suffix(".new")
    try:
        with fresh.open("wb") as file:
            head = MAGIC + height.to_bytes(8, "big")
            hash_ = sha256(head)
            file.write(head)
            for chunk in chunks:
                part = len(chunk).to_bytes(_LENGTH_BYTES, "big") + chunk
                hash_.update(part)
                file.write(part)
            file.write(hash_.digest())
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            fresh.unlink()
        raise


def read(path: Path, height: int) -> Iterator[bytes]:
    """The chunks of a height; none when the file is of another one, is damaged or is not there."""
    try:
        content = path.read_bytes()
    except OSError:
        return
    head = MAGIC + height.to_bytes(8, "big")
    end = len(content) - _HASH_BYTES
    if not content.startswith(head) or end < len(head):
        return
    if sha256(memoryview(content)[:end]).digest() != content[end:]:
        return
    at = len(head)
    while at < end:
        begin = at + _LENGTH_BYTES
        at = begin + int.from_bytes(content[at:begin], "big")
        yield content[begin:at]
