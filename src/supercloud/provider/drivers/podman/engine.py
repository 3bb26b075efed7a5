"""Finding a container engine's socket, or starting a Podman service of our own that lives as long as the agent."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path

from supercloud.provider.drivers.base import PermanentError, TemporaryError

START_TIMEOUT_S = 20.0
CONFIGURATION = """\
[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
[network]
network_backend = "netavark"
[engine]
events_logger = "file"
{engine}
"""


def find_socket(configured: str) -> str | None:
    """A socket somebody named or a running engine offers; None when there is none."""
    if configured:
        return configured.removeprefix("unix://")
    for name in ("CONTAINER_HOST", "DOCKER_HOST"):
        value = os.environ.get(name, "")
        if value.startswith("unix://"):
            return value.removeprefix("unix://")
    if shutil.which("podman") is None and Path("/var/run/docker.sock").is_socket():
        return "/var/run/docker.sock"
    return None


class PodmanService:
    """`podman system service` on a socket in the agent's home, with settings of its own."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "podman.sock"
        self._folder = folder
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start and wait until the socket answers. Raises PermanentError without Podman, TemporaryError."""
        podman = shutil.which("podman")
        if podman is None:
            raise PermanentError("no container engine: install podman, or start Docker")
        self._folder.mkdir(parents=True, exist_ok=True)
        configuration = self._folder / "containers.conf"
        configuration.write_text(CONFIGURATION.format(engine=_engine_settings()))
        self.socket.unlink(missing_ok=True)
        log = (self._folder / "podman.log").open("ab")
        self._process = await asyncio.create_subprocess_exec(
            podman,
            "system",
            "service",
            "--time=0",
            f"unix://{self.socket}",
            env={**os.environ, "CONTAINERS_CONF": str(configuration)},
            stdout=log,
            stderr=log,
            stdin=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
        log.close()
        await self._wait_listening()

    async def _wait_listening(self) -> None:
        assert self._process is not None
        for _ in range(int(START_TIMEOUT_S / 0.05)):
            if self._process.returncode is not None:
                raise TemporaryError(f"podman ended by itself; see {self._folder / 'podman.log'}")
            if self.socket.is_socket():
                try:
                    _, writer = await asyncio.open_unix_connection(str(self.socket))
                except OSError:
                    pass
                else:
                    writer.close()
                    return
            await asyncio.sleep(0.05)
        raise TemporaryError(f"podman did not open {self.socket} within {START_TIMEOUT_S:g} s")

    async def stop(self) -> None:
        """End the service; containers go on."""
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            try:
                async with asyncio.timeout(5):
                    await self._process.wait()
            except TimeoutError:
                self._process.kill()
                await self._process.wait()


def _engine_settings() -> str:
    """What the machine's init and cgroups ask for."""
    lines = []
    if not Path("/run/systemd/system").exists():
        lines.append('cgroup_manager = "cgroupfs"')
    # crun before 1.9 fails on machines with version 1 cgroups and missing privileges, where runc works.
    if not Path("/sys/fs/cgroup/cgroup.controllers").exists() and shutil.which("runc"):
        lines.append('runtime = "runc"')
    return "\n".join(lines)
