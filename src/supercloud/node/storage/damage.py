"""Whether what is on disk is what was written, looked at before LMDB reads it.

At every start: the beginnings of the file, the pages above the leaves of all tables, which pages are free, and all pages
that the last heights wrote to, with the seals of their records (seal.py). After an end that was not clean also the leaves:
all of those tables that are about to be read, and up to LEAVES_MAX of the others, with their records. The state spares
itself that where all of it is read anyway while the node runs, unless that ended in a second end that was not clean: what
a kill leaves behind is what was written, and what a loss of power can spoil is what the last heights wrote. So the work is
bounded; `supercloud node verify` (node/verify.py) reads everything.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from supercloud.node.storage.pages import Damaged, Pages
from supercloud.node.storage.seal import Unsealed, seal, unseal

CURE: Final = (
    "restore the home from a copy, or, where peers have the chain, `supercloud node reset` and start again"
)
HEIGHTS_LOOKED_AT: Final = 8
LEAVES_MAX: Final = 16_384
"""Leaves whose records a start reads at most, for the last heights and, after an end that was not clean, for the rest."""
FORMAT_KEY: Final = b"format"
FORMAT: Final = b"sealed"
"""Noted beside the tables; files without it were written before records had seals."""


class StorageDamaged(Exception):
    """A file is there that LMDB did not write or that was changed since."""


def damaged(folder: Path, why: Exception) -> StorageDamaged:
    """The refusal of a file, with what helps."""
    return StorageDamaged(f"{folder} is damaged: {why}; {CURE}")


class Shape(NamedTuple):
    """What a file holds."""

    tables: tuple[str, ...]
    read_at_start: tuple[str, ...]
    """Those that a node reads whole when it begins after an end that was not clean."""
    look: Callable[[Pages], None]
    """Look at the records of the last heights. Raises Damaged, Unsealed."""
    seal_former: Callable[[Any, Mapping[str, Any]], None]
    """Given a transaction and the tables, rewrite the records of a file that has no seals."""


def seal_records(txn: Any, tables: Mapping[str, Any]) -> None:
    """Give every record of the tables its seal."""
    for table in tables.values():
        with txn.cursor(table) as cursor:
            there = cursor.first()
            while there:
                key = cursor.key()
                cursor.put(key, seal(key, cursor.value()))
                there = cursor.next()


@contextmanager
def damage_named(folder: Path) -> Iterator[None]:
    """Whatever a damaged file leads to is a StorageDamaged."""
    try:
        yield
    except (Damaged, Unsealed, UnicodeDecodeError, struct.error) as error:
        raise damaged(folder, error) from error
    except OSError as error:
        raise StorageDamaged(f"{folder} can not be read: {error.strerror}; {CURE}") from error


@contextmanager
def pages_of(folder: Path) -> Iterator[Pages | None]:
    """The pages of a file, or None where there is none yet. Raises StorageDamaged."""
    path = folder / "data.mdb"
    if not path.exists() or not path.stat().st_size:
        yield None
        return
    with damage_named(folder):
        pages = Pages(path)
        try:
            yield pages
        finally:
            pages.close()


def has_seals(pages: Pages, shape: Shape) -> bool:
    """Whether a file's records have seals; only files of before have none. Raises Damaged."""
    if not pages.notes:
        return False
    if pages.notes != {FORMAT_KEY: FORMAT} or pages.tables.keys() != set(shape.tables):
        raise Damaged("tables have other names")
    return True


def look_over(folder: Path, shape: Shape, *, whole: bool) -> None:
    """Look at what was written last; with `whole` at the other leaves as well. Raises StorageDamaged."""
    with pages_of(folder) as pages:
        if pages is None:
            return
        sealed = has_seals(pages, shape)
        left = LEAVES_MAX
        for name, table in pages.tables.items():
            if not whole or name in shape.read_at_start:
                pages.look(table, sys.maxsize if whole else 0)
            else:
                left -= pages.look(table, left, unseal if sealed else None)
        pages.claim_free()
        big = sum(table.big_pages for table in pages.tables.values())
        # More would be pages that are lost to use, which harms nothing that was written.
        if pages.unclaimed() < big:
            raise Damaged(
                f"{big} pages have long values, but only {pages.unclaimed()} are neither used nor free"
            )
        if sealed:
            shape.look(pages)
