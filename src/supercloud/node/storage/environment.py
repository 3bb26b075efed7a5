"""Opening LMDB: growth before the map is full, named errors, one process per folder."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import lmdb

Result = TypeVar("Result")

MAP_BYTES_FIRST: Final = 256 * 2**20
READERS_MAX: Final = 512


class StorageFull(Exception):
    """The disk has no room for the next block. Nothing was lost: free some and start again."""


class HomeInUse(Exception):
    """Another process works on this folder."""


def take_lock(folder: Path) -> int:
    """Hold the folder for this process; the returned descriptor keeps the lock. Raises HomeInUse."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / "LOCK", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise HomeInUse(f"{folder} is in use by another process; stop that one first") from error
    os.ftruncate(descriptor, 0)
    os.write(descriptor, f"{os.getpid()}\n".encode())
    return descriptor


class Environment:
    """One LMDB file set. Readers are short; `write` retries once after growing the map."""

    def __init__(self, folder: Path, tables: int, sync: bool = True) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._lock = take_lock(folder)
        size = MAP_BYTES_FIRST
        data = folder / "data.mdb"
        if data.exists():
            size = max(size, 2 * data.stat().st_size)
        # metasync off: a power failure may take back the last commit whole, never a part of it.
        self.lmdb: Any = lmdb.open(
            str(folder),
            map_size=size,
            max_dbs=tables,
            max_readers=READERS_MAX,
            sync=sync,
            metasync=False,
            readahead=False,
        )

    def table(self, name: str, **options: Any) -> Any:
        """A named table."""
        return self.lmdb.open_db(name.encode(), **options)

    def write(self, work: Callable[[Any], Result]) -> Result:
        """Run `work(txn)` in one transaction. Raises StorageFull."""
        while True:
            try:
                with self.lmdb.begin(write=True) as txn:
                    return work(txn)
            except lmdb.MapFullError:
                self._grow()
            except (lmdb.DiskError, lmdb.Error, OSError) as error:
                if _no_space(error):
                    raise StorageFull(
                        f"{self.folder}: no space left on the disk; free some and start again"
                    ) from error
                raise

    def _grow(self) -> None:
        size = self.lmdb.info()["map_size"]
        free = os.statvfs(self.folder)
        if free.f_bavail * free.f_frsize < 16 * 2**20:
            raise StorageFull(f"{self.folder}: no space left on the disk; free some and start again")
        self.lmdb.set_mapsize(size * 2)

    def size_bytes(self) -> int:
        """Bytes on disk."""
        return (self.folder / "data.mdb").stat().st_size

    def close(self) -> None:
        """Release the files and the folder."""
        if self._lock >= 0:
            self.lmdb.close()
            os.close(self._lock)
            self._lock = -1


def _no_space(error: BaseException) -> bool:
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return True
    return "No space left" in str(error)
