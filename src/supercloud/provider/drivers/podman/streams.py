"""Logs and commands of containers as asynchronous streams."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

import aiodocker

from supercloud.provider.drivers.base import LogLine

LINE_CHARS_MAX: Final = 64 * 1024
QUEUE_LINES: Final = 1000


async def merged_logs(
    api: aiodocker.Docker, replicas: Sequence[tuple[str, str]], follow: bool, tail: int
) -> AsyncIterator[LogLine]:
    """Lines of several containers; without `follow` one container after the other."""
    if not follow:
        for name, reference in replicas:
            async for line in _lines(api, name, reference, False, tail):
                yield line
        return
    queue: asyncio.Queue[LogLine | None] = asyncio.Queue(QUEUE_LINES)

    async def read(name: str, reference: str) -> None:
        try:
            async for line in _lines(api, name, reference, True, tail):
                await queue.put(line)
        finally:
            await queue.put(None)

    async with asyncio.TaskGroup() as tasks:
        readers = [tasks.create_task(read(name, reference)) for name, reference in replicas]
        open_readers = len(readers)
        try:
            while open_readers:
                item = await queue.get()
                if item is None:
                    open_readers -= 1
                else:
                    yield item
        finally:
            for reader in readers:
                reader.cancel()


async def _lines(
    api: aiodocker.Docker, name: str, reference: str, follow: bool, tail: int
) -> AsyncIterator[LogLine]:
    """Lines of one container; the engine hands over pieces, which are put together here."""
    item = api.containers.container(reference)
    options: dict[str, Any] = {"stdout": True, "stderr": True}
    if tail >= 0:
        options["tail"] = tail
    rest = ""
    try:
        if follow:
            async for piece in item.log(follow=True, **options):
                rest += piece
                while "\n" in rest or len(rest) > LINE_CHARS_MAX:
                    line, rest = _split(rest)
                    yield LogLine(name, line)
        else:
            rest = "".join(await item.log(**options))
            while "\n" in rest or len(rest) > LINE_CHARS_MAX:
                line, rest = _split(rest)
                yield LogLine(name, line)
    except aiodocker.DockerError:
        return
    if rest:
        yield LogLine(name, rest)


def _split(text: str) -> tuple[str, str]:
    """The first line, at most LINE_CHARS_MAX of it, and what follows."""
    end = text.find("\n")
    if 0 <= end <= LINE_CHARS_MAX:
        return text[:end].rstrip("\r"), text[end + 1 :]
    return text[:LINE_CHARS_MAX], text[LINE_CHARS_MAX:]


class Exec:
    """A command in a container."""

    def __init__(self, execution: Any, stream: Any) -> None:
        self._execution = execution
        self._stream = stream

    async def output(self) -> AsyncIterator[tuple[int, bytes]]:
        """Pieces of output with the stream they belong to."""
        while (message := await self._stream.read_out()) is not None:
            yield int(message.stream), bytes(message.data)

    async def write(self, data: bytes) -> None:
        """Bytes for its stdin."""
        await self._stream.write_in(data)

    async def close_stdin(self) -> None:
        """No more input."""
        transport = self._stream._resp.connection.transport
        if transport is not None and transport.can_write_eof():
            transport.write_eof()

    async def resize(self, columns: int, rows: int) -> None:
        """New size of its terminal."""
        await self._execution.resize(h=rows, w=columns)

    async def exit_code(self) -> int:
        """After the output ended."""
        details = await self._execution.inspect()
        for _ in range(40):
            if not details.get("Running"):
                break
            await asyncio.sleep(0.05)
            details = await self._execution.inspect()
        return int(details.get("ExitCode") or 0)

    async def close(self) -> None:
        """End it."""
        await self._stream.close()


async def open_exec(item: Any, command: list[str], tty: bool, stdin: bool) -> Exec:
    """Start a command and attach to it."""
    execution = await item.exec(cmd=command, stdout=True, stderr=True, stdin=stdin, tty=tty)
    stream = execution.start(detach=False)
    await stream._init()
    return Exec(execution, stream)
