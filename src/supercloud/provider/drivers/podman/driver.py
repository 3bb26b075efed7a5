"""Leases as containers of Podman or Docker.

Each lease has a network of its own, in which services find each other by name, and containers that carry the lease in
their labels; a restarted agent finds everything again by them.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import aiodocker
import aiohttp

from supercloud.provider.drivers.base import (
    ExecSession,
    Fingerprint,
    LogLine,
    Observed,
    PermanentError,
    PortTaken,
    Progress,
    Replica,
    TemporaryError,
    Workload,
    namespace,
)
from supercloud.provider.drivers.podman import container, events, machine, streams
from supercloud.provider.drivers.podman.engine import PodmanService, find_socket
from supercloud.sdl.manifest import Service

CHANGES_S: Final = 15.0
LOG_TAIL_ON_EXIT: Final = 5


class PodmanDriver:
    """One engine on this machine."""

    def __init__(
        self,
        folder: Path,
        socket: str = "",
        pull_timeout_s: float = 600.0,
        insecure_registries: tuple[str, ...] = (),
        storage_reserve: int = 2 * 2**30,
    ) -> None:
        self._folder = folder
        self._configured = socket
        self._pull_timeout_s = pull_timeout_s
        self._insecure = insecure_registries
        self._storage_reserve = storage_reserve
        self._service: PodmanService | None = None
        self._docker: aiodocker.Docker | None = None

    # --- The engine

    async def start(self) -> None:
        """Connect to a running engine, or start Podman's service."""
        socket = find_socket(self._configured)
        if socket is None:
            self._service = PodmanService(self._folder)
            await self._service.start()
            socket = str(self._service.socket)
        self._docker = aiodocker.Docker(url=f"unix://{socket}")
        with _translated("the engine"):
            await self._docker.version()

    async def close(self) -> None:
        """Disconnect; containers go on."""
        if self._docker is not None:
            await self._docker.close()
            self._docker = None
        if self._service is not None:
            await self._service.stop()

    @property
    def _api(self) -> Any:
        if self._docker is None:
            raise TemporaryError("the container engine is not connected")
        return self._docker

    async def fingerprint(self) -> Fingerprint:
        """What the machine has, as the engine and the kernel tell."""
        with _translated("the engine"):
            info = await self._api.system.info()
        return await asyncio.to_thread(machine.fingerprint, dict(info))

    # --- Running

    async def deploy(self, workload: Workload, progress: Progress | None = None) -> None:
        """Create what is missing, replace what is of another version, start what is stopped."""
        with _translated(f"lease {workload.lease}"):
            found = await self._containers(workload.lease)
            await self._network(workload.namespace, workload.lease)
            for service in workload.services:
                await self._image(service, progress)
            await self._volumes(workload)
            wanted = list(container.names(workload))
            current = {name for _, _, name in wanted}
            for entry in found:
                same = entry["Labels"].get(container.LABEL_VERSION) == workload.version
                if _name(entry) not in current or not same:
                    await self._delete(entry["Id"])
            kept = {
                _name(entry)
                for entry in found
                if _name(entry) in current
                and entry["Labels"].get(container.LABEL_VERSION) == workload.version
            }
            for service, index, name in wanted:
                await self._run(workload, service, index, name, name in kept, len(wanted))

    async def _run(
        self, workload: Workload, service: Service, index: int, name: str, exists: bool, total: int
    ) -> None:
        if exists:
            item = await self._api.containers.get(name)
        else:
            settings = container.settings(workload, service, index, total)
            item = await self._api.containers.create(settings, name=name)
        try:
            await item.start()
        except aiodocker.DockerError as error:
            if error.status == 304:
                return
            await self._delete(name)
            raise _start_error(error, workload, service) from error

    async def _network(self, name: str, lease: str) -> None:
        try:
            await self._api.networks.get(name)
        except aiodocker.DockerError as error:
            if error.status != 404:
                raise
            labels = {container.LABEL_OURS: "true", container.LABEL_LEASE: lease}
            await self._api.networks.create({"Name": name, "Driver": "bridge", "Labels": labels})

    async def _volumes(self, workload: Workload) -> None:
        for name in container.volume_names(workload):
            labels = {container.LABEL_OURS: "true", container.LABEL_LEASE: workload.lease}
            with contextlib.suppress(aiodocker.DockerError):
                await self._api.volumes.create({"Name": name, "Labels": labels})

    async def _image(self, service: Service, progress: Progress | None) -> None:
        """Pull an image that is not here. Images of `localhost/` are made on this machine and never pulled."""
        with contextlib.suppress(aiodocker.DockerError):
            await self._api.images.inspect(service.image)
            return
        if service.image.startswith("localhost/"):
            raise PermanentError(
                f"image {service.image} is not on this machine, and localhost/ images are not pulled"
            )
        free = shutil.disk_usage(self._folder if self._folder.exists() else "/").free
        if free < self._storage_reserve:
            raise TemporaryError(
                f"only {free // 2**20} MiB of disk are free; pulling {service.image} waits", 30.0
            )
        await self._pull(service, progress)

    async def _pull(self, service: Service, progress: Progress | None) -> None:
        credentials = service.credentials
        auth: dict[str, Any] | None = None
        if credentials is not None:
            auth = {
                "username": credentials.username,
                "password": credentials.password,
                "email": credentials.email,
                "serveraddress": credentials.host,
            }
        try:
            async with asyncio.timeout(self._pull_timeout_s):
                async for step in self._api.images.pull(service.image, auth=auth, stream=True):
                    if "error" in step:
                        raise PermanentError(f"image {service.image} can not be pulled: {step['error']}")
                    if progress is not None and step.get("status"):
                        progress(f"{service.image}: {step['status']} {step.get('progress', '')}".rstrip())
        except TimeoutError as error:
            raise PermanentError(
                f"image {service.image} can not be pulled: not finished after {self._pull_timeout_s:g} s"
            ) from error
        except aiodocker.DockerError as error:
            raise PermanentError(f"image {service.image} can not be pulled: {error.message}") from error

    async def remove(self, lease: str) -> None:
        """Remove containers, network and volumes of a lease."""
        name = namespace(lease)
        with _translated(f"lease {lease}"):
            for entry in await self._containers(lease):
                await self._delete(entry["Id"])
            with contextlib.suppress(aiodocker.DockerError):
                network = await self._api.networks.get(name)
                await network.delete()
            for volume in (
                await self._api.volumes.list(filters={"label": f"{container.LABEL_LEASE}={lease}"})
            )["Volumes"] or ():
                with contextlib.suppress(aiodocker.DockerError):
                    await (await self._api.volumes.get(volume["Name"])).delete()

    async def _delete(self, reference: str) -> None:
        with contextlib.suppress(aiodocker.DockerError):
            item = await self._api.containers.get(reference)
            with contextlib.suppress(aiodocker.DockerError):
                await item.stop(t=container.STOP_TIMEOUT_S)
            await item.delete(force=True)

    # --- Looking

    async def recover(self) -> list[Observed]:
        """Every lease with containers here."""
        with _translated("the engine"):
            entries = await self._list([f"{container.LABEL_OURS}=true"])
        leases: dict[str, list[dict[str, Any]]] = {}
        for entry in entries:
            leases.setdefault(entry["Labels"].get(container.LABEL_LEASE, ""), []).append(entry)
        leases.pop("", None)
        return [await self._observed(lease, found) for lease, found in sorted(leases.items())]

    async def observe(self, lease: str) -> Observed | None:
        """What runs for one lease."""
        with _translated(f"lease {lease}"):
            found = await self._containers(lease)
        return await self._observed(lease, found) if found else None

    async def _observed(self, lease: str, entries: list[dict[str, Any]]) -> Observed:
        replicas = [await self._replica(entry) for entry in sorted(entries, key=_order)]
        labels = entries[0]["Labels"]
        versions = {entry["Labels"].get(container.LABEL_VERSION, "") for entry in entries}
        complete = len(entries) == int(labels.get(container.LABEL_TOTAL, "0")) and len(versions) == 1
        return Observed(lease, max(versions), tuple(replicas), complete)

    async def _replica(self, entry: dict[str, Any]) -> Replica:
        labels = entry["Labels"]
        with _translated("a container"):
            details = await (await self._api.containers.get(entry["Id"])).show()
        state = details["State"]
        running = bool(state.get("Running"))
        exit_code = None if running else int(state.get("ExitCode") or 0)
        restarts = int(details.get("RestartCount") or 0)
        note = ""
        if not running or restarts:
            note = f"exited with code {state.get('ExitCode') or 0}, {restarts} restart(s)"
        return Replica(
            name=_name(entry),
            service=labels.get(container.LABEL_SERVICE, ""),
            running=running,
            exit_code=exit_code,
            restarts=restarts,
            note=note,
            http=_loopback_ports(details),
        )

    async def _containers(self, lease: str) -> list[dict[str, Any]]:
        return await self._list([f"{container.LABEL_LEASE}={lease}"])

    async def _list(self, labels: list[str]) -> list[dict[str, Any]]:
        items = await self._api.containers.list(all=True, filters={"label": labels})
        return [item._container for item in items]

    async def changes(self) -> None:
        """Return after a while: engines differ too much in their event streams to be relied upon for this."""
        await asyncio.sleep(CHANGES_S)

    # --- Looking inside

    async def logs(
        self, lease: str, services: tuple[str, ...], follow: bool, tail: int
    ) -> AsyncIterator[LogLine]:
        """Lines of a lease's replicas."""
        entries = [
            entry
            for entry in sorted(await self._containers(lease), key=_order)
            if not services or entry["Labels"].get(container.LABEL_SERVICE) in services
        ]
        async for line in streams.merged_logs(
            self._api, [(_name(e), e["Id"]) for e in entries], follow, tail
        ):
            yield line

    async def exec(
        self, lease: str, service: str, replica: int, command: list[str], tty: bool, stdin: bool
    ) -> ExecSession:
        """Run a command in a running replica."""
        with _translated(f"lease {lease}"):
            entries = [
                entry
                for entry in sorted(await self._containers(lease), key=_order)
                if entry["Labels"].get(container.LABEL_SERVICE) == service
            ]
            if not entries:
                raise PermanentError("no such service exists with that name")
            if not 0 <= replica < len(entries):
                raise PermanentError(f"pod index out of range: valid range is [0, {len(entries) - 1}]")
            if entries[replica].get("State") != "running":
                raise PermanentError("service with that name is not running")
            item = await self._api.containers.get(entries[replica]["Id"])
            return await streams.open_exec(item, command, tty, stdin)

    async def events(
        self, lease: str, services: tuple[str, ...], follow: bool
    ) -> AsyncIterator[dict[str, Any]]:
        """What happened to a lease's containers."""
        name = namespace(lease)
        with _translated(f"lease {lease}"):
            entries = sorted(await self._containers(lease), key=_order)
        for entry in entries:
            if not services or entry["Labels"].get(container.LABEL_SERVICE) in services:
                for item in events.history(entry, name):
                    yield item
        if follow:
            async for item in events.follow(self._api, lease, services, name):
                yield item


def _name(entry: dict[str, Any]) -> str:
    return str(entry["Names"][0]).lstrip("/")


def _order(entry: dict[str, Any]) -> tuple[str, int]:
    labels = entry["Labels"]
    return labels.get(container.LABEL_SERVICE, ""), int(labels.get(container.LABEL_REPLICA, "0"))


def _loopback_ports(details: dict[str, Any]) -> dict[int, int]:
    """Container port -> loopback port, for the proxy."""
    found = {}
    for port, bindings in ((details.get("NetworkSettings") or {}).get("Ports") or {}).items():
        for binding in bindings or ():
            if binding.get("HostIp") == "127.0.0.1" and binding.get("HostPort"):
                found[int(port.partition("/")[0])] = int(binding["HostPort"])
    return found


def _start_error(error: aiodocker.DockerError, workload: Workload, service: Service) -> Exception:
    text = str(error.message)
    if "address already in use" in text or "already allocated" in text or "port is already" in text:
        for port in workload.ports.values():
            if str(port) in text:
                return PortTaken(f"host port {port} is used by another program", port)
    return PermanentError(f"service {service.name} can not be started: {text}")


@contextlib.contextmanager
def _translated(what: str) -> Any:
    """Turn the library's errors into ours."""
    try:
        yield
    except aiodocker.DockerError as error:
        if error.status >= 500 or error.status in (900, 408):
            raise TemporaryError(f"{what}: {error.message}") from error
        raise PermanentError(f"{what}: {error.message}") from error
    except (aiohttp.ClientError, ConnectionError, TimeoutError, OSError) as error:
        raise TemporaryError(
            f"{what}: the container engine does not answer ({type(error).__name__})"
        ) from error
