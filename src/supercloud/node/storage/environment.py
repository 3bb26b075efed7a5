"""Opening LMDB: damage met before LMDB does, growth before the map is full, named errors, one writer per folder.

Everything in one process that reads does so inside `gate`, in transactions of a few hundred keys at most: the map may
only move while nobody looks at it, and a long reader would keep the file from reusing its pages. Other processes open
the folder with `readonly`; they need no lock, and slots of those that died are freed now and then.
"""

from __future__ import annotations

import errno
import fcntl
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import lmdb

from supercloud.node.storage.damage import FORMAT, FORMAT_KEY, Shape, StorageDamaged, damaged, look_over
from supercloud.node.storage.seal import Unsealed, unseal

Result = TypeVar("Result")

MAP_BYTES_FIRST: Final = 256 * 2**20
MAP_SHARE_MAX: Final = (3, 4)
"""Of the map in use: beyond this it grows."""
FREE_BYTES_MIN: Final = 16 * 2**20
"""Less than this on the disk counts as full when the map has to grow."""
READERS_MAX: Final = 512
LOCK_BYTES_MAX: Final = 64
UNREAD: Final = b"unread\n"
"""In the lock: leaves were not looked at although the end before was not clean, and nobody has read them all since."""
READER_CHECK_WRITES: Final = 64
"""Writes between two searches for reader slots of dead processes."""
_FULL: Final = tuple(os.strerror(number) for number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG))
_PART: Final = os.strerror(errno.EIO)
"""What LMDB says when the system took less than it was given, which is what a disk does that has just become full."""
DAMAGE: Final = (lmdb.InvalidError, lmdb.CorruptedError, lmdb.VersionMismatchError, lmdb.PageNotFoundError)
"""What LMDB says of pages that are not what it wrote."""


class StorageFull(Exception):
    """The disk has no room for the next block. Nothing was lost: free some and start again."""


class HomeInUse(Exception):
    """Another process works on this folder."""


def take_lock(folder: Path) -> int:
    """Hold the folder for this process; the returned descriptor keeps the lock. Raises HomeInUse."""
    return _hold(folder)[0]


def _hold(folder: Path) -> tuple[int, bytes]:
    """The lock, and what the process that held it before left there if it did not let go of it by itself."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / "LOCK", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise HomeInUse(f"{folder} is in use by another process; stop that one first") from error
    left = os.pread(descriptor, LOCK_BYTES_MAX, 0)
    _note(descriptor, UNREAD if UNREAD in left else b"")
    return descriptor, left


def _note(descriptor: int, note: bytes) -> None:
    content = f"{os.getpid()}\n".encode() + note
    os.pwrite(descriptor, content, 0)
    os.ftruncate(descriptor, len(content))


class Environment:
    """One LMDB file set in `folder` with the tables of its `shape`.

    Whoever will write looks the file over first (damage.py).
    `metasync=False` saves a disk flush a write: a loss of power may then take back the last write whole, never a part.
    With `read_later` somebody reads all records while the file is in use and calls `all_read` in the end; then the leaves
    are looked at beforehand only where that did not come to its end the last time.
    Raises HomeInUse, StorageFull, StorageDamaged.
    """

    def __init__(
        self,
        folder: Path,
        shape: Shape,
        *,
        sync: bool = True,
        metasync: bool = True,
        readonly: bool = False,
        read_later: bool = False,
    ) -> None:
        self.folder = folder
        self.gate = threading.Lock()
        self._writing = threading.Lock()
        self._writes = 0
        self._shape = shape
        self._how = {"readonly": readonly, "sync": sync, "metasync": metasync}
        self._lock = -1
        if not readonly:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock, left = _hold(folder)
            whole = bool(left) and (UNREAD in left or not read_later)
            # Before the leaves are looked at, which takes a while: whoever is killed in it has not done so.
            _note(self._lock, UNREAD if left and read_later else b"")
            # On disk before anything is written here, so that a loss of power leaves it behind as well.
            os.fsync(self._lock)
            try:
                look_over(folder, shape, whole=whole)
            except StorageDamaged:
                self._release(clean=False)
                raise
            if whole:
                _note(self._lock, b"")
        self._lmdb: Any
        self._open()
        if not readonly:
            self._seal_former(shape)

    def _open(self) -> None:
        data, create = self.folder / "data.mdb", not self._how["readonly"]
        size = max(MAP_BYTES_FIRST, 2 * data.stat().st_size if data.exists() else 0)
        try:
            self._lmdb = lmdb.open(
                str(self.folder),
                map_size=size,
                max_dbs=len(self._shape.tables),
                max_readers=READERS_MAX,
                create=create,
                mode=0o600,
                readahead=False,
                **self._how,
            )
            self._tables = {
                name: self._lmdb.open_db(name.encode(), create=create) for name in self._shape.tables
            }
        except lmdb.Error as error:
            self._release(clean=False)
            raise _named(self.folder, error) from error

    def renew(self, then: Callable[[], None]) -> None:
        """Open the files anew, as after a large write: until it is closed LMDB keeps its pages' memory, up to half a GiB.

        Tables have new handles, which `then` takes before anybody reads.
        """
        with self._writing, self.gate:
            self._lmdb.close()
            self._open()
            then()

    def _seal_former(self, shape: Shape) -> None:
        """Give the records of a file from before there were seals theirs, all at once."""

        def work(txn: Any) -> None:
            if txn.get(FORMAT_KEY) is None:
                shape.seal_former(txn, self._tables)
                txn.put(FORMAT_KEY, FORMAT)

        self.write(work)

    def unseal(self, key: bytes, record: bytes) -> bytes:
        """The value of a record. Raises StorageDamaged."""
        try:
            return unseal(key, record)
        except Unsealed as error:
            raise damaged(self.folder, error) from error

    def all_read(self) -> None:
        """Note that every record has been read since the folder was opened."""
        if self._lock >= 0:
            _note(self._lock, b"")

    def table(self, name: str) -> Any:
        """A table's handle."""
        return self._tables[name]

    def begin(self, table: Any) -> Any:
        """A reading transaction, to be opened and left while holding `gate`."""
        try:
            return self._lmdb.begin(db=table)
        except lmdb.MapResizedError:
            # The process that writes has grown the map.
            self._lmdb.set_mapsize(0)
            return self._lmdb.begin(db=table)

    def write(self, work: Callable[[Any], Result], room: int = 0) -> Result:
        """Run `work(txn)` in one transaction, from the start again when the map had to grow. Raises StorageFull.

        `room` bytes it will have from the beginning.
        """
        with self._writing:
            while not self._has_room(room):
                self._grow()
            while True:
                try:
                    with self._lmdb.begin(write=True) as txn:
                        result = work(txn)
                    break
                except lmdb.MapFullError:
                    self._grow()
                except lmdb.Error as error:
                    raise _named(self.folder, error) from error
            self._tend()
            return result

    def _tend(self) -> None:
        """Grow the map while there is room in it, and free what dead readers hold."""
        if not self._has_room(0):
            self._grow()
        self._writes += 1
        if self._writes % READER_CHECK_WRITES == 0:
            self._lmdb.reader_check()

    def _has_room(self, room: int) -> bool:
        share, whole = MAP_SHARE_MAX
        info = self._lmdb.info()
        used = (info["last_pgno"] + 1) * self._page_bytes() + room
        return bool(used * whole <= info["map_size"] * share)

    def _grow(self) -> None:
        free = os.statvfs(self.folder)
        if free.f_bavail * free.f_frsize < FREE_BYTES_MIN:
            raise StorageFull(f"{self.folder}: no space left on the disk; free some and start again")
        with self.gate:
            self._lmdb.set_mapsize(2 * self._lmdb.info()["map_size"])

    def _page_bytes(self) -> int:
        return int(self._lmdb.stat()["psize"])

    def copy(self, descriptor: int, look: Callable[[Any], Result]) -> Result:
        """Write all of it, as of one commit, to a descriptor; other processes go on writing meanwhile.

        What is left out are free pages. Returns what `look(txn)` finds in the same commit.
        """
        with self.gate:
            try:
                with self.begin(next(iter(self._tables.values()))) as txn:
                    found = look(txn)
                    self._lmdb.copyfd(descriptor, compact=True, txn=txn)
            except lmdb.Error as error:
                raise _named(self.folder, error) from error
        return found

    def size_bytes(self) -> int:
        """Bytes on disk."""
        return (self.folder / "data.mdb").stat().st_size

    def close(self) -> None:
        """Release the files and the folder; again is no harm."""
        with self.gate:
            self._lmdb.close()
            self._release(clean=True)

    def _release(self, *, clean: bool) -> None:
        if self._lock >= 0:
            if clean:
                os.ftruncate(self._lock, 0)
            os.close(self._lock)
            self._lock = -1


def _named(folder: Path, error: lmdb.Error) -> Exception:
    if any(text in str(error) for text in _FULL):
        return StorageFull(f"{folder}: no space left on the disk; free some and start again")
    if _PART in str(error):
        text = f"{folder}: the disk did not take a write ({error})"
        return StorageFull(f"{text}; is it or a quota full? make room and start again")
    if isinstance(error, DAMAGE):
        return damaged(folder, error)
    return error
