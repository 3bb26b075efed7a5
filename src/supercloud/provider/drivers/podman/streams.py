"""Logs and commands of containers as asynchronous streams."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

import aiodocker
import aiohttp
import orjson

from supercloud.provider.drivers.base import LINE_CHARS_MAX, LogLine
from supercloud.provider.drivers.podman import failures

QUEUE_LINES: Final = 1000
READ_BYTES: Final = 64 * 1024
HEADER_BYTES: Final = 8
RESUME_S: Final = 1.0
EXIT_POLL_S: Final = 0.05
EXIT_POLLS: Final = 60
ATTACH_NOISE: Final = re.compile(rb"Error: read unixpacket \S*: read: connection reset by peer\s*")
"""What Podman adds to the output of a command that ended before it was attached to; nothing is missing for it."""
_STAMP: Final = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d) ")


async def merged_logs(
    api: aiodocker.Docker, replicas: Sequence[tuple[str, str]], follow: bool, tail: int
) -> AsyncIterator[LogLine]:
    """Lines of several containers by (name, id); without `follow` one container after the other."""
    if not follow:
        for name, reference in replicas:
            async for text in _Reader(api, reference).read(False, tail):
                yield LogLine(name, text)
        return
    queue: asyncio.Queue[LogLine | None] = asyncio.Queue(QUEUE_LINES)

    async def read(name: str, reference: str) -> None:
        try:
            async for text in _Reader(api, reference).follow(tail):
                await queue.put(LogLine(name, text))
        finally:
            await queue.put(None)

    readers = [asyncio.ensure_future(read(name, reference)) for name, reference in replicas]
    try:
        left = len(readers)
        while left:
            item = await queue.get()
            if item is None:
                left -= 1
            else:
                yield item
        await asyncio.gather(*readers)
    finally:
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)


class _Reader:
    """The log of one container, across its restarts."""

    def __init__(self, api: aiodocker.Docker, reference: str) -> None:
        self._api = api
        self._reference = reference
        self._seen = b""

    async def follow(self, tail: int) -> AsyncIterator[str]:
        """Lines until the container is removed; a container that ended may be started again."""
        async for text in self.read(True, tail):
            yield text
        started = None
        while True:
            await asyncio.sleep(RESUME_S)
            try:
                state = (await self._api.containers.container(self._reference).show())["State"]
            except aiodocker.DockerError as error:
                if error.status == failures.NOT_FOUND:
                    return
                raise
            # It may have run and ended again while nobody looked: its start tells, its state does not.
            if state.get("Running") or state.get("StartedAt") != started:
                started = state.get("StartedAt")
                async for text in self.read(bool(state.get("Running")), -1):
                    yield text

    async def read(self, follow: bool, tail: int) -> AsyncIterator[str]:
        """Lines that were not read before."""
        lines = Lines()
        skipping = self._seen
        async for frame in self._frames(follow, tail):
            stamp, data = split_stamp(frame)
            if skipping and stamp and stamp <= skipping:
                continue
            self._seen = max(self._seen, stamp)
            for text in lines.feed(data):
                yield text
        for text in lines.rest():
            yield text

    async def _frames(self, follow: bool, tail: int) -> AsyncIterator[bytes]:
        """The engine's pieces: an 8-byte head with the length, then a stamp and text."""
        options: dict[str, Any] = {"stdout": True, "stderr": True, "follow": follow, "timestamps": True}
        if tail >= 0:
            options["tail"] = tail
        path = f"containers/{self._reference}/logs"
        timeout = aiohttp.ClientTimeout(total=None)
        try:
            async with self._api._query(path, params=options, timeout=timeout) as response:
                content = response.content
                while True:
                    head = await content.readexactly(HEADER_BYTES)
                    left = int.from_bytes(head[4:8], "big")
                    while left:
                        piece = await content.readexactly(min(left, READ_BYTES))
                        left -= len(piece)
                        yield piece
        except asyncio.IncompleteReadError:
            return
        except aiodocker.DockerError as error:
            if error.status != failures.NOT_FOUND:
                raise


def split_stamp(frame: bytes) -> tuple[bytes, bytes]:
    """A piece's time and text; the time is empty in what continues a long piece."""
    found = _STAMP.match(frame)
    return (found.group().rstrip(), frame[found.end() :]) if found else (b"", frame)


class Lines:
    """Puts pieces together into lines and cuts those that are too long."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[str]:
        """Lines that are complete with this piece."""
        self._rest += data
        found = []
        while (end := self._rest.find(b"\n")) >= 0 or len(self._rest) > LINE_CHARS_MAX:
            if 0 <= end <= LINE_CHARS_MAX:
                line, self._rest = self._rest[:end].removesuffix(b"\r"), self._rest[end + 1 :]
            else:
                line, self._rest = self._rest[:LINE_CHARS_MAX], self._rest[LINE_CHARS_MAX:]
            found.append(line.decode("utf-8", "replace"))
        return found

    def rest(self) -> list[str]:
        """What came without an end of line."""
        rest, self._rest = self._rest, b""
        return [rest.decode("utf-8", "replace")] if rest else []


async def last_lines(api: aiodocker.Docker, reference: str, count: int) -> list[str]:
    """The end of a container's log."""
    return [text async for text in _Reader(api, reference).read(False, count)][-count:]


# --- Commands


class Exec:
    """A command in a container."""

    def __init__(self, execution: Any, stream: Any) -> None:
        self._execution = execution
        self._stream = stream

    async def output(self) -> AsyncIterator[tuple[int, bytes]]:
        """Pieces of output with the stream they belong to."""
        with failures.translated("the command's output"):
            while (message := await self._stream.read_out()) is not None:
                data = bytes(message.data)
                if not ATTACH_NOISE.fullmatch(data):
                    yield int(message.stream), data

    async def write(self, data: bytes) -> None:
        """Bytes for its stdin."""
        with failures.translated("the command's input"):
            await self._stream.write_in(data)

    async def close_stdin(self) -> None:
        """No more input."""
        connection = self._stream._resp.connection
        transport = connection.transport if connection is not None else None
        if transport is not None and transport.can_write_eof():
            transport.write_eof()

    async def resize(self, columns: int, rows: int) -> None:
        """New size of its terminal."""
        with failures.translated("the terminal"):
            await self._execution.resize(h=rows, w=columns)

    async def exit_code(self) -> int:
        """After the output ended; -1 when it runs on without a way to hear it."""
        with failures.translated("the command"):
            for _ in range(EXIT_POLLS):
                details = await self._execution.inspect()
                if not details.get("Running"):
                    return int(details.get("ExitCode") or 0)
                await asyncio.sleep(EXIT_POLL_S)
        return -1

    async def close(self) -> None:
        """Stop listening; a command that reads its input ends by that."""
        await self._stream.close()


async def open_exec(item: Any, command: list[str], tty: bool, stdin: bool) -> Exec:
    """Start a command and attach to it."""
    execution = await item.exec(cmd=command, stdout=True, stderr=True, stdin=stdin, tty=tty)
    stream = execution.start(detach=False)
    await stream._init()
    return Exec(execution, stream)


async def engine_events(api: aiodocker.Docker, label: str) -> AsyncIterator[dict[str, Any]]:
    """The engine's events about containers with a label, as they happen."""
    options = {"stream": "true", "filters": json.dumps({"label": [label]})}
    async with api._query("events", params=options, timeout=aiohttp.ClientTimeout(total=None)) as response:
        async for line in response.content:
            if line.strip():
                yield orjson.loads(line)
