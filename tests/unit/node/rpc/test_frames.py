"""Frames made here are what a client of others reads."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from typing import Any

import aiohttp
import pytest
import uvicorn
from websockets.client import ClientProtocol
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.streams import StreamReader
from websockets.uri import parse_uri

from supercloud.node.rpc.frames import FRAMES, SHARED_MIN, Batch, FramesProtocol, text_frame


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


@contextlib.asynccontextmanager
async def served(app: Any) -> AsyncIterator[str]:
    """URL of a server of an ASGI application."""
    config = uvicorn.Config(
        app, port=0, ws=FramesProtocol, ws_per_message_deflate=False, lifespan="off", log_config=None
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(10):
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.005)
    yield f"127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/websocket"
    server.should_exit = True
    await serving


async def test_the_server_takes_batches_and_ordinary_messages() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert FRAMES in scope["extensions"]
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": FRAMES, "batch": Batch((b"one", b"two" * 50))})
        await send({"type": "websocket.send", "text": "three"})
        await send({"type": "websocket.close", "code": 1000})

    async with (
        served(app) as url,
        aiohttp.ClientSession() as session,
        session.ws_connect(f"http://{url}") as client,
    ):
        assert [await client.receive_str() for _ in range(3)] == ["one", "two" * 50, "three"]


OFFERS = {
    "nothing": None,
    "usual": "permessage-deflate; client_max_window_bits",
    "no memory": "permessage-deflate; server_no_context_takeover",
    "small window": "permessage-deflate; server_max_window_bits=10",
}
BATCHES = [
    [f"{number} of {batch}: {'what all of them say ' * 20}" for number in range(9)] for batch in range(3)
]


@pytest.mark.parametrize("offer", OFFERS)
@pytest.mark.parametrize("clients", [SHARED_MIN - 1, SHARED_MIN])
async def test_many_share_what_is_compressed_once(offer: str, clients: int) -> None:
    """Every client reads the same, whatever it offers and whatever it is sent between batches."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        for texts in BATCHES:
            asked = (await receive())["text"]
            await send({"type": "websocket.send", "text": f"you said {asked}"})
            await send({"type": FRAMES, "batch": Batch([text.encode() for text in texts], clients)})
        await receive()

    async with served(app) as url:
        headers = {"Sec-WebSocket-Extensions": OFFERS[offer]} if OFFERS[offer] else {}
        read, taken = await asyncio.to_thread(converse, url, headers)
    assert read == [text for batch in BATCHES for text in ("you said " + "hello " * 100, *batch)]
    whole = sum(len(text) for batch in BATCHES for text in batch)
    if offer == "usual" and clients >= SHARED_MIN:
        assert taken < whole / 4
    else:
        assert taken > whole


def converse(url: str, headers: dict[str, str]) -> tuple[list[str], int]:
    """What a client of others reads that asks before each batch, and how many bytes that took."""
    extensions = [ClientPerMessageDeflateFactory(client_max_window_bits=True)] if headers else None
    protocol = ClientProtocol(parse_uri(f"ws://{url}"), extensions=extensions)
    host, port = url.removesuffix("/websocket").split(":")
    texts: list[str] = []
    taken = 0
    with socket.create_connection((host, int(port)), 10) as connection:
        request = protocol.connect()
        for name, value in headers.items():
            del request.headers[name]
            request.headers[name] = value
        protocol.send_request(request)
        connection.sendall(b"".join(protocol.data_to_send()))
        while len(texts) < sum(map(len, BATCHES)) + len(BATCHES):
            if protocol.state is State.OPEN and len(texts) % (len(BATCHES[0]) + 1) == 0:
                protocol.send_text(b"hello " * 100)
                connection.sendall(b"".join(protocol.data_to_send()))
            data = connection.recv(65536)
            assert data
            taken += len(data)
            protocol.receive_data(data)
            texts += [event.data.decode() for event in protocol.events_received() if isinstance(event, Frame)]
        connection.close()
    return texts, taken
