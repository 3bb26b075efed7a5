"""Logs, events and shells over WebSocket, frame by frame."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp
import orjson
import pytest
from aiohttp import WSMsgType

from supercloud.provider.drivers.base import PermanentError, TemporaryError
from supercloud.provider.gateway import streams

from .cast import DSEQ, Session, Stage, eventually

LEASE = f"/lease/{DSEQ}/1/1"
SHELL = LEASE + "/shell?cmd0=sh&cmd1=-c&cmd3=lost&podIndex=0&service=web"


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


async def read(stage: Stage, path: str, certificate: bool = False) -> tuple[list[str], int | None]:
    """All text frames and the closing code."""
    made = stage.publish(stage.ledger.alice) if certificate else None
    token = None if certificate else stage.token()
    async with stage.client(made, token) as client, client.ws_connect(LEASE + path) as socket:
        frames = [message.data async for message in socket]
        return frames, socket.close_code


@pytest.mark.parametrize("certificate", [False, True])
async def test_logs(stage: Stage, certificate: bool) -> None:
    async with stage.gateway():
        frames, code = await read(stage, "/logs", certificate)
    lines = [{"name": "web-7c9d-0", "message": text} for text in ("one", "two")]
    assert ([orjson.loads(frame) for frame in frames], code) == (lines, 1000)
    assert stage.agent.asked == {"services": (), "follow": False, "tail": -1}


async def test_events(stage: Stage) -> None:
    async with stage.gateway():
        frames, code = await read(stage, "/kubeevents?service=web,db")
    assert [orjson.loads(frame)["reason"] for frame in frames] == ["Started"]
    assert (stage.agent.asked["services"], code) == (("web", "db"), 1000)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("tail=10000000", 101),
        ("tail=-1", 101),
        ("tail=", 101),
        ("tail=-2", 400),
        ("tail=x", 400),
        ("tail=1e3", 400),
        ("tail=" + "9" * 30, 400),
        ("follow=1", 101),
        ("follow=maybe", 400),
        ("service=web,", 400),
        ("service=,web", 400),
        ("services=web", 101),  # what the network's command line sends; it means nothing
    ],
)
async def test_parameters(stage: Stage, query: str, status: int) -> None:
    async with stage.gateway(), stage.client(token=stage.token()) as client:
        try:
            async with client.ws_connect(f"{LEASE}/logs?{query}"):
                found = 101
        except aiohttp.WSServerHandshakeError as error:
            found = error.status
    assert found == status


@pytest.mark.parametrize(
    ("problem", "code"),
    [
        (None, 4001),
        (PermanentError("no running pods"), 4000),
        (TemporaryError("engine is away"), 4002),
        (KeyError("x"), 4000),
    ],
)
async def test_why_a_stream_ends(stage: Stage, problem: Exception | None, code: int) -> None:
    stage.agent.problem = problem
    stage.agent.has_manifest = problem is not None
    async with stage.gateway():
        for path in ("/logs", "/kubeevents"):
            assert await read(stage, path) == ([], code)


async def test_a_client_that_leaves_ends_the_stream(stage: Stage) -> None:
    async with stage.gateway() as gateway, stage.client(token=stage.token()) as client:
        async with client.ws_connect(LEASE + "/logs?follow=true") as socket:
            assert orjson.loads((await socket.receive()).data)["message"] == "one"
            assert gateway._streams._running == {stage.ledger.alice.text: 1}
        await eventually(lambda: not gateway._streams._running)


async def test_streams_of_a_tenant_are_bounded(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "STREAMS_PER_TENANT", 1)
    async with (
        stage.gateway(),
        stage.client(token=stage.token()) as client,
        client.ws_connect(LEASE + "/logs?follow=true"),
    ):
        with pytest.raises(aiohttp.WSServerHandshakeError, match="503"):
            await client.ws_connect(LEASE + "/logs")


@pytest.mark.parametrize("path", ["/logs", "/kubeevents", SHELL.removeprefix(LEASE) + "&tty=0&stdin=0"])
@pytest.mark.parametrize(("origin", "status"), [("https://evil.example", 403), ("null", 403), ("OWN", 101)])
async def test_pages_of_other_sites_are_refused(stage: Stage, path: str, origin: str, status: int) -> None:
    async with stage.gateway(), stage.client(token=stage.token()) as client:
        origin = stage.url if origin == "OWN" else origin
        try:
            async with client.ws_connect(LEASE + path, headers={"Origin": origin}):
                found = 101
        except aiohttp.WSServerHandshakeError as error:
            found = error.status
    assert found == status


# --- Shells


async def shell(stage: Stage, path: str, *send: bytes, certificate: bool = False) -> list[bytes]:
    """Send frames one after another, return all that come."""
    made = stage.publish(stage.ledger.alice) if certificate else None
    token = None if certificate else stage.token()
    async with stage.client(made, token) as client, client.ws_connect(path) as socket:
        for frame in send:
            await socket.send_bytes(frame)
        return [message.data async for message in socket if message.type is WSMsgType.BINARY]


@pytest.mark.parametrize("certificate", [False, True])
async def test_a_command_without_input(stage: Stage, certificate: bool) -> None:
    async with stage.gateway():
        frames = await shell(stage, SHELL + "&tty=0&stdin=0", b"\x68exit", certificate=certificate)
    assert frames == [
        b"\x64['sh', '-c'] 0 False False",
        b"\x65to stderr",
        b'\x66{"exit_code":3}',
    ]
    assert stage.agent.sessions[0].closed


async def test_input_and_terminal_size(stage: Stage) -> None:
    sizes = b"\x69" + (120).to_bytes(2, "big") + (40).to_bytes(2, "big")
    odd = (b"", b"\x69\x00", b"\x01junk", b"\xff")
    async with stage.gateway():
        frames = await shell(stage, SHELL + "&tty=1&stdin=1", *odd, b"\x68ls", sizes, b"\x68exit")
    assert frames[2:] == [b"\x64echo ls", b"\x64120x40", b'\x66{"exit_code":3}']


async def test_sizes_without_a_terminal_mean_nothing(stage: Stage) -> None:
    async with stage.gateway():
        frames = await shell(stage, SHELL + "&tty=0&stdin=1", b"\x69\x00\x50\x00\x18", b"\x68exit")
    assert frames[2:] == [b'\x66{"exit_code":3}']


async def test_an_empty_input_frame_is_the_end_of_input(stage: Stage) -> None:
    async with stage.gateway():
        frames = await shell(stage, SHELL + "&tty=0&stdin=1", b"\x68")
    assert frames[2:] == [b"\x64end of input", b'\x66{"exit_code":3}']


@pytest.mark.parametrize("missing", ["cmd0", "tty", "stdin", "podIndex", "service"])
@pytest.mark.parametrize("value", [None, "", "x y"])
async def test_parameters_of_a_shell(stage: Stage, missing: str, value: str | None) -> None:
    query = {"cmd0": "sh", "tty": "0", "stdin": "0", "podIndex": "0", "service": "web"}
    del query[missing]
    if value is not None:
        query[missing] = value
    refused = value != "x y" or missing in ("tty", "stdin", "podIndex")
    async with stage.gateway(), stage.client(token=stage.token()) as client:
        try:
            async with client.ws_connect(LEASE + "/shell", params=query):
                found = 101
        except aiohttp.WSServerHandshakeError as error:
            found = error.status
    assert found == (400 if refused else 101)


@pytest.mark.parametrize(
    ("problem", "service", "frame"),
    [
        (None, "db", b'\x66{"exit_code":0,"message":"remote command execute error: no such service exists with that name"}'),
        (PermanentError("service with that name is not running"), "web",
         b'\x66{"exit_code":0,"message":"remote command execute error: service with that name is not running"}'),
        (TemporaryError("engine is away"), "web", b"\x67"),
        (KeyError("x"), "web", b"\x67"),
    ],
)  # fmt: skip
async def test_a_command_that_can_not_run(
    stage: Stage, problem: Exception | None, service: str, frame: bytes
) -> None:
    stage.agent.problem = problem
    path = SHELL.replace("service=web", f"service={service}") + "&tty=0&stdin=0"
    async with stage.gateway():
        assert await shell(stage, path) == [frame]


async def test_a_lease_that_is_not_there(stage: Stage) -> None:
    async with stage.gateway():
        (frame,) = await shell(stage, SHELL.replace(f"/{DSEQ}/", "/7/") + "&tty=0&stdin=0")
    assert orjson.loads(frame[1:])["message"].endswith("deployment is not yet active")


async def test_a_client_that_leaves_ends_the_command(stage: Stage) -> None:
    async with stage.gateway(), stage.client(token=stage.token()) as client:
        async with client.ws_connect(SHELL + "&tty=1&stdin=1") as socket:
            await socket.receive()
        await eventually(lambda: stage.agent.sessions[0].closed)


class _Broken(Session):
    """A session whose engine goes away."""

    async def exit_code(self) -> int:
        raise TemporaryError("engine is away")


async def test_an_engine_that_goes_away_is_a_failure(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    from . import cast

    monkeypatch.setattr(cast, "Session", _Broken)
    async with stage.gateway():
        frames = await shell(stage, SHELL + "&tty=0&stdin=0")
    assert frames[-1] == b"\x67"


async def test_frames_are_bounded(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """A frame that is too large ends the stream and its command; none of it is passed on."""
    monkeypatch.setattr(streams, "FRAME_BYTES_MAX", 1000)
    async with (
        stage.gateway(),
        stage.client(None, stage.token()) as client,
        client.ws_connect(SHELL + "&tty=0&stdin=1") as socket,
    ):
        await socket.send_bytes(b"\x68" + b"x" * 1000)
        heard = []
        async with asyncio.timeout(30):
            while (message := await socket.receive()).type is WSMsgType.BINARY:
                heard.append(message.data)
        assert socket.closed and b"xxx" not in b"".join(heard)
    assert stage.agent.sessions[0].closed
