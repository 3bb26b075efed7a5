"""Leases as containers of Podman or Docker.

Each lease has a network of its own, in which services find each other by name, and containers that carry the lease in
their labels; a restarted agent finds everything again by them. Labels also name the agent, so that several of them, and
other people's containers, get along on one machine.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any, Final, NamedTuple

import aiodocker

from supercloud.children import turn_over
from supercloud.provider.drivers import gpus
from supercloud.provider.drivers.base import (
    DriverError,
    ExecSession,
    Fingerprint,
    LogLine,
    Observed,
    PermanentError,
    Progress,
    Replica,
    Usage,
    Workload,
    namespace,
)
from supercloud.provider.drivers.journal import Journal
from supercloud.provider.drivers.podman import container, events, failures, machine, nvidia, ports, streams
from supercloud.provider.drivers.podman.connection import Connection
from supercloud.provider.drivers.podman.container import Machine
from supercloud.provider.drivers.podman.engine import LOG_NAME, is_podman, process_limits
from supercloud.provider.drivers.podman.found import Found, by_lease
from supercloud.provider.drivers.podman.images import Images, Limits
from supercloud.provider.drivers.podman.keeper import Keeper
from supercloud.provider.drivers.podman.records import Record, Records
from supercloud.provider.guard import egress
from supercloud.sdl.manifest import Service

log = logging.getLogger(__name__)

CHANGES_S: Final = 15.0
COLLECT_S: Final = 3600.0
CONFLICT: Final = 409


class Settings(NamedTuple):
    """How this machine's engine is used; see the provider's settings of the same names."""

    engine_socket: str = ""
    image_pull_timeout_s: float = 600.0
    insecure_registries: tuple[str, ...] = ()
    storage_reserve: int = 2 * 2**30
    block_private_networks: bool = True


class PodmanDriver:
    """One engine on this machine; `folder` is where the driver keeps what it has to remember."""

    def __init__(self, folder: Path, settings: Settings = Settings()) -> None:  # noqa: B008 (a value)
        self._folder = folder
        self._settings = settings
        self._engine = Connection(folder, settings.engine_socket, settings.insecure_registries)
        self._records = Records(folder / "leases")
        self._journal = Journal()
        self._collector: asyncio.Task[None] | None = None

    # --- The engine

    async def start(self) -> None:
        """Connect to a running engine, or start Podman's service, and begin to look after what runs."""
        self._folder.mkdir(parents=True, exist_ok=True)
        await self._engine.start()
        with failures.translated("the engine"):
            self._info = dict(await self._engine.api.system.info())
        files, processes = process_limits()
        self._machine = Machine(scope(self._folder), files, processes, is_podman(self._info))
        self._renames = machine.is_local(self._info) and ports.possible()
        found = await asyncio.to_thread(nvidia.listed)
        self._graphics = nvidia.graphics(self._info, found)
        self._gpus = self._graphics.given
        storage = machine.storage_folder(self._info)
        limits = Limits(self._settings.image_pull_timeout_s, self._settings.storage_reserve)
        self._images = Images(self._folder / "images.json", storage, limits)
        self._guarded = await self._guard()
        self._keeper = Keeper(self._engine, self._machine.scope, self._journal, self._renames)
        self._keeper.start()
        self._collector = asyncio.create_task(self._collect(), name="images")

    async def close(self) -> None:
        """Disconnect; containers go on."""
        if self._collector is not None:
            self._collector.cancel()
            await asyncio.gather(self._collector, return_exceptions=True)
            await self._keeper.stop()
            self._collector = None
        await self._engine.close()

    async def fingerprint(self) -> Fingerprint:
        """What the machine has, as the engine and the kernel tell."""
        with failures.translated("the engine"):
            info = dict(await self._engine.api.system.info())
        return machine.fingerprint(info, self._graphics, self._renames, self._guarded)

    async def _guard(self) -> bool:
        """Shut containers off from private networks; False where that is not wanted or can not be done."""
        if (
            not self._settings.block_private_networks
            or not machine.is_local(self._info)
            or not egress.possible()
        ):
            return False
        try:
            await egress.apply(egress.rules())
            with failures.translated("the engine"):
                for lease in await self._networks(container.LABEL_OURS, "true"):
                    await egress.apply(egress.let_through(container.bridge_name(namespace(lease))))
        except egress.EgressError as error:
            log.warning("private networks are not blocked", extra={"reason": str(error)})
            return False
        return True

    async def _collect(self) -> None:
        """Remove images that nobody has used for a day, and what the engine printed long ago, now and then."""
        while True:
            await asyncio.sleep(COLLECT_S)
            turn_over(self._folder / LOG_NAME)
            with contextlib.suppress(DriverError), failures.translated("the engine"):
                used = await self._engine.containers(container.LABEL_OURS, "true")
                await self._images.collect(self._engine.api, {item.image for item in used})

    # --- Running

    async def deploy(self, workload: Workload, progress: Progress | None = None) -> None:
        """Create what is missing, replace what changed, leave everything else alone."""
        lease = workload.lease
        with failures.translated(f"lease {lease}"):
            async with self._keeper.lock(lease):
                await self._make_network(workload)
            images = {
                service.name: await self._image(lease, service, progress) for service in workload.services
            }
            async with self._keeper.lock(lease):
                await self._replace(workload, images)

    async def _replace(self, workload: Workload, images: dict[str, str]) -> None:
        present = {
            item.name: item for item in await self._engine.containers(container.LABEL_LEASE, workload.lease)
        }
        wanted = await self._wanted(workload, images, present)
        kept = {
            name for name, settings in wanted.items() if name in present and self._is(present[name], settings)
        }
        record = Record(workload.version, frozenset(wanted))
        if self._records.get(workload.lease) != record or kept != set(wanted):
            # From here on, until everything is as it should be, whoever looks has to deploy again.
            self._records.forget(workload.lease)
        await self._delete_all(item for name, item in present.items() if name not in kept)
        await self._make_volumes(workload)
        failed: DriverError | None = None
        for name, settings in wanted.items():
            try:
                await self._run(workload, name, settings, present.get(name) if name in kept else None)
            except DriverError as error:
                # One service that can not start does not keep the others from it.
                failed = failed or error
        if failed is not None:
            raise failed
        self._records.save(workload.lease, record)

    async def _wanted(
        self, workload: Workload, images: dict[str, str], present: dict[str, Found]
    ) -> dict[str, dict[str, Any]]:
        """Settings of every container by name, with GPUs that no other container has."""
        ours = await self._engine.containers(container.LABEL_OURS, "true") if self._gpus else []
        taken = {gpu for item in ours if item.lease != workload.lease for gpu in item.gpus}
        wanted = {}
        for service, index, name in container.names(workload):
            there = present[name].gpus if name in present else ()
            given = gpus.keep_or_choose(self._gpus, taken, service, there)
            taken.update(given)
            settings = container.settings(workload, service, index, self._machine, given)
            settings["Labels"][container.LABEL_IMAGE] = images[service.name]
            wanted[name] = settings
        return wanted

    def _is(self, item: Found, settings: dict[str, Any]) -> bool:
        """Whether a container is what these settings would make."""
        labels = settings["Labels"]
        return (item.settings, item.image_id, item.scope) == (
            labels[container.LABEL_SETTINGS],
            labels[container.LABEL_IMAGE],
            self._machine.scope,
        )

    async def _run(
        self, workload: Workload, name: str, settings: dict[str, Any], there: Found | None
    ) -> None:
        """Create and start; what ended is left to the keeper, which knows when to start it again."""
        if there is not None and (there.running or there.state != "created"):
            return
        service = settings["Labels"][container.LABEL_SERVICE]
        renamed = tuple(container.renamed_of(settings["Labels"]))
        reference = there.id if there else ""
        try:
            if not reference:
                reference = (await self._engine.api.containers.create(settings, name=name)).id
            await self._keeper.run(reference, renamed)
        except aiodocker.DockerError as error:
            if reference:
                await self._delete(reference)
            failed = failures.of_start(service, error, workload.ports)
            if isinstance(failed, PermanentError):
                self._journal.add(workload.lease, service, name, ("Warning", "Failed", str(failed)))
            raise failed from error

    async def _make_network(self, workload: Workload) -> None:
        labels = {
            container.LABEL_OURS: "true",
            container.LABEL_SCOPE: self._machine.scope,
            container.LABEL_LEASE: workload.lease,
        }
        bridge = container.bridge_name(workload.namespace)
        settings = {
            "Name": workload.namespace,
            "Driver": "bridge",
            "Labels": labels,
            "Options": {"com.docker.network.bridge.name": bridge},
        }
        try:
            await self._engine.api.networks.get(workload.namespace)
        except aiodocker.DockerError as error:
            if error.status != failures.NOT_FOUND:
                raise
            await self._engine.api.networks.create(settings)
        if self._guarded:
            with _egress_as_ours():
                await egress.apply(egress.let_through(bridge))

    async def _make_volumes(self, workload: Workload) -> None:
        labels = {container.LABEL_OURS: "true", container.LABEL_LEASE: workload.lease}
        for name in container.volume_names(workload):
            try:
                await self._engine.untyped.volumes.create({"Name": name, "Labels": labels})
            except aiodocker.DockerError as error:
                if error.status != CONFLICT:
                    raise

    async def _image(self, lease: str, service: Service, progress: Progress | None) -> str:
        try:
            return await self._images.ensure(self._engine.api, service, progress)
        except DriverError as error:
            self._journal.add(lease, service.name, "", ("Warning", "Failed", str(error)))
            raise

    async def remove(self, lease: str) -> None:
        """Remove containers, volumes and network of a lease; the network last, so that what is left is found again."""
        with failures.translated(f"lease {lease}"):
            async with self._keeper.lock(lease):
                self._records.forget(lease)
                await self._delete_all(await self._engine.containers(container.LABEL_LEASE, lease))
                await self._delete_volumes(lease)
                await self._delete_network(namespace(lease))
        self._keeper.forget(lease)
        self._journal.forget(lease)

    async def _delete_volumes(self, lease: str) -> None:
        filters = {"label": [f"{container.LABEL_LEASE}={lease}"]}
        for volume in (await self._engine.untyped.volumes.list(filters=filters))["Volumes"] or ():
            with failures.absent_is_fine():
                await (await self._engine.untyped.volumes.get(volume["Name"])).delete()

    async def _delete_network(self, name: str) -> None:
        with failures.absent_is_fine():
            await (await self._engine.api.networks.get(name)).delete()
        if self._guarded:
            with contextlib.suppress(egress.EgressError):
                await egress.apply(egress.shut(container.bridge_name(name)))

    async def _delete_all(self, items: Iterable[Found]) -> None:
        """At once, because each may take its time to end."""
        await asyncio.gather(*(self._delete(item.id) for item in items))

    async def _delete(self, reference: str) -> None:
        with failures.absent_is_fine():
            item = self._engine.api.containers.container(reference)
            with contextlib.suppress(aiodocker.DockerError):
                await item.stop(t=container.STOP_TIMEOUT_S)
            await item.delete(force=True, v=True)

    # --- Looking

    async def recover(self) -> list[Observed]:
        """Every lease of which something is here, be it only a network that a removal left."""
        with failures.translated("the engine"):
            items = await self._engine.containers(container.LABEL_SCOPE, self._machine.scope)
            networks = await self._networks(container.LABEL_SCOPE, self._machine.scope)
        found: dict[str, list[Found]] = {lease: [] for lease in networks} | by_lease(items)
        return [self._observed(lease, there) for lease, there in sorted(found.items())]

    async def _networks(self, label: str, value: str) -> list[str]:
        """Leases that have a network here."""
        listed = await self._engine.api.networks.list(filters={"label": [f"{label}={value}"]})
        leases = {(entry.get("Labels") or {}).get(container.LABEL_LEASE, "") for entry in listed}
        return sorted(leases - {""})

    async def observe(self, lease: str) -> Observed | None:
        """What runs for one lease."""
        items = await self._containers(lease)
        return self._observed(lease, items) if items else None

    def _observed(self, lease: str, items: list[Found]) -> Observed:
        record = self._records.get(lease)
        complete = record is not None and record.containers == {item.name for item in items}
        return Observed(lease, record.version if record else "", tuple(map(self._replica, items)), complete)

    def _replica(self, item: Found) -> Replica:
        return Replica(
            name=item.name,
            service=item.service,
            running=item.running,
            exit_code=self._keeper.exit_code(item),
            restarts=self._keeper.restarts(item),
            note=self._keeper.note(item),
            http=item.http,
        )

    async def _containers(self, lease: str, services: tuple[str, ...] = ()) -> list[Found]:
        with failures.translated(f"lease {lease}"):
            items = await self._engine.containers(container.LABEL_LEASE, lease)
        return [item for item in items if not services or item.service in services]

    async def changes(self) -> None:
        """Return when something that runs here changed, or after a while."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CHANGES_S):
                await self._keeper.changed.wait()
        self._keeper.changed.clear()

    # --- Looking inside

    async def logs(
        self, lease: str, services: tuple[str, ...], follow: bool, tail: int
    ) -> AsyncIterator[LogLine]:
        """Lines of a lease's replicas."""
        replicas = [(item.name, item.id) for item in await self._containers(lease, services)]
        with failures.translated(f"logs of lease {lease}"):
            async for line in streams.merged_logs(self._engine.api, replicas, follow, tail):
                yield line

    async def exec(
        self, lease: str, service: str, replica: int, command: list[str], tty: bool, stdin: bool
    ) -> ExecSession:
        """Run a command in a running replica."""
        items = await self._containers(lease, (service,))
        if not items:
            raise PermanentError("no such service exists with that name")
        if not 0 <= replica < len(items):
            raise PermanentError(f"pod index out of range: valid range is [0, {len(items) - 1}]")
        if not items[replica].running:
            raise PermanentError("service with that name is not running")
        with failures.translated("the command"):
            item = self._engine.api.containers.container(items[replica].id)
            return await streams.open_exec(item, command, tty, stdin)

    async def events(
        self, lease: str, services: tuple[str, ...], follow: bool
    ) -> AsyncIterator[dict[str, Any]]:
        """What happened to a lease's containers."""
        if not self._journal.knows(lease):
            for service, name, event in events.of_state(await self._containers(lease)):
                self._journal.add(lease, service, name, event)
        async for document in self._journal.read(lease, services, follow):
            yield document

    async def stats(self, lease: str) -> list[Usage]:
        """What the running replicas of a lease use."""
        items = [item for item in await self._containers(lease) if item.running]
        return [used for item in items if (used := await self._usage(item)) is not None]

    async def _usage(self, item: Found) -> Usage | None:
        with failures.translated("a container"), failures.absent_is_fine():
            answer = await self._engine.api.containers.container(item.id).stats(stream=False)
            return machine.usage(item.name, answer[-1]) if answer else None
        return None


def scope(folder: Path) -> str:
    """The name under which an agent's containers are known: made up once, kept in its folder."""
    file = folder / "scope"
    if not file.exists():
        fresh = file.with_suffix(".new")
        fresh.write_text(secrets.token_hex(8))
        fresh.replace(file)
    return file.read_text().strip()


@contextlib.contextmanager
def _egress_as_ours() -> Any:
    """A lease without its rules must not run."""
    try:
        yield
    except egress.EgressError as error:
        raise failures.unguarded(error) from error
