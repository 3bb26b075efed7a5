"""Looks after the containers of one agent: what ended is started again, later each time, and why it ended is kept.

Engine events only wake it up; what it does follows from the list of containers, so that a lost event costs seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import time
from typing import Any, Final, NamedTuple

from supercloud.provider.drivers.base import DriverError
from supercloud.provider.drivers.journal import Journal
from supercloud.provider.drivers.podman import container, events, failures, ports, streams
from supercloud.provider.drivers.podman.connection import Connection
from supercloud.provider.drivers.podman.found import Found
from supercloud.provider.drivers.restarts import Restarts

log = logging.getLogger(__name__)

POLL_S: Final = 5.0
EVENTS_RETRY_S: Final = 5.0
ENDED: Final = frozenset({"exited", "stopped"})
LAST_LINES: Final = 5
LAST_CHARS_MAX: Final = 1000
_EXIT_CODE: Final = re.compile(r"Exited \((-?\d+)\)")


class End(NamedTuple):
    """How a container ended last."""

    exit_code: int
    out_of_memory: bool
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """For people."""
        why = (
            "ran out of memory and was killed" if self.out_of_memory else f"exited with code {self.exit_code}"
        )
        said = " | ".join(line for line in self.lines if line)[-LAST_CHARS_MAX:]
        return f"{why}; it said: {said}" if said else why


class Keeper:
    """One for each driver; `locks` keep it away from leases that are being changed."""

    def __init__(self, engine: Connection, scope: str, journal: Journal, renames_ports: bool) -> None:
        self.changed = asyncio.Event()
        self._engine = engine
        self._scope = scope
        self._journal = journal
        self._renames = renames_ports
        self._restarts = Restarts()
        self._ends: dict[str, End] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin looking."""
        self._tasks = [
            asyncio.create_task(self._look_on(), name="containers"),
            asyncio.create_task(self._listen()),
        ]

    async def stop(self) -> None:
        """Look no more; containers go on."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def lock(self, lease: str) -> asyncio.Lock:
        """Held by whoever changes a lease's containers."""
        return self._locks.setdefault(lease, asyncio.Lock())

    def forget(self, lease: str) -> None:
        """The lease is over."""
        lock = self._locks.get(lease)
        if lock is not None and not lock.locked():
            del self._locks[lease]

    # --- What others ask

    def restarts(self, item: Found) -> int:
        """How often a container was started again."""
        return self._restarts.count(item.id)

    def exit_code(self, item: Found) -> int | None:
        """With what it ended; None while it runs or when it was never started."""
        if item.running:
            return None
        if item.id in self._ends:
            return self._ends[item.id].exit_code
        stated = _EXIT_CODE.search(item.status)
        return int(stated.group(1)) if stated else None

    def note(self, item: Found) -> str:
        """Why a container does not run, or how it ended before it was started again; for people."""
        end, restarts = self._ends.get(item.id), self._restarts.count(item.id)
        if end is None:
            return "" if item.running else item.status or item.state
        if item.running:
            return f"{end.text}, {restarts} restart(s)" if restarts else ""
        wait_s = self._restarts.wait_s(item.id, time.monotonic())
        again = f", started again in {wait_s:.0f} s" if wait_s >= 1 else ""
        return f"{end.text}, {restarts} restart(s){again}"

    # --- Looking

    async def _look_on(self) -> None:
        while True:
            try:
                await self._engine.revive()
                with failures.translated("the engine"):
                    await self._look()
            except DriverError as error:
                log.warning("containers are not looked after now", extra={"reason": str(error)})
            due_s = self._restarts.next_due_s()
            pause_s = POLL_S if due_s is None else min(max(due_s - time.monotonic(), 0.05), POLL_S)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await self._wake.wait()
            self._wake.clear()

    async def _look(self) -> None:
        items = await self._engine.containers(container.LABEL_SCOPE, self._scope)
        known = {item.id for item in items}
        self._restarts.keep(known)
        self._ends = {reference: end for reference, end in self._ends.items() if reference in known}
        for item in items:
            if item.running:
                self._restarts.runs(item.id)
            elif item.state in ENDED and not self.lock(item.lease).locked():
                await self._ended(item)

    async def _ended(self, item: Found) -> None:
        """A container does not run: note why, and start it when it is time."""
        async with self.lock(item.lease):
            now_s = time.monotonic()
            waiting = self._restarts.wait_s(item.id, now_s) > 0
            if not waiting and not self._restarts.is_due(item.id, now_s):
                await self._note_end(item)
            if self._restarts.ended(item.id, now_s) > now_s:
                return
            try:
                with failures.translated("a container"):
                    await self.run(item.id, item.renamed)
            except DriverError as error:
                log.warning(
                    "container not started again", extra={"container": item.name, "reason": str(error)}
                )
            finally:
                self._restarts.started(item.id, time.monotonic())
                self.changed.set()

    async def _note_end(self, item: Found) -> None:
        with failures.absent_is_fine():
            state: dict[str, Any] = (await self._engine.api.containers.container(item.id).show())["State"]
            lines = tuple(await streams.last_lines(self._engine.api, item.id, LAST_LINES))
            end = End(int(state.get("ExitCode") or 0), bool(state.get("OOMKilled")), lines)
            self._ends[item.id] = end
            reason = "OOMKilling" if end.out_of_memory else "BackOff"
            self._journal.add(
                item.lease, item.service, item.name, ("Warning", reason, f"Container {end.text}")
            )
            self.changed.set()

    async def run(self, reference: str, renamed: tuple[tuple[str, int, int], ...]) -> None:
        """Start a container and turn its ports; the caller holds the lease's lock. Raises the library's errors."""
        item = self._engine.api.containers.container(reference)
        await item.start()
        if renamed and self._renames:
            state = (await item.show())["State"]
            if not await ports.rename(int(state.get("Pid") or 0), renamed):
                log.warning("ports of a container are not renamed", extra={"container": reference[:12]})

    async def _listen(self) -> None:
        """Keep what the engine tells, and look at once when something ended."""
        while True:
            try:
                with failures.translated("the engine's events"):
                    label = f"{container.LABEL_SCOPE}={self._scope}"
                    async for message in streams.engine_events(self._engine.api, label):
                        self._hear(message)
            except DriverError as error:
                log.info("engine events ended", extra={"reason": str(error)})
            await asyncio.sleep(EVENTS_RETRY_S)

    def _hear(self, message: dict[str, Any]) -> None:
        event = events.of_engine(message)
        if event is not None:
            self._journal.add(*event)
        if message.get("Action") in ("die", "died", "start", "remove"):
            self._wake.set()
            self.changed.set()
