"""An agent as a process of its own: agent_process.py HOME NODE ENGINE NAME=VALUE...

Its engine is a folder with a file for each lease that runs, which outlives it.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from supercloud.crypto.secp256k1 import PrivateKey
from supercloud.provider.config import Config
from supercloud.provider.drivers.base import Fingerprint, Observed, Replica, Workload
from supercloud.provider.service import Provider


class FolderDriver:
    """Leases as files. Deploying takes a moment, in which the agent may die."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def start(self) -> None: ...

    async def close(self) -> None: ...

    async def fingerprint(self) -> Fingerprint:
        return Fingerprint("machine", "folder", 64_000, 64 * 2**30, {"ephemeral": 100 * 2**30}, (), ())

    def _file(self, lease: str) -> Path:
        return self._folder / (lease.replace("/", "!") + ".lease")

    async def recover(self) -> list[Observed]:
        return [self._observed(file) for file in sorted(self._folder.glob("*.lease"))]

    async def observe(self, lease: str) -> Observed | None:
        file = self._file(lease)
        return self._observed(file) if file.exists() else None

    def _observed(self, file: Path) -> Observed:
        lease = file.stem.replace("!", "/")
        return Observed(lease, file.read_text(), (Replica("web-x-0", "web", True, None, 0, "", {}),), True)

    async def deploy(self, workload: Workload, progress: Any = None) -> None:
        await asyncio.sleep(0.2)
        file = self._file(workload.lease)
        new = file.with_suffix(".new")
        new.write_text(workload.version)
        new.rename(file)

    async def remove(self, lease: str) -> None:
        await asyncio.sleep(0.1)
        self._file(lease).unlink(missing_ok=True)

    async def logs(self, *_: Any) -> AsyncIterator[Any]:
        return
        yield

    async def changes(self) -> None:
        await asyncio.sleep(0.5)


def main(home: str, node: str, engine: str, *settings: str) -> None:
    logging.basicConfig(level=logging.INFO)
    values: dict[str, Any] = {}
    for name, _, value in (each.partition("=") for each in settings):
        values[name] = int(value) if value.isdigit() else value
    key = PrivateKey(hashlib.sha256(b"provider").digest())
    driver: Any = FolderDriver(Path(engine))
    asyncio.run(Provider(Path(home), Config(node=node, **values), key, driver).run())


main(*sys.argv[1:])
