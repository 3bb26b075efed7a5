"""Finding a container engine's socket, or running a Podman service of our own that lives as long as the agent."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import resource
import shutil
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from supercloud.children import end, ends_with_parent
from supercloud.provider.drivers.base import PermanentError, TemporaryError

LOG_NAME: Final = "podman.log"
START_TIMEOUT_S: Final = 20.0
STOP_TIMEOUT_S: Final = 5.0
CONNECT_TIMEOUT_S: Final = 2.0
FILES_MAX: Final = 1024 * 1024
PROCESSES_MAX: Final = 4 * 1024 * 1024
PID_MAX: Final = Path("/proc/sys/kernel/pid_max")
VARIABLES: Final = ("CONTAINER_HOST", "DOCKER_HOST")


def is_podman(info: Mapping[str, Any]) -> bool:
    """Which of the two engines answers, by its account of itself; only Podman names the library it builds images with."""
    return bool(info.get("BuildahVersion"))


def find_socket(configured: str, environment: Mapping[str, str] = os.environ) -> str | None:
    """The socket somebody named, else the first usual one on which an engine listens; None when there is none.

    Raises PermanentError when what was named is no unix socket.
    """
    for origin, value in (
        ("engine_socket", configured),
        *((name, environment.get(name, "")) for name in VARIABLES),
    ):
        if not value:
            continue
        path = value.removeprefix("unix://")
        if not path.startswith("/"):
            raise PermanentError(
                f"{origin} is {value!r}, expected the path of a unix socket such as unix:///run/podman/podman.sock"
            )
        return path
    return next((path for path in _usual_sockets(environment) if _answers(path)), None)


def _usual_sockets(environment: Mapping[str, str]) -> Iterator[str]:
    runtime = environment.get("XDG_RUNTIME_DIR")
    if os.geteuid() == 0:
        yield "/run/podman/podman.sock"
    if runtime:
        yield f"{runtime}/podman/podman.sock"
    yield "/run/podman/podman.sock"
    # Docker comes last and only where Podman is not installed: its usual service runs everything as root.
    if shutil.which("podman") is None:
        yield "/var/run/docker.sock"


def _answers(path: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(CONNECT_TIMEOUT_S)
        try:
            probe.connect(path)
        except OSError:
            return False
    return True


def process_limits() -> tuple[int, int]:
    """Most open files and processes a container may be given: never more than this process itself may have, and no
    more processes than the kernel has numbers, to which Podman lowers its own limit."""
    processes = _hard(resource.RLIMIT_NPROC, PROCESSES_MAX)
    with contextlib.suppress(OSError, ValueError):
        processes = min(processes, int(PID_MAX.read_text()))
    return _hard(resource.RLIMIT_NOFILE, FILES_MAX), processes


def _hard(kind: int, most: int) -> int:
    hard = resource.getrlimit(kind)[1]
    return most if hard == resource.RLIM_INFINITY else min(hard, most)


class PodmanService:
    """`podman system service` on a socket in the agent's home, with settings of its own."""

    def __init__(self, folder: Path, insecure_registries: tuple[str, ...] = ()) -> None:
        self.socket = folder / "podman.sock"
        self._folder = folder
        self._insecure = insecure_registries
        self._process: asyncio.subprocess.Process | None = None

    @property
    def runs(self) -> bool:
        """Whether the service is up."""
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Start and wait until the socket answers. Raises PermanentError without Podman, TemporaryError."""
        podman = shutil.which("podman")
        if podman is None:
            raise PermanentError(
                "no container engine: install podman (Debian: apt-get install podman) or start Docker"
            )
        self._folder.mkdir(parents=True, exist_ok=True)
        self._folder.chmod(0o700)
        containers, registries = self._folder / "containers.conf", self._folder / "registries.conf"
        containers.write_text(containers_conf())
        registries.write_text(registries_conf(self._insecure))
        self.socket.unlink(missing_ok=True)
        with (self._folder / LOG_NAME).open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *ends_with_parent(),
                podman,
                "system",
                "service",
                "--time=0",
                f"unix://{self.socket}",
                env={
                    **os.environ,
                    "CONTAINERS_CONF": str(containers),
                    "CONTAINERS_REGISTRIES_CONF": str(registries),
                },
                stdout=log,
                stderr=log,
                stdin=asyncio.subprocess.DEVNULL,
                start_new_session=True,
            )
        await self._wait_listening()

    async def _wait_listening(self) -> None:
        for _ in range(int(START_TIMEOUT_S / 0.05)):
            if not self.runs:
                raise TemporaryError(f"podman ended by itself; see {self._folder / LOG_NAME}")
            if _answers(str(self.socket)):
                return
            await asyncio.sleep(0.05)
        raise TemporaryError(f"podman did not open {self.socket} within {START_TIMEOUT_S:g} s")

    async def stop(self) -> None:
        """End the service; containers go on."""
        if self._process is not None:
            await end(self._process, STOP_TIMEOUT_S)


def containers_conf() -> str:
    """Settings that let Podman run on any machine: without systemd, with old cgroups, with lowered limits."""
    files, processes = process_limits()
    lines = [
        "[containers]",
        f'default_ulimits = ["nofile={files}:{files}", "nproc={processes}:{processes}"]',
        "log_size_max = 10485760",
        "[engine]",
        'events_logger = "file"',
    ]
    if not Path("/run/systemd/system").exists():
        lines.append('cgroup_manager = "cgroupfs"')
    # crun before 1.9 fails on machines with version 1 cgroups and missing privileges, where runc works.
    if not Path("/sys/fs/cgroup/cgroup.controllers").exists() and shutil.which("runc"):
        lines.append('runtime = "runc"')
    return "\n".join([*lines, ""])


def registries_conf(insecure: tuple[str, ...]) -> str:
    """Registries that may be asked without TLS, because the provider's owner said so; short names are Docker Hub's."""
    lines = ['unqualified-search-registries = ["docker.io"]', 'short-name-mode = "permissive"']
    for registry in insecure:
        lines += ["[[registry]]", f"location = {json.dumps(registry)}", "insecure = true"]
    return "\n".join([*lines, ""])
