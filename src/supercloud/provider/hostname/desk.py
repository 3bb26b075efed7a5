"""The names given out, on record: who asked first has one, and keeps it until its lease ends or hands it on."""

from __future__ import annotations

from collections.abc import Mapping

from supercloud.provider.event import LeaseRef
from supercloud.provider.hostname import names
from supercloud.provider.hostname.names import NameTaken
from supercloud.provider.state import State
from supercloud.sdl.manifest import Group


class NameDesk:
    """One provider's names. `blocked` are names nobody gets: exact, or with a leading dot all below."""

    def __init__(self, state: State, blocked: tuple[str, ...]) -> None:
        self._state = state
        self._blocked = blocked

    def check(self, wanted: Mapping[str, Mapping[str, str]]) -> None:
        """Whether leases may have what they want (lease -> name -> service). Raises NameTaken."""
        held = self._held()
        for lease, services in wanted.items():
            self._check_blocked(services)
            names.granted(services, lease, held)

    def take(self, wanted: Mapping[str, Mapping[str, str]]) -> None:
        """Give leases the names they want and may have, and take back those they want no longer. Raises NameTaken.

        A name of the tenant's own other lease stays there until that one ends or the tenant migrates it.
        """
        self.check(wanted)
        held = self._held()
        for name, lease in held.items():
            if lease in wanted and name not in wanted[lease]:
                self._state.release_hostname(name)
        for lease, services in wanted.items():
            for name in names.granted(services, lease, held):
                self._state.hold_hostname(name, lease, services[name])

    def claim(self, lease: str, services: Mapping[str, str]) -> bool:
        """Give a lease those of its names that became free; returns whether there were any."""
        held = self._held()
        free = [name for name in services if name not in held and not names.blocked(name, self._blocked)]
        for name in free:
            self._state.hold_hostname(name, lease, services[name])
        return bool(free)

    def move(self, name: str, lease: str, service: str) -> None:
        """Let a name answer for another lease of its owner. Raises NameTaken."""
        self._check_blocked((name,))
        holder = self._held().get(name)
        if holder is not None and _owner(holder) != _owner(lease):
            raise NameTaken("hostname not allowed")
        self._state.hold_hostname(name, lease, service)

    def _check_blocked(self, wanted: Mapping[str, str] | tuple[str, ...]) -> None:
        for name in wanted:
            if names.blocked(name, self._blocked):
                raise NameTaken(f"hostname not allowed: {name} is not given out by this provider")

    def _held(self) -> dict[str, str]:
        return {name: lease for name, lease, _ in self._state.hostnames()}


def wanted_by(group: Group | None) -> dict[str, str]:
    """The names that a group's web services ask for, each with its service."""
    return {
        host: service.name
        for service in (group.services if group else ())
        for expose in service.expose
        if expose.is_http
        for host in expose.hosts
    }


def _owner(lease: str) -> str:
    return LeaseRef.parse(lease).order.owner
