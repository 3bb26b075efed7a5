"""How often providers answered when somebody asked from here: the uptime that a tenant can vouch for.

The ledger knows which leases a provider kept, not whether its gateway answered last night. That only somebody who keeps
asking can say; here it is the tenant, and no stranger's figure has to be believed. Each answer or silence is counted by
hour in one SQLite file, which several commands may write at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from supercloud.sdk.client import Client
from supercloud.sdk.errors import SdkError
from supercloud.sdk.gateway import Gateway

FILE: Final = "sightings.sqlite"
HOUR_S: Final = 3600
SHOWN_H: Final = 7 * 24
KEPT_H: Final = 90 * 24
ANSWER_S: Final = 3.0
"""A provider that takes longer than this counts as silent."""
ASKED_AT_ONCE: Final = 16


class Uptime(NamedTuple):
    """Of so many times that a provider was asked it answered so many."""

    answered: int
    asked: int

    @property
    def percent(self) -> str:
        """Rounded down, so that 100 % means always."""
        return f"{self.answered * 1000 // self.asked / 10:g} %" if self.asked else "-"

    def __str__(self) -> str:
        """With how often that was."""
        return f"{self.percent} of {self.asked}" if self.asked else "not asked yet"


class Sightings:
    """The file of one home. A file that can not be read or written keeps nobody from deploying: nothing is known then."""

    def __init__(self, home: Path) -> None:
        self._path = home / FILE

    def note(self, provider: str, answered: bool, now_s: float | None = None) -> None:
        """Count one answer or silence."""
        hour = int(time.time() if now_s is None else now_s) // HOUR_S
        with contextlib.suppress(sqlite3.Error, OSError), self._open() as table:
            table.execute(
                "INSERT INTO sightings VALUES (?, ?, 1, ?) ON CONFLICT (provider, hour) "
                "DO UPDATE SET asked = asked + 1, answered = answered + excluded.answered",
                (provider, hour, int(answered)),
            )
            table.execute("DELETE FROM sightings WHERE hour < ?", (hour - KEPT_H,))

    def uptime(self, provider: str, hours: int = SHOWN_H, now_s: float | None = None) -> Uptime:
        """What was counted in the last hours, a week by default."""
        since = int(time.time() if now_s is None else now_s) // HOUR_S - hours
        with contextlib.suppress(sqlite3.Error, OSError), self._open() as table:
            found = table.execute(
                "SELECT total(answered), total(asked) FROM sightings WHERE provider = ? AND hour > ?",
                (provider, since),
            ).fetchone()
            return Uptime(int(found[0]), int(found[1]))
        return Uptime(0, 0)

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.closing(sqlite3.connect(self._path, timeout=5)) as table, table:
            # What a power cut takes away here is one count.
            table.execute("PRAGMA synchronous = OFF")
            table.execute(
                "CREATE TABLE IF NOT EXISTS sightings (provider TEXT, hour INTEGER, asked INTEGER NOT NULL, "
                "answered INTEGER NOT NULL, PRIMARY KEY (provider, hour)) WITHOUT ROWID"
            )
            yield table


async def round_trip_s(client: Client, provider: str) -> float | None:
    """Seconds to a provider's gateway and back; None when it does not answer in ANSWER_S or has no record."""
    try:
        async with asyncio.timeout(ANSWER_S), await Gateway.of(client, provider) as gateway:
            return await gateway.round_trip_s()
    except (SdkError, TimeoutError):
        return None


async def ask(client: Client, providers: Iterable[str], sightings: Sightings) -> dict[str, float | None]:
    """Ask each provider once, a few at a time, and count; seconds of the round trip by provider."""
    room = asyncio.Semaphore(ASKED_AT_ONCE)

    async def one(provider: str) -> tuple[str, float | None]:
        async with room:
            seconds = await round_trip_s(client, provider)
        sightings.note(provider, seconds is not None)
        return provider, seconds

    return dict(await asyncio.gather(*(one(provider) for provider in providers)))
