"""The plan: which leases' containers to make, change, remove. Pure.

Nothing is ever removed because something is not known: only a lease that the ledger itself calls over goes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple


class Desired(NamedTuple):
    """A lease that is active on the ledger; `version` is its manifest's, None while none was received."""

    lease: str
    version: str | None


class Running(NamedTuple):
    """What a driver found for a lease."""

    lease: str
    version: str
    complete: bool


class Plan(NamedTuple):
    """What to do, each as lease ids in order."""

    create: tuple[str, ...]
    update: tuple[str, ...]
    remove: tuple[str, ...]
    keep: tuple[str, ...]


def plan(desired: Iterable[Desired], running: Iterable[Running], over: Mapping[str, bool]) -> Plan:
    """Compare. `over` says of leases that run but are not desired whether the ledger calls them closed; one that is
    missing there could not be asked about and stays."""
    found = {item.lease: item for item in running}
    create, update, keep = [], [], []
    wanted = set()
    for item in desired:
        wanted.add(item.lease)
        there = found.get(item.lease)
        if item.version is None:
            if there is not None:
                keep.append(item.lease)
        elif there is None:
            create.append(item.lease)
        elif there.version != item.version or not there.complete:
            update.append(item.lease)
        else:
            keep.append(item.lease)
    remove: list[str] = []
    for lease in found:
        if lease not in wanted:
            (remove if over.get(lease) else keep).append(lease)
    return Plan(tuple(sorted(create)), tuple(sorted(update)), tuple(sorted(remove)), tuple(sorted(keep)))
