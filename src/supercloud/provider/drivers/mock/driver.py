"""The driver of the mock's machine: every verb of a real one, in the same words and with the same errors."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator
from typing import Any, Final

from supercloud.provider.drivers import gpus
from supercloud.provider.drivers.base import (
    LINE_CHARS_MAX,
    Capabilities,
    ExecSession,
    Fingerprint,
    LogLine,
    Observed,
    PermanentError,
    PortTaken,
    Progress,
    Replica,
    Usage,
    Workload,
    environment_of,
    expand,
)
from supercloud.provider.drivers.mock import shell
from supercloud.provider.drivers.mock.machine import Container, Files, MockMachine
from supercloud.sdl.manifest import Service

CHANGES_S: Final = 15.0


class MockDriver:
    """One agent's view of a machine; without one, a machine of its own."""

    def __init__(self, machine: MockMachine | None = None) -> None:
        self.machine = machine or MockMachine()

    async def start(self) -> None:
        """Nothing has to be connected."""
        self.machine.check("start")

    async def close(self) -> None:
        """Containers go on."""

    async def fingerprint(self) -> Fingerprint:
        """The machine as it was made up."""
        self.machine.check("fingerprint")
        machine = self.machine
        storage = {"ephemeral": machine.disk, "default": machine.disk}
        unenforced = ("everything: containers of the mock exist in memory only",)
        able = Capabilities(gives_gpus=bool(machine.gpus))
        return Fingerprint(
            "mock", "Mock 1", machine.cpu, machine.memory, storage, machine.gpus, unenforced, able
        )

    # --- Running

    async def deploy(self, workload: Workload, progress: Progress | None = None) -> None:
        """Create what is missing, replace what changed."""
        machine = self.machine
        machine.check("deploy")
        for service in workload.services:
            self._pull(workload.lease, service, progress)
        present = {item.name: item for item in machine.of(workload.lease)}
        taken = {
            gpu for item in machine.containers.values() if item.lease != workload.lease for gpu in item.gpus
        }
        wanted = {}
        for service in workload.services:
            for index in range(service.count):
                name = f"{service.name}-{workload.namespace[:20]}-{index}"
                given = gpus.keep_or_choose(
                    machine.gpus, taken, service, present[name].gpus if name in present else ()
                )
                taken.update(given)
                wanted[name] = self._make(workload, service, index, name, given)
        kept = {
            name
            for name, item in wanted.items()
            if name in present and present[name].settings == item.settings
        }
        if kept != present.keys() or kept != wanted.keys():
            machine.deployed.pop(workload.lease, None)
        for name, item in present.items():
            if name not in kept:
                machine.delete(item)
        for name, item in wanted.items():
            if name not in kept:
                await self._start(workload, item)
        machine.deployed[workload.lease] = (workload.version, frozenset(wanted))

    def _pull(self, lease: str, service: Service, progress: Progress | None) -> None:
        if service.image in self.machine.missing_images:
            text = f"image {service.image} can not be pulled: it is in no registry of the mock"
            self.machine.journal.add(lease, service.name, "", ("Warning", "Failed", text))
            raise PermanentError(text)
        if progress is not None:
            progress(f"{service.image}: pulled")

    def _make(
        self, workload: Workload, service: Service, index: int, name: str, given: tuple[str, ...]
    ) -> Container:
        """A container as it should be; its volumes are made if they are not there."""
        environment = environment_of(workload.environment, service.env)
        service = service._replace(
            command=tuple(expand(word, environment) for word in service.command),
            args=tuple(expand(word, environment) for word in service.args),
        )
        sizes = {volume.name: volume for volume in service.resources.storage}
        volumes: dict[str, dict[str, str]] = {}
        for mount in service.mounts:
            if mount.name in sizes and sizes[mount.name].persistent:
                key = f"{workload.namespace}-{service.name}-{index}-{mount.name}"
                volumes[mount.mount] = self.machine.volumes.setdefault(key, (workload.lease, {}))[1]
        ports = sorted(entry for entry in workload.ports.items() if entry[0][0] == service.name)
        parts = (service._replace(count=0, credentials=None), environment, ports, workload.listen, given)
        digest = hashlib.sha256(repr(parts).encode()).hexdigest()
        return Container(
            id=self.machine.fresh_id(),
            name=name,
            lease=workload.lease,
            service=service,
            replica=index,
            settings=digest,
            environment=environment,
            files=Files(volumes),
            gpus=given,
        )

    async def _start(self, workload: Workload, item: Container) -> None:
        machine = self.machine
        try:
            await self._listen(workload, item)
        except PortTaken:
            machine.delete(item)
            raise
        machine.containers[item.id] = item
        machine.journal.add(
            item.lease, item.service.name, item.name, ("Normal", "Created", "Created container")
        )
        machine.start(item)

    async def _listen(self, workload: Workload, item: Container) -> None:
        """Web ports on loopback, other global ones of the first replica where the lease was told."""
        for expose in item.service.expose:
            if not expose.is_global or expose.proto != "TCP":
                continue
            if expose.is_http:
                item.http[expose.port] = await self.machine.listen(item, "127.0.0.1", 0)
            elif item.replica == 0:
                port = workload.ports[item.service.name, expose.port, expose.proto]
                try:
                    await self.machine.listen(item, workload.listen, port)
                except OSError as error:
                    raise PortTaken(f"host port {port} is used by another program", port) from error

    async def remove(self, lease: str) -> None:
        """Remove containers and volumes of a lease."""
        self.machine.check("remove")
        for item in self.machine.of(lease):
            self.machine.delete(item)
        self.machine.volumes = {
            name: (owner, files) for name, (owner, files) in self.machine.volumes.items() if owner != lease
        }
        self.machine.deployed.pop(lease, None)
        self.machine.journal.forget(lease)

    # --- Looking

    async def recover(self) -> list[Observed]:
        """Every lease with containers here."""
        self.machine.check("recover")
        leases = sorted({item.lease for item in self.machine.containers.values()})
        return [self._observed(lease) for lease in leases]

    async def observe(self, lease: str) -> Observed | None:
        """What runs for one lease."""
        self.machine.check("observe")
        return self._observed(lease) if self.machine.of(lease) else None

    def _observed(self, lease: str) -> Observed:
        items = self.machine.of(lease)
        version, names = self.machine.deployed.get(lease, ("", frozenset()))
        complete = names == {item.name for item in items}
        return Observed(lease, version, tuple(map(self._replica, items)), complete)

    def _replica(self, item: Container) -> Replica:
        restarts = self.machine.restarts.count(item.id)
        return Replica(
            item.name, item.service.name, item.running, item.exit_code, restarts, item.note, dict(item.http)
        )

    async def changes(self) -> None:
        """Return when something changed, or after a while."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CHANGES_S):
                await self.machine.changed.wait()
        self.machine.changed.clear()

    async def stats(self, lease: str) -> list[Usage]:
        """Nothing is used in memory."""
        self.machine.check("stats")
        return [Usage(item.name, 0, 0, 0, 0) for item in self.machine.of(lease) if item.running]

    # --- Looking inside

    async def logs(
        self, lease: str, services: tuple[str, ...], follow: bool, tail: int
    ) -> AsyncIterator[LogLine]:
        """Lines of a lease's replicas, one replica after the other; with `follow` what comes, as it comes."""
        self.machine.check("logs")
        items = [item for item in self.machine.of(lease) if not services or item.service.name in services]
        read = {}
        for item in items:
            read[item.id] = len(item.lines)
            for text in (
                item.lines if tail < 0 else item.lines[len(item.lines) - min(tail, len(item.lines)) :]
            ):
                for line in _cut(text):
                    yield LogLine(item.name, line)
        while follow and not all(item.gone for item in items):
            waiting = [asyncio.ensure_future(item.said.wait()) for item in items]
            for item in items:
                for text in item.lines[read[item.id] :]:
                    for line in _cut(text):
                        yield LogLine(item.name, line)
                read[item.id] = len(item.lines)
            try:
                await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in waiting:
                    task.cancel()

    async def exec(
        self, lease: str, service: str, replica: int, command: list[str], tty: bool, stdin: bool
    ) -> ExecSession:
        """Run one of the mock's programs in a replica."""
        self.machine.check("exec")
        items = [item for item in self.machine.of(lease) if item.service.name == service]
        if not items:
            raise PermanentError("no such service exists with that name")
        if not 0 <= replica < len(items):
            raise PermanentError(f"pod index out of range: valid range is [0, {len(items) - 1}]")
        if not items[replica].running:
            raise PermanentError("service with that name is not running")
        item = items[replica]
        return MockExec(shell.run(command, item.files, item.environment), tty, stdin)

    async def events(
        self, lease: str, services: tuple[str, ...], follow: bool
    ) -> AsyncIterator[dict[str, Any]]:
        """What happened to a lease's containers."""
        self.machine.check("events")
        async for document in self.machine.journal.read(lease, services, follow):
            yield document


class MockExec:
    """A program that ran, or one that repeats what it is told until its input ends."""

    def __init__(self, outcome: shell.Outcome, tty: bool, stdin: bool) -> None:
        self._outcome = outcome
        self._tty = tty
        self._typed: asyncio.Queue[bytes] = asyncio.Queue()
        self.size = (0, 0)
        if not stdin or not outcome.echoes:
            self._typed.put_nowait(b"")

    async def output(self) -> AsyncIterator[tuple[int, bytes]]:
        """What it wrote, then what it is told."""
        for stream, text in ((1, self._outcome.output), (2, self._outcome.errors)):
            if text:
                yield 1 if self._tty else stream, text.encode()
        while data := await self._typed.get():
            yield 1, data

    async def write(self, data: bytes) -> None:
        """Bytes for its stdin."""
        if data:
            self._typed.put_nowait(data)

    async def close_stdin(self) -> None:
        """No more input."""
        self._typed.put_nowait(b"")

    async def resize(self, columns: int, rows: int) -> None:
        """Kept for tests to look at."""
        self.size = (columns, rows)

    async def exit_code(self) -> int:
        """After the output ended."""
        return self._outcome.code or 0

    async def close(self) -> None:
        """End it."""
        self._typed.put_nowait(b"")


def _cut(text: str) -> list[str]:
    return [text[at : at + LINE_CHARS_MAX] for at in range(0, max(len(text), 1), LINE_CHARS_MAX)]
