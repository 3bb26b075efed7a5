"""What a driver does: tell what the machine has, run a lease's services, find them again, look into them.

Verbs are idempotent: deploying what runs changes nothing, removing what is gone is no error. A driver that can not
reach its engine raises TemporaryError; nobody may conclude from that that a workload failed.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple, Protocol

from supercloud.sdl.manifest import Service

LINE_CHARS_MAX: Final = 64 * 1024


class DriverError(Exception):
    """Base of what drivers raise on purpose."""


class TemporaryError(DriverError):
    """The engine can not be asked right now; `retry_after` in seconds."""

    def __init__(self, text: str, retry_after: float = 2.0) -> None:
        super().__init__(text)
        self.retry_after = retry_after


class PermanentError(DriverError):
    """The request can not succeed as it stands: no such image, a port in use, a limit the engine refuses."""


class PortTaken(PermanentError):
    """A host port is used by another program."""

    def __init__(self, text: str, host_port: int) -> None:
        super().__init__(text)
        self.host_port = host_port


class Gpu(NamedTuple):
    """One GPU: names as attributes have them, e.g. nvidia / a100 / 80Gi / sxm."""

    vendor: str
    model: str
    ram: str
    interface: str
    id: str


class Capabilities(NamedTuple):
    """What a driver can do on this machine, for those who decide what to offer."""

    limits_cpu: bool = True
    limits_memory: bool = True
    limits_storage: bool = True
    gives_gpus: bool = False
    renames_ports: bool = True
    """Peers reach a service by the port it is exposed `as`, not only by the one it listens on."""
    blocks_private_networks: bool = False


class Fingerprint(NamedTuple):
    """What the machine has. CPU in thousandths of a core, sizes in bytes, storage by class."""

    name: str
    engine: str
    cpu: int
    memory: int
    storage: Mapping[str, int]
    gpus: tuple[Gpu, ...]
    unenforced: tuple[str, ...]
    """Limits the engine can not enforce here, as sentences for people."""
    capabilities: Capabilities = Capabilities()


class Workload(NamedTuple):
    """What should run for one lease. `ports` maps (service, container port, proto) to the host port that forwards."""

    lease: str
    namespace: str
    version: str
    services: tuple[Service, ...]
    environment: Mapping[str, str]
    ports: Mapping[tuple[str, int, str], int]
    listen: str


class Replica(NamedTuple):
    """One container as it is. `http` maps container ports to loopback ports that reach it; `note` says for people why
    it is not running, with its last log lines."""

    name: str
    service: str
    running: bool
    exit_code: int | None
    restarts: int
    note: str
    http: Mapping[int, int]


class Observed(NamedTuple):
    """What runs for one lease, found by its labels. `complete` says every container was created."""

    lease: str
    version: str
    replicas: tuple[Replica, ...]
    complete: bool


class Usage(NamedTuple):
    """What a replica used: CPU time in nanoseconds since its start, memory now and bytes through its network."""

    replica: str
    cpu_ns: int
    memory: int
    received: int
    sent: int


class LogLine(NamedTuple):
    """One line of one replica, at most LINE_CHARS_MAX of it; a longer one comes as several."""

    replica: str
    text: str


class ExecSession(Protocol):
    """A command running in a replica."""

    def output(self) -> AsyncIterator[tuple[int, bytes]]:
        """(1 stdout or 2 stderr, bytes) until the command ends."""

    async def write(self, data: bytes) -> None:
        """Bytes for its stdin."""

    async def close_stdin(self) -> None:
        """No more input."""

    async def resize(self, columns: int, rows: int) -> None:
        """New size of its terminal."""

    async def exit_code(self) -> int:
        """After the output ended."""

    async def close(self) -> None:
        """End it."""


Progress = Callable[[str], None]


class Driver(Protocol):
    """A container engine, seen as what a provider needs of it."""

    async def start(self) -> None:
        """Connect; start the engine's service when it is ours. Raises TemporaryError."""

    async def close(self) -> None:
        """Disconnect; workloads go on."""

    async def fingerprint(self) -> Fingerprint:
        """What the machine has."""

    async def recover(self) -> list[Observed]:
        """Everything that runs or ran here for leases."""

    async def deploy(self, workload: Workload, progress: Progress | None = None) -> None:
        """Make a lease's containers be as the workload says; volumes stay. Raises PermanentError, TemporaryError."""

    async def remove(self, lease: str) -> None:
        """Remove everything of a lease, volumes too."""

    async def observe(self, lease: str) -> Observed | None:
        """What runs for a lease; None when nothing does."""

    def logs(self, lease: str, services: tuple[str, ...], follow: bool, tail: int) -> AsyncIterator[LogLine]:
        """Lines of all replicas as they come; `tail` -1 for all."""

    async def exec(
        self, lease: str, service: str, replica: int, command: list[str], tty: bool, stdin: bool
    ) -> ExecSession:
        """Run a command in a running replica. Raises PermanentError naming why it can not."""

    def events(self, lease: str, services: tuple[str, ...], follow: bool) -> AsyncIterator[dict[str, Any]]:
        """What happened to a lease's containers, in the form of the gateway."""

    async def stats(self, lease: str) -> list[Usage]:
        """What the running replicas of a lease use."""

    async def changes(self) -> None:
        """Return when something that runs here changed, or after a while."""


def namespace(lease: str) -> str:
    """A lease's name for networks and containers: base32hex of SHA-224 of its id, as the network's providers use."""
    digest = hashlib.sha224(lease.encode()).digest()
    return base64.b32hexencode(digest).rstrip(b"=").decode().lower()


def environment_of(given: Mapping[str, str], entries: Iterable[str]) -> dict[str, str]:
    """Variables of a container: those given by the provider, and the tenant's `NAME=value` over them. A value may refer
    to what stands before it."""
    result = dict(given)
    for entry in entries:
        name, _, value = entry.partition("=")
        result[name] = expand(value, result)
    return result


def expand(text: str, environment: Mapping[str, str]) -> str:
    """Replace $(NAME) by its value and $$ by $, as Kubernetes does; unknown names stay."""
    result: list[str] = []
    at = 0
    while at < len(text):
        if text[at] == "$" and at + 1 < len(text):
            if text[at + 1] == "$":
                result.append("$")
                at += 2
                continue
            end = text.find(")", at + 2) if text[at + 1] == "(" else -1
            name = text[at + 2 : end] if end > 0 else ""
            if name in environment:
                result.append(environment[name])
                at = end + 1
                continue
        result.append(text[at])
        at += 1
    return "".join(result)
