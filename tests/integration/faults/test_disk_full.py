"""The disk of a node's folder is full: the node says so and ends, and goes on where it was once there is room."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest
from chain_client import RUN, Rpc, free_port, make_home, settings, transfer

pytestmark = pytest.mark.node
DISK_MIB = 8


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own, where this user may make one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"mounting needs root: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


async def start(home: Path, *, file_bytes: int = 0) -> asyncio.subprocess.Process:
    limit = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({file_bytes}, {file_bytes})); "
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        (limit if file_bytes else "") + RUN,
        str(home),
        stderr=asyncio.subprocess.PIPE,
    )


async def fill(rpc: Rpc, process: asyncio.subprocess.Process) -> tuple[int, str]:
    """Send until the node ends; how many arrived in blocks, and its last words."""
    arrived = 0
    assert process.stderr is not None
    words = asyncio.create_task(process.stderr.read())
    try:
        sequence = await rpc.sequence()
        while True:
            raw = transfer(1, sequence, memo="x" * 200)
            await rpc.send(raw)
            await rpc.committed(raw)
            sequence += 1
            arrived = sequence
    except (aiohttp.ClientError, LookupError, TimeoutError):
        pass
    async with asyncio.timeout(20):
        return arrived, (await words).decode()


async def test_a_disk_that_fills_up(disk: Path) -> None:
    config = settings(0.02)
    config.rpc.listen = f"127.0.0.1:{free_port()}"
    config.grpc.listen = config.rest.listen = ""
    home = make_home(disk / "home", config)
    await check(home, f"http://{config.rpc.listen}", disk)


async def check(home: Path, url: str, disk: Path) -> None:
    async with aiohttp.ClientSession() as session:
        rpc = Rpc(session, url)
        process = await start(home)
        await rpc.answering()
        ballast = disk / "ballast"
        room = os.statvfs(disk)
        with ballast.open("wb") as file:
            file.write(b"\0" * max(room.f_bavail * room.f_frsize - 200_000, 0))
        arrived, said = await fill(rpc, process)
        assert await process.wait() == 1
        assert any(
            text in said for text in ("no space left on the disk", "No space left on device", "quota full?")
        ), said
        ballast.unlink()
        again = await start(home)
        try:
            await rpc.answering()
            assert await rpc.bobs() == await rpc.sequence() >= arrived
            raw = transfer(1, await rpc.sequence())
            await rpc.send(raw)
            assert (await rpc.committed(raw))["tx_result"]["code"] == 0
        finally:
            again.terminate()
            assert await again.wait() == 0


async def test_a_quota_of_file_size(tmp_path: Path) -> None:
    """The same for users without root: the system refuses to let files grow."""
    config = settings(0.02)
    config.rpc.listen = f"127.0.0.1:{free_port()}"
    config.grpc.listen = config.rest.listen = ""
    home = make_home(tmp_path / "home", config)
    async with aiohttp.ClientSession() as session:
        rpc = Rpc(session, f"http://{config.rpc.listen}")
        process = await start(home, file_bytes=1_000_000)
        await rpc.answering()
        arrived, said = await fill(rpc, process)
        assert await process.wait() == 1
        assert "quota full?" in said or "no space left on the disk" in said or "File too large" in said, said
        assert "make room and start again" in said or "free some and start again" in said, said
        again = await start(home)
        try:
            await rpc.answering()
            assert await rpc.bobs() == await rpc.sequence() >= arrived
        finally:
            again.terminate()
            assert await again.wait() == 0
