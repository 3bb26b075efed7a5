"""Files that must be whole after a crash, and the lock that keeps a second process out of a home."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


class HomeLocked(Exception):
    """Another process works on this home."""


def write_durably(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Replace a file so that after a crash either the old or the new content is there, and the new one after return."""
    temporary = path.with_name(path.name + ".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        with os.fdopen(descriptor, "wb", closefd=False) as file:
            file.write(content)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    os.replace(temporary, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


class HomeLock:
    """An exclusive lock on a folder, held until `release` or the end of the process."""

    def __init__(self, path: Path) -> None:
        self._file = open(path, "a+b")  # noqa: SIM115 - held for the lifetime of the process
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.close()
            raise HomeLocked(f"another process runs on {path.parent}") from error

    def release(self) -> None:
        """Let others in."""
        self._file.close()
