"""The mock's machine: containers, volumes and images, which outlive the driver that made them, and faults to come."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from supercloud.provider.drivers.base import DriverError, Gpu
from supercloud.provider.drivers.journal import Journal
from supercloud.provider.drivers.mock import shell
from supercloud.provider.drivers.restarts import Restarts
from supercloud.sdl.manifest import Service

PAGE = "<!doctype html><title>Mock</title><p>{name} would answer here.</p>\n"


class Files(MutableMapping[str, str]):
    """What a container sees: its own files, and volumes where they are mounted."""

    def __init__(self, volumes: Mapping[str, dict[str, str]]) -> None:
        self._own: dict[str, str] = {}
        self._volumes = volumes

    def _place(self, name: str) -> dict[str, str]:
        inside = (files for mount, files in self._volumes.items() if name.startswith(mount.rstrip("/") + "/"))
        return next(inside, self._own)

    def __getitem__(self, name: str) -> str:
        return self._place(name)[name]

    def __setitem__(self, name: str, text: str) -> None:
        self._place(name)[name] = text

    def __delitem__(self, name: str) -> None:
        del self._place(name)[name]

    def __iter__(self) -> Iterator[str]:
        return (name for files in (self._own, *self._volumes.values()) for name in files)

    def __len__(self) -> int:
        return sum(1 for _ in self)


@dataclass(eq=False)
class Container:
    """One container of the mock."""

    id: str
    name: str
    lease: str
    service: Service
    replica: int
    settings: str
    environment: Mapping[str, str]
    files: Files
    gpus: tuple[str, ...]
    running: bool = False
    exit_code: int | None = None
    note: str = ""
    lines: list[str] = field(default_factory=list)
    http: dict[int, int] = field(default_factory=dict)
    servers: list[asyncio.AbstractServer] = field(default_factory=list)
    said: asyncio.Event = field(default_factory=asyncio.Event)
    """Set, and exchanged for a fresh one, when there are new lines or the container is gone."""
    gone: bool = False

    def say(self, text: str) -> None:
        """Add to its log."""
        self.lines += text.splitlines()
        self.wake()

    def wake(self) -> None:
        """Let those who follow its log look again."""
        self.said.set()
        self.said = asyncio.Event()


@dataclass
class Fault:
    """An error that the next `times` calls of a verb raise."""

    verb: str
    error: DriverError
    times: int = 1


class MockMachine:
    """What there is. Several drivers may be made on it one after the other, as agents that restart."""

    def __init__(self, cpu: int = 8000, memory: int = 16 * 2**30, disk: int = 100 * 2**30) -> None:
        self.cpu, self.memory, self.disk = cpu, memory, disk
        self.gpus: tuple[Gpu, ...] = ()
        self.missing_images: set[str] = set()
        """Images that can not be pulled."""
        self.faults: list[Fault] = []
        self.containers: dict[str, Container] = {}
        self.volumes: dict[str, tuple[str, dict[str, str]]] = {}
        """Lease and files by volume."""
        self.deployed: dict[str, tuple[str, frozenset[str]]] = {}
        """Version and container names by lease, of deployments that came to their end."""
        self.journal = Journal()
        self.restarts = Restarts()
        self.changed = asyncio.Event()
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._made = 0

    def fail(self, verb: str, error: DriverError, times: int = 1) -> None:
        """Have the next calls of a verb (deploy, remove, observe, ...) raise an error."""
        self.faults.append(Fault(verb, error, times))

    def check(self, verb: str) -> None:
        """Raise what is to come for this verb."""
        for fault in self.faults:
            if fault.verb == verb and fault.times > 0:
                fault.times -= 1
                raise fault.error

    def fresh_id(self) -> str:
        """Ids count up, so that every run is the same."""
        self._made += 1
        return f"{self._made:012x}"

    # --- Containers

    def of(self, lease: str) -> list[Container]:
        """A lease's containers in order."""
        there = (item for item in self.containers.values() if item.lease == lease)
        return sorted(there, key=lambda item: (item.service.name, item.replica))

    def start(self, item: Container) -> None:
        """Run what it is for; a command that ends at once ends the container."""
        item.running, item.exit_code, item.note = True, None, ""
        self.journal.add(item.lease, item.service.name, item.name, ("Normal", "Started", "Started container"))
        words = [*item.service.command, *item.service.args]
        done = shell.run(words, item.files, item.environment)
        item.say(done.output + done.errors)
        if done.code is not shell.RUNNING:
            self.end(item, done.code)
        self.changed.set()

    def end(self, item: Container, exit_code: int, why: str = "") -> None:
        """A container ends; it is started again after a while."""
        item.running, item.exit_code = False, exit_code
        said = " | ".join(item.lines[-5:])
        item.note = (why or f"exited with code {exit_code}") + (f"; it said: {said}" if said else "")
        reason = "OOMKilling" if "memory" in why else "BackOff"
        event = ("Warning", reason, f"Container {item.note}")
        self.journal.add(item.lease, item.service.name, item.name, event)
        loop = asyncio.get_running_loop()
        pause_s = self.restarts.ended(item.id, loop.time()) - loop.time()
        self._timers[item.id] = loop.call_later(pause_s, self._restart, item.id)
        self.changed.set()

    def out_of_memory(self, item: Container) -> None:
        """The kernel kills a container."""
        self.end(item, 137, "ran out of memory and was killed")

    def _restart(self, reference: str) -> None:
        self._timers.pop(reference, None)
        item = self.containers.get(reference)
        if item is None or item.running:
            return
        note = item.note
        self.restarts.started(item.id, asyncio.get_running_loop().time())
        self.start(item)
        if item.running:
            item.note = f"{note}, {self.restarts.count(item.id)} restart(s)"

    def delete(self, item: Container) -> None:
        """Remove one container and its listeners."""
        item.running, item.gone = False, True
        self.containers.pop(item.id, None)
        for server in item.servers:
            server.close()
        item.wake()
        self.changed.set()

    def rest(self) -> None:
        """Cancel what waits, at the end of a test."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    async def listen(self, item: Container, host: str, port: int) -> int:
        """A port of a container on this machine, where a page is given to everybody; returns its number."""

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                await reader.readuntil(b"\r\n\r\n")
                body = PAGE.format(name=item.name).encode()
                head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
                writer.write(head.encode() + body)
                await writer.drain()
            writer.close()

        server = await asyncio.start_server(answer, host, port)
        item.servers.append(server)
        address: Any = server.sockets[0].getsockname()
        return int(address[1])
