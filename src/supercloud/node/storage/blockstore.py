"""Blocks on disk: each height with its votes, its results and the engine's state after it, in one transaction.

    block                   height -> hash, block
    commit response state   height -> bytes
    hash                    block hash -> height

All records are sealed (seal.py).

Where a transaction is, by its hash, is the index's business (node/indexer): it can be filled again from here.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any, Final, Protocol

from supercloud.node.storage.damage import HEIGHTS_LOOKED_AT, Shape, seal_records
from supercloud.node.storage.environment import Environment
from supercloud.node.storage.pages import Damaged, Pages
from supercloud.node.storage.seal import SEAL_BYTES, seal, unseal

HEIGHT: Final = struct.Struct(">Q")
HEIGHT_MAX: Final = 2**64 - 1
HASH_BYTES: Final = 32


class Stored(Protocol):
    """Everything about one height, serialised."""

    @property
    def block(self) -> bytes:
        """The block."""

    @property
    def commit(self) -> bytes:
        """The votes that decided it."""

    @property
    def response(self) -> bytes:
        """What executing it gave."""

    @property
    def state(self) -> bytes:
        """The engine's state after it."""


class BlockStore:
    """Blocks of one node in `folder`; other processes may open it `readonly` while it runs.

    Raises HomeInUse, StorageFull, StorageDamaged.
    """

    def __init__(self, folder: Path, sync: bool = True, *, readonly: bool = False) -> None:
        self._environment = Environment(folder, SHAPE, sync=sync, readonly=readonly)
        self._blocks, self._commits, self._responses, self._states, self._hashes = map(
            self._environment.table, SHAPE.tables
        )

    def close(self) -> None:
        """Release the files."""
        self._environment.close()

    def size_bytes(self) -> int:
        """Bytes on disk."""
        return self._environment.size_bytes()

    def copy(self, descriptor: int) -> tuple[int, int]:
        """Write all of it as it is now to a descriptor; returns the lowest and the highest height in the copy."""
        return self._environment.copy(descriptor, lambda txn: (self._end(txn, False), self._end(txn, True)))

    @property
    def base(self) -> int:
        """Lowest height kept; 0 when there is none."""
        return self._edge(last=False)

    @property
    def height(self) -> int:
        """Highest height kept; 0 when there is none."""
        return self._edge(last=True)

    def save(self, height: int, hash: bytes, stored: Stored) -> None:
        """Add the next height; on return it survives a loss of power. Raises ValueError for any other height."""
        if len(hash) != HASH_BYTES:
            raise ValueError(f"a block's hash has {HASH_BYTES} bytes, not {len(hash)}")
        key = HEIGHT.pack(height)
        sealed = [
            (self._blocks, seal(key, hash + stored.block)),
            (self._commits, seal(key, stored.commit)),
            (self._responses, seal(key, stored.response)),
            (self._states, seal(key, stored.state)),
        ]

        def work(txn: Any) -> None:
            with txn.cursor(self._blocks) as cursor:
                if cursor.last() and HEIGHT.unpack(cursor.key())[0] != height - 1:
                    raise ValueError(f"block {height} after block {HEIGHT.unpack(cursor.key())[0]}")
            for table, record in sealed:
                txn.put(key, record, db=table)
            txn.put(hash, seal(hash, key), db=self._hashes)

        self._environment.write(work)

    def block(self, height: int) -> bytes | None:
        """Block at a height."""
        found = self._at(self._blocks, height)
        return found[HASH_BYTES:] if found else None

    def commit(self, height: int) -> bytes | None:
        """Votes seen for it."""
        return self._at(self._commits, height)

    def response(self, height: int) -> bytes | None:
        """Its results."""
        return self._at(self._responses, height)

    def state(self, height: int) -> bytes | None:
        """Engine state after it."""
        return self._at(self._states, height)

    def height_of(self, hash: bytes) -> int | None:
        """Height of the block with that hash."""
        found = self._get(self._hashes, hash) if hash else None
        return int(HEIGHT.unpack(found)[0]) if found else None

    def prune(self, before: int, blocks_max: int) -> int:
        """Forget up to `blocks_max` of the heights below `before`; returns how many."""

        def work(txn: Any) -> int:
            gone = 0
            with txn.cursor(db=self._blocks) as cursor:
                while gone < blocks_max and cursor.first() and HEIGHT.unpack(cursor.key())[0] < before:
                    key, block = cursor.item()
                    txn.delete(block[:HASH_BYTES], db=self._hashes)
                    for table in (self._commits, self._responses, self._states):
                        txn.delete(key, db=table)
                    cursor.delete()
                    gone += 1
            return gone

        return self._environment.write(work)

    def _at(self, table: Any, height: int) -> bytes | None:
        return self._get(table, HEIGHT.pack(height)) if 0 < height <= HEIGHT_MAX else None

    def _get(self, table: Any, key: bytes) -> bytes | None:
        environment = self._environment
        with environment.gate, environment.begin(table) as txn:
            found: bytes | None = txn.get(key)
        return None if found is None else environment.unseal(key, found)

    def _edge(self, last: bool) -> int:
        environment = self._environment
        with environment.gate, environment.begin(self._blocks) as txn:
            return self._end(txn, last)

    def _end(self, txn: Any, last: bool) -> int:
        with txn.cursor(self._blocks) as cursor:
            there = cursor.last() if last else cursor.first()
            return int(HEIGHT.unpack(cursor.key())[0]) if there else 0


# --- The file


def _look(pages: Pages) -> None:
    """Whether the last heights are there whole. Raises Damaged, Unsealed."""
    *parts, hashes = (pages.tables[name] for name in SHAPE.tables)
    last = pages.last_key(parts[0])
    height = HEIGHT.unpack(last)[0] if last is not None else 0
    if any(pages.last_key(table) != last for table in parts):
        raise Damaged(f"parts of block {height} are not there, or of a block after it")
    kept = parts[0].records
    for at in range(height, height - min(kept, HEIGHTS_LOOKED_AT), -1):
        key = HEIGHT.pack(at)
        found = [pages.find(table, key, unseal) for table in parts]
        if None in found:
            raise Damaged(f"a part of block {at} is not there")
        name = pages.find(hashes, (found[0] or b"")[:HASH_BYTES], unseal)
        if name is None or name[:-SEAL_BYTES] != key:
            raise Damaged(f"block {at} is not found by its hash")


SHAPE: Final = Shape(
    tables=("block", "commit", "response", "state", "hash"),
    read_at_start=(),
    look=_look,
    seal_former=seal_records,
)
