"""The engine as one connection: found or started, asked for containers, started again when it ended."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aiodocker

from supercloud.provider.drivers.base import TemporaryError
from supercloud.provider.drivers.podman import failures, found
from supercloud.provider.drivers.podman.engine import PodmanService, find_socket
from supercloud.provider.drivers.podman.found import Found


class Connection:
    """One engine on this machine."""

    def __init__(self, folder: Path, socket: str = "", insecure_registries: tuple[str, ...] = ()) -> None:
        self._folder = folder
        self._configured = socket
        self._insecure = insecure_registries
        self._service: PodmanService | None = None
        self._docker: aiodocker.Docker | None = None

    async def start(self) -> None:
        """Connect to a running engine, or start Podman's service. Raises PermanentError, TemporaryError.

        A service of our own is used even beside a running one when registries were named that may be asked without
        TLS, because only its settings are ours.
        """
        socket = None if self._insecure and not self._configured else find_socket(self._configured)
        if socket is None:
            self._service = PodmanService(self._folder, self._insecure)
            await self._service.start()
            socket = str(self._service.socket)
        self._docker = aiodocker.Docker(url=f"unix://{socket}")
        with failures.translated("the engine"):
            await self._docker.version()

    async def revive(self) -> None:
        """Start a service of our own again that ended by itself."""
        if self._service is not None and not self._service.runs:
            await self._service.start()

    async def close(self) -> None:
        """Disconnect; containers go on."""
        if self._docker is not None:
            await self._docker.close()
            self._docker = None
        if self._service is not None:
            await self._service.stop()

    @property
    def api(self) -> aiodocker.Docker:
        """The connection itself. Raises TemporaryError before `start` and after `close`."""
        if self._docker is None:
            raise TemporaryError("the container engine is not connected")
        return self._docker

    @property
    def untyped(self) -> Any:
        """The same, for the parts of the library that have no types."""
        return self.api

    async def containers(self, label: str, value: str, sizes: bool = False) -> list[Found]:
        """Containers with a label, in order; `sizes` has the engine measure them, which takes longer."""
        items = await self.api.containers.list(all=True, filters={"label": [f"{label}={value}"]}, size=sizes)
        return found.ordered(item._container for item in items)
