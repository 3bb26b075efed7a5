"""Laboratories: a driver on a machine, with an image of small programs. A new driver adds its own to LABS."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import os
import shutil
import subprocess
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from supercloud.provider.drivers.base import Driver, Workload, namespace
from supercloud.provider.drivers.mock import MockDriver, MockMachine
from supercloud.provider.drivers.podman import PodmanDriver, Settings

BUSYBOX = "/bin/busybox"
IMAGE = "localhost/supercloud-probe:1"
UNIT = Path(__file__).parents[3] / "unit" / "provider" / "drivers"


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


make = _load(UNIT / "workloads.py")


class Lab:
    """One driver, leases nobody else has, and short words for what tests do with them."""

    def __init__(self, open_driver: Callable[[], Driver], real: bool) -> None:
        self._open = open_driver
        self.real = real
        self.driver: Any = open_driver()
        self.leases: list[str] = []

    def service(self, name: str = "web", *words: str, **changes: Any) -> Any:
        """A service that runs a program of the image; without words it waits."""
        command = (BUSYBOX, *(words or ("sleep", "10000")))
        return make.service(name, image=IMAGE, command=command, **changes)

    def workload(self, *services: Any, lease: str = "", **changes: Any) -> Workload:
        """A lease of its own."""
        if not lease:
            lease = f"akash1tenant/{uuid.uuid4().int % 10**9}/1/1/akash1provider"
            self.leases.append(lease)
        made: Workload = make.workload(*services, lease=lease, namespace=namespace(lease), **changes)
        return made

    async def run(self, *services: Any, **changes: Any) -> Workload:
        """Deploy."""
        work = self.workload(*services, **changes)
        await self.driver.deploy(work)
        return work

    async def restart_agent(self) -> None:
        """Another driver on the same machine, as after the agent was restarted."""
        await self.driver.close()
        self.driver = self._open()
        await self.driver.start()

    async def replica(self, work: Workload, service: str = "web", index: int = 0) -> Any:
        """One replica as it is observed."""
        seen = await self.driver.observe(work.lease)
        return [item for item in (seen.replicas if seen else ()) if item.service == service][index]

    async def exec(
        self, work: Workload, *words: str, service: str = "web", replica: int = 0, told: bytes | None = None
    ) -> tuple[int, str, str]:
        """Exit code, output and errors of a program in a replica."""
        session = await self.driver.exec(
            work.lease, service, replica, [BUSYBOX, *words], False, told is not None
        )
        if told is not None:
            await session.write(told)
            await session.close_stdin()
        out = {1: b"", 2: b""}
        async with asyncio.timeout(20):
            async for stream, data in session.output():
                out[stream] += data
        code = await session.exit_code()
        await session.close()
        return code, out[1].decode(), out[2].decode()

    async def sh(self, work: Workload, text: str, **where: Any) -> str:
        """Output of a line of shell that has to succeed."""
        code, output, errors = await self.exec(work, "sh", "-c", text, **where)
        assert code == 0, errors
        return output.strip()

    async def lines(self, work: Workload, tail: int = -1, services: tuple[str, ...] = ()) -> list[str]:
        """The log so far."""
        return [line.text async for line in self.driver.logs(work.lease, services, False, tail)]

    async def events(self, work: Workload) -> list[str]:
        """Reasons of the events so far, with what they say."""
        told = self.driver.events(work.lease, (), False)
        return [f"{item['reason']}: {item['note']}" async for item in told]

    async def until(self, what: Callable[[], Awaitable[Any]], seconds: float = 60) -> Any:
        """Wait until something is so."""
        end = time.monotonic() + seconds
        while True:
            if found := await what():
                return found
            assert time.monotonic() < end, "it did not come to that"
            await asyncio.sleep(0.1)

    async def close(self) -> None:
        """Leave nothing."""
        for lease in self.leases:
            with contextlib.suppress(Exception):
                await self.driver.remove(lease)
        await self.driver.close()


@pytest.fixture(scope="session")
def probe_image(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An image of busybox alone, made on this machine: no registry is asked."""
    if shutil.which("podman") is None:
        pytest.skip("podman is not installed")
    program = shutil.which("busybox")
    if program is None or subprocess.run(["ldd", program], capture_output=True, check=False).returncode == 0:
        pytest.skip("needs a static busybox: apt-get install busybox-static")
    root = tmp_path_factory.mktemp("probe")
    for folder in ("bin", "tmp", "etc", "data"):
        (root / folder).mkdir()
    (root / "tmp").chmod(0o1777)
    shutil.copy(program, root / "bin" / "busybox")
    (root / "bin" / "sh").symlink_to("busybox")
    tar = subprocess.run(
        ["tar", "-C", root, "--owner=0", "--group=0", "-c", "."], capture_output=True, check=True
    )
    changes = ["--change", "STOPSIGNAL SIGKILL", "--change", 'CMD ["/bin/busybox","sleep","10000"]']
    subprocess.run(
        ["podman", "import", *changes, "-", IMAGE], input=tar.stdout, capture_output=True, check=True
    )
    return IMAGE


def podman_lab(folder: Path, **settings: Any) -> Lab:
    """Real containers."""
    return Lab(lambda: PodmanDriver(folder, Settings(**{"storage_reserve": 2**20, **settings})), real=True)


def mock_lab() -> Lab:
    """None."""
    machine = MockMachine()
    return Lab(lambda: MockDriver(machine), real=False)


DOCKER = os.environ.get("SUPERCLOUD_DOCKER_SOCKET", "")
"""Socket of a Docker daemon; its laboratory opens when it is named."""


@pytest.fixture(scope="session")
def docker_image(probe_image: str) -> str:
    """The same image in Docker's store."""
    saved = subprocess.run(["podman", "save", probe_image], capture_output=True, check=True)
    docker = ["docker", "-H", f"unix://{DOCKER}"]
    subprocess.run([*docker, "load"], input=saved.stdout, capture_output=True, check=True)
    return probe_image


_CONTAINERS = [pytest.mark.podman, pytest.mark.xdist_group("drivers")]
_NO_DOCKER = pytest.mark.skipif(not DOCKER, reason="SUPERCLOUD_DOCKER_SOCKET names no Docker daemon")
LABS = [
    "mock",
    pytest.param("podman", marks=_CONTAINERS),
    pytest.param("docker", marks=[*_CONTAINERS, _NO_DOCKER]),
]


@pytest.fixture(params=LABS)
async def lab(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Lab]:
    """Every driver there is, one after the other."""
    if request.param == "mock":
        made = mock_lab()
    elif request.param == "podman":
        request.getfixturevalue("probe_image")
        made = podman_lab(tmp_path / "engine")
    else:
        request.getfixturevalue("docker_image")
        made = podman_lab(tmp_path / "engine", engine_socket=DOCKER)
    await made.driver.start()
    yield made
    await made.close()


@pytest.fixture
async def podman(probe_image: str, tmp_path: Path) -> AsyncIterator[Lab]:
    """Podman alone, for what only a kernel can show."""
    made = podman_lab(tmp_path / "engine")
    await made.driver.start()
    yield made
    await made.close()
