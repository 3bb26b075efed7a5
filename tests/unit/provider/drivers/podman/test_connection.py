"""The engine's connection: errors before there is one, and an engine that is not where it should be."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from supercloud.provider.drivers.base import DriverError, TemporaryError
from supercloud.provider.drivers.podman.connection import Connection


async def test_nothing_is_asked_before_the_start_or_after_the_end(tmp_path: Path) -> None:
    connection = Connection(tmp_path)
    with pytest.raises(TemporaryError, match="not connected"):
        await connection.containers("label", "value")
    await connection.close()
    await connection.revive()
    with pytest.raises(TemporaryError, match="not connected"):
        _ = connection.untyped


async def test_a_socket_that_nobody_answers(tmp_path: Path) -> None:
    connection = Connection(tmp_path, str(tmp_path / "nobody.sock"))
    with pytest.raises(DriverError, match=r"nobody\.sock|does not answer"):
        await connection.start()
    await connection.close()


async def test_an_engine_that_hangs_up(tmp_path: Path) -> None:
    path = tmp_path / "engine.sock"

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_unix_server(hang_up, path)
    connection = Connection(tmp_path, str(path))
    try:
        with pytest.raises(TemporaryError, match=r"engine\.sock"):
            await connection.start()
    finally:
        await connection.close()
        server.close()
