"""What was deployed last for each lease: its version and containers, in one small file a lease.

Labels of a container can not be changed, and an update leaves those alone that stay as they are, so the version can not
stand there. A file that is missing or damaged only means that the lease is deployed once more, which changes nothing
that is right.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from supercloud.provider.drivers.base import namespace


class Record(NamedTuple):
    """A lease that was deployed to the end."""

    version: str
    containers: frozenset[str]


class Records:
    """The records in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save(self, lease: str, record: Record) -> None:
        """Remember; written beside and renamed, so that a crash leaves the old or the new one."""
        self._folder.mkdir(parents=True, exist_ok=True)
        fresh = self._path(lease).with_suffix(".new")
        document = {"lease": lease, "version": record.version, "containers": sorted(record.containers)}
        fresh.write_text(json.dumps(document))
        fresh.replace(self._path(lease))

    def get(self, lease: str) -> Record | None:
        """What was remembered; None when nothing was, or nothing that can be read."""
        try:
            document = json.loads(self._path(lease).read_text())
            return Record(str(document["version"]), frozenset(map(str, document["containers"])))
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def forget(self, lease: str) -> None:
        """The lease is over, or is about to be changed."""
        self._path(lease).unlink(missing_ok=True)

    def _path(self, lease: str) -> Path:
        return self._folder / f"{namespace(lease)}.json"
