"""Restoring a home from a backup, into a folder that has nothing in it.

What would let a key sign a height twice is not done by itself: the record of what was signed comes back only where
somebody says that nothing was signed since. A home without it, and one without its keys, starts no node.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path
from typing import Final, NamedTuple

from supercloud.node.backup.taking import KEYS, KIND, RECORD, SECRETS
from supercloud.node.config import load
from supercloud.node.files import give, sync
from supercloud.node.home import Home, make_keys
from supercloud.node.storage.archive import Archive, ArchiveError, Tell

ROOM_SPARE: Final = (11, 10)
"""What has to be free on the disk, of what will be written."""
_PARTS: Final = ("config", "cometbft", "data")


class RestoreError(Exception):
    """A home that is not empty, a backup that is not whole, or no room."""


class Restored(NamedTuple):
    """What is there now."""

    home: str
    chain_id: str
    height: int
    app_hash: str
    last_block: int
    next: list[str]
    """What is left to do before the node may start."""


def restore(
    file: Path,
    folder: Path,
    *,
    new_keys: bool = False,
    with_record: bool = False,
    tell: Tell = lambda written: None,
) -> Restored:
    """Make a home out of a backup. Raises RestoreError, ConfigError, OSError.

    With `new_keys` it gets an identity of its own, and signs for nobody. `with_record` takes the record of what was signed
    out of the backup: right only where nothing was signed since.
    """
    if new_keys and with_record:
        raise RestoreError("a record of what was signed belongs to the key that signed, not to a new one")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise RestoreError(f"{folder} is not empty; a backup is restored into an empty folder only")
    try:
        with Archive(file) as archive:
            archive.require(KIND)
            left_out = set(SECRETS if new_keys else () if with_record else (RECORD,))
            names = {entry.name for entry in archive.entries}
            _require_ours(archive, folder, names)
            if with_record and RECORD not in names:
                raise RestoreError(f"{file} holds no record of what was signed")
            _unpack(archive, folder, left_out, tell)
            about = archive.about
    except ArchiveError as error:
        raise RestoreError(str(error)) from error
    home = Home(folder)
    if new_keys:
        make_keys(home)
    give(folder, folder)
    return Restored(
        str(folder),
        str(about.get("chain_id")),
        _number(about.get("height")),
        str(about.get("app_hash")),
        _number(about.get("last_block")),
        list(_next(home)),
    )


def _require_ours(archive: Archive, folder: Path, names: set[str]) -> None:
    strange = sorted(name for name in names if name.partition("/")[0] not in _PARTS or "/" not in name)
    if strange:
        raise RestoreError(f"{archive.path} holds {strange[0]}, which belongs to no home of a node")
    if "config/genesis.json" not in names:
        raise RestoreError(f"{archive.path} holds no genesis document")
    place = folder
    while not place.exists():
        place = place.parent
    free = os.statvfs(place)
    spare, of = ROOM_SPARE
    needed = sum(entry.size for entry in archive.entries) * spare // of
    if free.f_bavail * free.f_frsize < needed:
        raise RestoreError(f"{folder} takes {needed:,} bytes, and the disk has fewer left")


def _unpack(archive: Archive, folder: Path, left_out: set[str], tell: Tell) -> None:
    there = folder.exists()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        archive.unpack(folder, left_out, tell)
        (folder / "data").chmod(0o700)
        sync(folder.parent)
    except BaseException:
        # Nothing was in it, so all of it is half a home.
        for part in _PARTS:
            shutil.rmtree(folder / part, ignore_errors=True)
        if not there:
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise


def _number(told: object) -> int:
    """What a manifest says, if it is a number."""
    return told if isinstance(told, int) else 0


def _next(home: Home) -> list[str]:
    """What a node lacks that is to start here, in words."""
    own, node = KEYS
    # Where a remote signer signs, key and record are with it.
    remote = bool(load(home.config, {}).p2p.signer_listen)
    missing = [name for name in ((node,) if remote else (own, node)) if not (home.folder / name).exists()]
    steps = []
    if missing:
        steps.append(f"put {' and '.join(missing)} back, or restore with new keys")
    if not remote and not (home.folder / RECORD).exists():
        steps.append(
            f"put the newest {RECORD} of that node in: without it the node does not start, and an older one lets the key "
            "sign a height twice"
        )
    return steps
