"""Files that must be whole after a crash, also one of the power; files that somebody holds."""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path


def write_durably(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Replace a file so that after a crash either the old or the new content is there, and the new one after return.

    Raises OSError, and then nothing of the new one is left.
    """
    fresh = path.with_name(path.name + ".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        try:
            with os.fdopen(descriptor, "wb", closefd=False) as file:
                file.write(content)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.replace(fresh, path)
    except OSError:
        with contextlib.suppress(OSError):
            fresh.unlink()
        raise
    sync(path.parent)


def is_locked(path: Path) -> bool:
    """Whether a process, seen from here or not, holds a file's lock (flock); an absent one has none. Raises OSError."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def sync(place: Path) -> None:
    """Have a file's content, or the names in a folder, on the disk before this returns. Raises OSError."""
    descriptor = os.open(place, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def give(place: Path, like: Path) -> None:
    """What root made belongs to the account that another place belongs to: a node that is not root's has to read it."""
    owner = like.stat()
    if os.geteuid() == 0 and owner.st_uid:
        for path in (place, *place.rglob("*")):
            os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)
