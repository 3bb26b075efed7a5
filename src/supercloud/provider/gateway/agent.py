"""What the gateway needs of the agent behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, NamedTuple, Protocol

from supercloud.provider.drivers.base import ExecSession, LogLine
from supercloud.provider.event import LeaseRef


class LeaseUnknown(Exception):
    """This provider does not serve that lease, or has no manifest for it yet."""


class MigrationRefused(Exception):
    """Names or addresses that are not moved: HTTP status and the text clients see."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


class Migration(NamedTuple):
    """What a tenant wants moved, and to which of its deployments."""

    owner: str
    names: tuple[str, ...]
    dseq: int
    gseq: int


class Agent(Protocol):
    """What the gateway asks of the agent. Leases are always those of the client's own account."""

    address: str

    async def receive_manifest(self, owner: str, dseq: int, body: bytes) -> None:
        """Take a manifest. Raises ManifestRefused."""

    async def manifest(self, lease: LeaseRef) -> bytes | None:
        """The manifest of a lease as JSON."""

    def serves(self, lease: LeaseRef) -> bool:
        """Whether this is an active lease of ours."""

    async def lease_status(self, lease: LeaseRef) -> dict[str, Any] | None:
        """Status of a lease; None when it has no manifest."""

    def logs(
        self, lease: LeaseRef, services: tuple[str, ...], follow: bool, tail: int
    ) -> AsyncIterator[LogLine]:
        """Lines of a lease. Raises LeaseUnknown, DriverError."""

    def events(
        self, lease: LeaseRef, services: tuple[str, ...], follow: bool
    ) -> AsyncIterator[dict[str, Any]]:
        """Events of a lease. Raises LeaseUnknown, DriverError."""

    async def shell(
        self, lease: LeaseRef, service: str, replica: int, command: list[str], tty: bool, stdin: bool
    ) -> ExecSession:
        """A command in a replica. Raises LeaseUnknown, DriverError."""

    async def migrate_hostnames(self, wanted: Migration) -> list[str]:
        """Let names answer for another deployment of the same tenant. Raises MigrationRefused."""

    async def migrate_endpoints(self, wanted: Migration) -> list[str]:
        """The same for leased addresses. Raises MigrationRefused."""

    def status(self) -> dict[str, Any]:
        """Public status."""

    def version(self) -> dict[str, Any]:
        """Versions."""
