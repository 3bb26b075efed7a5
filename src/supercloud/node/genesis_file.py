"""The genesis document of a node's home: read and checked once, afterwards only what is small of it, and the rest from disk.

    config/genesis.json       the document
    genesis.head              what was checked: its length and time of change, everything but the state
    genesis.served            the document in CometBFT's form, where it is written in another one

The last two lie in the folder of the node's data and are made anew whenever the document is not the one they are of.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from supercloud.node.files import write_durably
from supercloud.node.genesis import Document, Genesis, GenesisError, in_comet_form, parse, read

_HEAD: Final = "genesis.head"
_SERVED: Final = "genesis.served"


@dataclass(frozen=True)
class OnDisk:
    """A document that stays in its file."""

    path: Path

    def document(self) -> Document:
        """All of it, read anew. Raises GenesisError."""
        return in_comet_form(read(self.path))

    def size(self) -> int:
        """Bytes of the file."""
        return self.path.stat().st_size

    def part(self, at: int, count: int) -> bytes:
        """Bytes of the file, from `at` on."""
        with self.path.open("rb") as file:
            file.seek(at)
            return file.read(count)


def load(path: Path, folder: Path) -> Genesis:
    """A genesis file whose state stays on disk; `folder` keeps what of it is needed again. Raises GenesisError."""
    try:
        status = path.stat()
    except OSError as error:
        raise GenesisError(f"{path}: {error.strerror}") from error
    # Other contents of the same length and time would be served, but nothing that is decided depends on them.
    stamp = [status.st_size, status.st_mtime_ns]
    known = _known(folder / _HEAD)
    if known.get("stamp") == stamp and isinstance(known.get("head"), dict):
        served = folder / _SERVED if known.get("rewritten") else path
        if served.exists():
            return parse(known["head"], OnDisk(served))
    return _load_anew(path, folder, stamp)


def _load_anew(path: Path, folder: Path, stamp: list[int]) -> Genesis:
    document = read(path)
    genesis = parse(document)
    rewritten = genesis.document is not document
    served = folder / _SERVED if rewritten else path
    try:
        if rewritten:
            write_durably(served, orjson.dumps(genesis.document))
        write_durably(
            folder / _HEAD, orjson.dumps({"stamp": stamp, "rewritten": rewritten, "head": genesis.head})
        )
    except OSError:
        # The disk is full, or this process may only read: then the document stays in memory.
        return genesis
    return parse(genesis.head, OnDisk(served))


def _known(path: Path) -> dict[str, Any]:
    try:
        found = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return {}
    return found if isinstance(found, dict) else {}
