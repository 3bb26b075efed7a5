"""Blocks in memory: the engine's store for tests that do not need a disk."""

from __future__ import annotations

from supercloud.node.engine.ports import StoredBlock


class MemoryBlocks:
    """A BlockStore."""

    def __init__(self) -> None:
        self.kept: dict[int, StoredBlock] = {}
        self.hashes: dict[bytes, int] = {}

    @property
    def base(self) -> int:
        return min(self.kept, default=0)

    @property
    def height(self) -> int:
        return max(self.kept, default=0)

    def save(self, height: int, hash: bytes, stored: StoredBlock) -> None:
        assert not self.kept or height == self.height + 1
        self.kept[height] = stored
        self.hashes[hash] = height

    def block(self, height: int) -> bytes | None:
        return self.kept[height].block if height in self.kept else None

    def commit(self, height: int) -> bytes | None:
        return self.kept[height].commit if height in self.kept else None

    def response(self, height: int) -> bytes | None:
        return self.kept[height].response if height in self.kept else None

    def state(self, height: int) -> bytes | None:
        return self.kept[height].state if height in self.kept else None

    def height_of(self, hash: bytes) -> int | None:
        return self.hashes.get(hash)

    def prune(self, before: int, blocks_max: int) -> int:
        gone = [height for height in sorted(self.kept) if height < before][:blocks_max]
        for height in gone:
            del self.kept[height]
        self.hashes = {key: at for key, at in self.hashes.items() if at in self.kept}
        return len(gone)
