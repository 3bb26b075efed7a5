"""Frames made here are what a client of others reads."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest
import uvicorn
from websockets.frames import Frame, Opcode
from websockets.streams import StreamReader

from supercloud.node.rpc.frames import FRAMES, Batch, FramesProtocol, text_frame


@pytest.mark.parametrize("length", [0, 1, 125, 126, 65535, 65536, 200_000])
def test_a_frame_reads_back(length: int) -> None:
    message = b"x" * length
    reader = StreamReader()
    reader.feed_data(text_frame(message))
    reader.feed_eof()
    parsing = Frame.parse(reader.read_exact, mask=False)
    with pytest.raises(StopIteration) as ended:
        next(parsing)
    frame = ended.value.value
    assert (frame.opcode, frame.fin, bytes(frame.data)) == (Opcode.TEXT, True, message)


def test_a_batch_counts_its_messages_and_joins_their_frames() -> None:
    batch = Batch((b"one", b"three"))
    assert batch.size == 8
    assert batch.frames == text_frame(b"one") + text_frame(b"three")


class _Server(uvicorn.Server):
    """Leaves the signals to pytest."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def test_the_server_takes_frames_and_ordinary_messages() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert FRAMES in scope["extensions"]
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": FRAMES, "frames": Batch((b"one", b"two" * 50)).frames})
        await send({"type": "websocket.send", "text": "three"})
        await send({"type": "websocket.close", "code": 1000})

    config = uvicorn.Config(app, port=0, ws=FramesProtocol, lifespan="off", log_config=None)
    server = _Server(config)
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(10):
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.005)
    port = server.servers[0].sockets[0].getsockname()[1]
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"http://127.0.0.1:{port}/websocket") as client,
    ):
        assert [await client.receive_str() for _ in range(3)] == ["one", "two" * 50, "three"]
    server.should_exit = True
    await serving
