"""Many files as one: a plain tar file whose last member says what the others are, by size and SHA-256.

    name*           files, in the order they were added
    manifest.json   {"format": 1, "kind", ..., "files": [{"name", "size", "sha256"}]}

Whoever reads one believes nothing: a member is a plain file with a plain name below the folder, as long as the manifest
says and with its hash, or it is refused. Format: POSIX.1-1988 ustar; sizes beyond eight gigabytes as GNU tar writes them.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import tarfile
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson

from supercloud.node.files import sync

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
MANIFEST_BYTES_MAX: Final = 64 * 2**20
FILES_MAX: Final = 200_000
NAME_BYTES_MAX: Final = 100
"""What a header of the old form has room for."""
NAME: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
BLOCK_BYTES: Final = 2**20
_UNIT: Final = tarfile.BLOCKSIZE
_END: Final = bytes(2 * _UNIT)

Tell = Callable[[int], None]
"""Is told how many bytes were written since it was told last."""


class ArchiveError(Exception):
    """A file that is no archive of ours, is not whole, or was changed."""


class Entry(NamedTuple):
    """A file in an archive."""

    name: str
    size: int
    sha256: str


def _silent(written: int) -> None:
    """Nobody wants to know."""


class Writing:
    """An archive while it is made, under the name of the file with `.part` after it, by one process at a time.

    Raises ArchiveError where another one is at it, OSError.
    """

    def __init__(self, path: Path, tell: Tell = _silent) -> None:
        self.entries: list[Entry] = []
        self._path = path
        self._part = path.with_name(path.name + ".part")
        self._tell = tell
        self._file = _own(self._part)

    def add(self, name: str, content: Iterable[bytes]) -> Entry:
        """The next file. Its length need not be known before it ends."""
        begin = self._put(bytes(_UNIT)) - _UNIT
        hash, size = sha256(), 0
        for block in content:
            hash.update(block)
            size += len(block)
            self._put(block)
            self._tell(len(block))
        self._put(bytes(-size % _UNIT))
        info = tarfile.TarInfo(name)
        info.size, info.mode, info.mtime = size, 0o600, int(time.time())
        head = info.tobuf(tarfile.GNU_FORMAT)
        if len(head) != _UNIT or not NAME.fullmatch(name):
            raise ArchiveError(f"{name} is too long or too strange a name")
        os.pwrite(self._file, head, begin)
        made = Entry(name, size, hash.hexdigest())
        self.entries.append(made)
        return made

    def _put(self, content: bytes) -> int:
        """Write at the end; returns where that is now."""
        rest = memoryview(content)
        while rest:
            try:
                rest = rest[os.write(self._file, rest) :]
            except OSError as error:
                raise OSError(error.errno, error.strerror, str(self._part)) from error
        return os.lseek(self._file, 0, os.SEEK_CUR)

    def finish(self, about: dict[str, Any]) -> int:
        """Give it its name, once it is whole and on the disk; returns its bytes."""
        files = [entry._asdict() for entry in self.entries]
        manifest = {"format": FORMAT, **about, "files": files}
        self.add(MANIFEST, [orjson.dumps(manifest, option=orjson.OPT_INDENT_2)])
        size = self._put(_END)
        os.fsync(self._file)
        # While it is still ours.
        self._part.replace(self._path)
        os.close(self._file)
        self._file = -1
        sync(self._path.parent)
        return size

    def abandon(self) -> None:
        """Leave nothing behind; after `finish` it does nothing."""
        if self._file >= 0:
            with contextlib.suppress(OSError):
                self._part.unlink()
            os.close(self._file)
            self._file = -1


def _own(part: Path) -> int:
    """A new file of that name, empty, whose lock is held. Raises ArchiveError, OSError."""
    refusal = ArchiveError(f"another process is writing {part}")
    with contextlib.suppress(FileNotFoundError), _opened(part) as left:
        if not _is_ours(left, part):
            raise refusal
        part.unlink()
    try:
        made = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise refusal from error
    if not _is_ours(made, part):
        os.close(made)
        raise refusal
    return made


def _is_ours(descriptor: int, path: Path) -> bool:
    """Whether an open file's lock is ours now, and the file still the one of that name."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except (BlockingIOError, FileNotFoundError):
        return False


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


class Archive:
    """An archive to be read. Raises ArchiveError, OSError."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = os.open(path, os.O_RDONLY)
        try:
            self._size = os.fstat(self._file).st_size
            self._places = self._scan()
            self.about: dict[str, Any] = self._manifest()
            self.entries = [self._entry(each) for each in self.about.pop("files")]
            known = {entry.name for entry in self.entries}
            if len(known) != len(self.entries) or known != self._places.keys() - {MANIFEST}:
                raise self._wrong("what is in it is not what its manifest says")
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Release the file; again is no harm."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _wrong(self, why: str) -> ArchiveError:
        return ArchiveError(f"{self.path}: {why}")

    def _scan(self) -> dict[str, tuple[int, int]]:
        """Where each member begins, and its length."""
        places: dict[str, tuple[int, int]] = {}
        at = 0
        while True:
            head = os.pread(self._file, _UNIT, at)
            if head == bytes(_UNIT):
                break
            try:
                info = tarfile.TarInfo.frombuf(head, "ascii", "strict")
            except (tarfile.HeaderError, UnicodeDecodeError, ValueError) as error:
                raise self._wrong("it is no archive, or not all of it is there") from error
            begin = at + _UNIT
            if info.type != tarfile.REGTYPE or len(info.name) > NAME_BYTES_MAX:
                raise self._wrong(f"{info.name!r} is not a plain file")
            if not NAME.fullmatch(info.name) or info.name in places:
                raise self._wrong(f"it holds {info.name!r} under a name that it can not have")
            if not 0 <= info.size <= self._size - begin:
                raise self._wrong(f"it ends before {info.name} does")
            if len(places) >= FILES_MAX:
                raise self._wrong(f"it holds more than {FILES_MAX:,} files")
            places[info.name] = begin, info.size
            at = begin + info.size + -info.size % _UNIT
        return places

    def _manifest(self) -> dict[str, Any]:
        begin, size = self._places.get(MANIFEST, (0, 0))
        if not size or size > MANIFEST_BYTES_MAX:
            raise self._wrong("it has no manifest")
        try:
            document = orjson.loads(os.pread(self._file, size, begin))
        except orjson.JSONDecodeError as error:
            raise self._wrong("its manifest is no JSON") from error
        if not isinstance(document, dict) or not isinstance(document.get("files"), list):
            raise self._wrong("its manifest says nothing of files")
        if document.get("format") != FORMAT:
            raise self._wrong(
                f"it is of format {document.get('format')!r}, and {FORMAT} is what is known here"
            )
        return document

    def _entry(self, told: Any) -> Entry:
        try:
            entry = Entry(told["name"], told["size"], told["sha256"])
            fits = self._places[entry.name][1] == entry.size
        except (KeyError, TypeError) as error:
            raise self._wrong("what is in it is not what its manifest says") from error
        if not fits:
            raise self._wrong(f"{entry.name} is not as long as its manifest says")
        return entry

    def require(self, kind: str) -> None:
        """Refuse an archive of another kind."""
        if self.about.get("kind") != kind:
            raise self._wrong(f"it is no {kind}, but {self.about.get('kind')!r}")

    def content(self, entry: Entry) -> Iterator[bytes]:
        """A file, block by block; what came is right once the end was reached without ArchiveError."""
        begin, size = self._places[entry.name]
        hash, at = sha256(), 0
        while at < size:
            block = os.pread(self._file, min(BLOCK_BYTES, size - at), begin + at)
            if not block:
                raise self._wrong(f"it ends before {entry.name} does")
            hash.update(block)
            at += len(block)
            yield block
        if hash.hexdigest() != entry.sha256:
            raise self._wrong(f"{entry.name} has another hash than its manifest says")

    def unpack(self, folder: Path, left_out: Collection[str] = (), tell: Tell = _silent) -> None:
        """Write the files below a folder that has none of them, all of it to the disk before it returns."""
        folders = {folder}
        for entry in self.entries:
            if entry.name in left_out:
                continue
            place = folder / entry.name
            for each in reversed([each for each in place.parents if each.is_relative_to(folder)]):
                each.mkdir(exist_ok=True, mode=0o700)
                folders.add(each)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
            with os.fdopen(os.open(place, flags, 0o600), "wb") as file:
                for block in self.content(entry):
                    file.write(block)
                    tell(len(block))
                file.flush()
                os.fsync(file.fileno())
        for each in sorted(folders, reverse=True):
            sync(each)
