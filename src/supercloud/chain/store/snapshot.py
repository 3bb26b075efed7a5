"""The whole state of a height as a row of chunks, and back. Pure: bytes in, bytes out.

    chunk    record*                                    whole records, so every chunk can be read by itself
    record   len store (1) | store | len key (2) | key | len value (4) | value        numbers big endian

Records follow one another by store, then key. The app hash of the height is the only proof they need.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from supercloud.chain.store.backend import KEY_BYTES_MAX, Reader

FORMAT: Final = 1
CHUNK_BYTES: Final = 4 * 2**20
"""Beyond this a chunk ends; CometBFT carries up to 16 MB."""

Record = tuple[str, bytes, bytes]


class SnapshotError(Exception):
    """A chunk that nobody wrote, or records that do not follow one another."""


def chunks(reader: Reader, names: Sequence[str], chunk_bytes: int = CHUNK_BYTES) -> Iterator[bytes]:
    """The state that a reader shows. Raises HeightUnavailable when pruning passes its height meanwhile."""
    held, size = [], 0
    for name in sorted(names):
        store = name.encode()
        head = bytes((len(store),)) + store
        for key, value in reader.range(name, b"", None):
            record = b"".join((head, len(key).to_bytes(2, "big"), key, len(value).to_bytes(4, "big"), value))
            held.append(record)
            size += len(record)
            if size >= chunk_bytes:
                yield b"".join(held)
                held, size = [], 0
    if held:
        yield b"".join(held)


def records(made: Iterable[bytes]) -> Iterator[Record]:
    """The records of all chunks in their order. Raises SnapshotError."""
    last: tuple[str, bytes] | None = None
    for chunk in made:
        at = 0
        while at < len(chunk):
            store, at = _part(chunk, at, 1)
            key, at = _part(chunk, at, 2)
            if not 0 < len(key) <= KEY_BYTES_MAX:
                raise SnapshotError(f"a key of {len(key)} bytes; 1 to {KEY_BYTES_MAX} can be stored")
            value, at = _part(chunk, at, 4)
            try:
                place = store.decode("ascii"), key
            except UnicodeDecodeError as error:
                raise SnapshotError("the name of a store is no text") from error
            if last is not None and place <= last:
                raise SnapshotError(f"a record of {place[0]} comes twice or too late")
            last = place
            yield (*place, value)


def _part(chunk: bytes, at: int, length_bytes: int) -> tuple[bytes, int]:
    begin = at + length_bytes
    end = begin + int.from_bytes(chunk[at:begin], "big")
    if end > len(chunk) or begin > len(chunk):
        raise SnapshotError("a chunk ends within a record")
    return chunk[begin:end], end
