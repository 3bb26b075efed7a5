"""A provider as its tenant meets it: whom to trust, what to believe, what to do with a hostile one."""

from __future__ import annotations

import asyncio
import datetime
import hashlib
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiohttp import WSMsgType, web
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from memory_node import MemoryNode
from web import Handler, answering, serving

from supercloud.pb.akash.cert.v1.msg_pb2 import MsgCreateCertificate
from supercloud.pb.akash.provider.v1beta4.msg_pb2 import MsgCreateProvider
from supercloud.sdk import certificate, jwt
from supercloud.sdk import gateway as module
from supercloud.sdk.client import Client
from supercloud.sdk.errors import PermanentError, QueryError, TemporaryError
from supercloud.sdk.gateway import Gateway, GatewayError, LeasePath, Trust
from supercloud.testing.ledger import GENESIS_TIME, Actor

LEASE = LeasePath(5)


class Server:
    """A TLS server with a certificate of its own."""

    def __init__(self, folder: Path, address: str) -> None:
        now = datetime.datetime.fromtimestamp(GENESIS_TIME, datetime.UTC)
        self.made = certificate.make(address, now, ["127.0.0.1"])
        (folder / "cert").write_bytes(self.made.certificate)
        (folder / "key").write_bytes(self.made.private_key)
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(folder / "cert", folder / "key")

    @property
    def fingerprint(self) -> bytes:
        der = x509.load_pem_x509_certificate(self.made.certificate).public_bytes(Encoding.DER)
        return hashlib.sha256(der).digest()

    @asynccontextmanager
    async def gateway(
        self, handler: Handler, signer: Actor | None = None, trust: Trust | None = None
    ) -> AsyncIterator[Gateway]:
        async with serving(handler, self.tls) as url:
            key, owner = (signer.key, signer.text) if signer else (None, "")
            async with Gateway(url, trust or Trust([self.fingerprint]), key, owner) as gateway:
                yield gateway


@pytest.fixture
def server(tmp_path: Path, node: MemoryNode) -> Server:
    return Server(tmp_path, node.ledger.bob.text)


# --- Whom to trust


async def test_a_published_certificate_is_trusted(server: Server) -> None:
    async with server.gateway(answering(b'{"a":1}')) as gateway:
        assert await gateway.status() == {"a": 1}
        assert await gateway.round_trip_s() > 0


async def test_another_certificate_is_not_and_gets_no_token(server: Server, node: MemoryNode) -> None:
    asked = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.headers)
        return web.Response()

    for trust in (Trust([bytes(32)]), Trust([])):
        async with server.gateway(answer, node.ledger.alice, trust) as gateway:
            with pytest.raises(PermanentError, match="neither one it published on the ledger nor signed by"):
                await gateway.status()
    assert asked == []


async def test_of_several_published_ones_the_right_one_is_found(server: Server) -> None:
    trust = Trust([bytes(32), server.fingerprint])
    async with server.gateway(answering(b"{}"), trust=trust) as gateway:
        await gateway.status()
        assert len(trust._ways) == 1, "found once, kept"


async def test_the_ledger_says_which_ones(client: Client, node: MemoryNode, server: Server) -> None:
    bob = node.ledger.bob
    published = MsgCreateCertificate(
        owner=bob.text, cert=server.made.certificate, pubkey=server.made.public_key
    )
    async with serving(answering(b'{"a":1}'), server.tls) as url:
        host = MsgCreateProvider(owner=bob.text, host_uri=url)
        assert node.ledger.deliver(published, host, by=bob).code == 0
        async with await Gateway.of(client, bob.text, node.ledger.alice.key) as gateway:
            assert await gateway.status() == {"a": 1}


async def test_an_unknown_provider(client: Client, node: MemoryNode) -> None:
    with pytest.raises(QueryError):
        await Gateway.of(client, node.ledger.bob.text)


@pytest.mark.parametrize("url", ["http://a:8443", "a:8443", "", "file:///etc/passwd"])
def test_a_token_travels_only_over_tls(url: str) -> None:
    with pytest.raises(PermanentError, match="expected https://HOST:PORT"):
        Gateway(url, Trust([]), None, "")


# --- Requests


async def test_the_token_is_the_tenants(server: Server, node: MemoryNode) -> None:
    heard: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        heard.append(request.headers["Authorization"])
        heard.append(f"{request.method} {request.path}")
        heard.append((await request.read()).decode())
        return web.json_response({})

    alice = node.ledger.alice
    async with server.gateway(answer, alice) as gateway:
        await gateway.send_manifest(5, b"[]")
        assert heard[1:] == ["PUT /deployment/5/manifest", "[]"]
        claims, signed, signature = jwt.parse(heard[0].removeprefix("Bearer "))
        assert claims["iss"] == alice.text and alice.key.public_key.verify(signed, signature)
        await gateway.lease_status(LeasePath(5, 2, 3))
        await gateway.service_status(LEASE, "web")
        await gateway.manifest(LEASE)
    assert heard[4::3] == [
        "GET /lease/5/2/3/status",
        "GET /lease/5/1/1/service/web/status",
        "GET /lease/5/1/1/manifest",
    ]


async def test_without_a_key_no_token_is_sent(server: Server) -> None:
    async def answer(request: web.Request) -> web.Response:
        assert "Authorization" not in request.headers
        return web.json_response({"fine": True})

    async with server.gateway(answer) as gateway:
        assert await gateway.status() == {"fine": True}


@pytest.mark.parametrize(
    ("status", "body", "text"),
    [
        (401, b"unauthorized", "provider answered 401: unauthorized"),
        (404, b'{"message":"no lease for deployment"}', "provider answered 404: no lease for deployment"),
        (500, b"", "provider answered 500: no reason given"),
        (422, b"\xff[]", "provider answered 422"),
        (302, b"", "provider answered 302: it sends us elsewhere"),
    ],
)
async def test_refusals(server: Server, status: int, body: bytes, text: str) -> None:
    async with server.gateway(answering(body, status)) as gateway:
        with pytest.raises(GatewayError, match=text) as refused:
            await gateway.status()
    assert refused.value.status == status


async def test_a_redirect_takes_the_token_nowhere(server: Server, node: MemoryNode) -> None:
    heard = []

    async def thief(request: web.Request) -> web.Response:
        heard.append(request.headers.get("Authorization"))
        return web.json_response({})

    async with serving(thief) as elsewhere:

        async def answer(_: web.Request) -> web.Response:
            raise web.HTTPFound(elsewhere + "/status")

        async with server.gateway(answer, node.ledger.alice) as gateway:
            with pytest.raises(GatewayError, match="sends us elsewhere"):
                await gateway.status()
    assert heard == []


@pytest.mark.parametrize("body", [b"<html>", b"[1]", b'"x"', b"", b"5"])
async def test_answers_that_are_no_status(server: Server, body: bytes) -> None:
    async with server.gateway(answering(body)) as gateway:
        for ask in (gateway.status(), gateway.lease_status(LEASE), gateway.service_status(LEASE, "web")):
            with pytest.raises(PermanentError, match="the provider"):
                await ask


async def test_answers_are_bounded(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ANSWER_BYTES_MAX", 1000)
    async with server.gateway(answering(b" " * 1001)) as gateway:
        with pytest.raises(PermanentError, match="more than 1000 bytes"):
            await gateway.status()


async def test_nobody_there() -> None:
    async with Gateway("https://127.0.0.1:1", Trust([]), None, "") as gateway:
        with pytest.raises(TemporaryError, match="provider does not answer: Connection refused"):
            await gateway.status()
        with pytest.raises(TemporaryError, match="provider does not answer"):
            await anext(aiter(gateway.logs(LEASE)))


# --- Streams


def streaming(messages: list[bytes], code: int = 1000, asked: list[str] | None = None) -> Handler:
    async def answer(request: web.Request) -> web.StreamResponse:
        if asked is not None:
            asked.append(request.path_qs)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        for message in messages:
            await socket.send_str(message.decode())
        await socket.close(code=code)
        return socket

    return answer


async def test_logs_and_events(server: Server) -> None:
    asked: list[str] = []
    lines = [b'{"name":"web-0","message":"one"}', b'{"name":"web-0","message":"two"}']
    async with server.gateway(streaming(lines, asked=asked)) as gateway:
        found = [item["message"] async for item in gateway.logs(LEASE, "web,db", follow=True, tail=5)]
        assert [item async for item in gateway.events(LEASE)] == [orjson.loads(line) for line in lines]
    assert found == ["one", "two"]
    assert asked == [
        "/lease/5/1/1/logs?follow=true&tail=5&service=web,db",
        "/lease/5/1/1/kubeevents?follow=false",
    ]


@pytest.mark.parametrize(
    ("code", "words"),
    [(4000, "no running replicas"), (4001, "lease not found"), (4002, "engine is unavailable")],
)
async def test_reasons_of_a_closed_stream(server: Server, code: int, words: str) -> None:
    async with server.gateway(streaming([], code)) as gateway:
        with pytest.raises(GatewayError, match=words):
            _ = [item async for item in gateway.logs(LEASE)]


async def test_a_stream_of_something_else(server: Server) -> None:
    async with server.gateway(streaming([b"not json"])) as gateway:
        with pytest.raises(PermanentError, match="did not answer with JSON"):
            await anext(aiter(gateway.logs(LEASE)))


async def test_a_refused_stream(server: Server) -> None:
    async with server.gateway(answering(b"no", 403)) as gateway:
        with pytest.raises(GatewayError, match="403"):
            await anext(aiter(gateway.logs(LEASE)))


async def test_a_shell_both_ways(server: Server) -> None:
    asked: list[str] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        asked.append(request.path_qs)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_bytes(bytes([module.STDOUT]) + b"$ ")
        async for message in socket:
            assert message.type is WSMsgType.BINARY
            if message.data[0] == module.RESIZE:
                await socket.send_bytes(bytes([module.STDERR]) + message.data[1:])
            elif message.data[1:]:
                await socket.send_bytes(bytes([module.STDOUT]) + message.data[1:])
            else:
                await socket.send_bytes(bytes([module.RESULT]) + b'{"exit_code":3}')
        return socket

    async with server.gateway(answer) as gateway, asyncio.timeout(30):
        shell = await gateway.shell(LEASE, "web", ["sh", "-c", "a b"], tty=True, stdin=True, replica=2)
        frames = shell.frames()
        assert await anext(frames) == (module.STDOUT, b"$ ")
        await shell.send(b"hello")
        assert await anext(frames) == (module.STDOUT, b"hello")
        await shell.resize(300, 50)
        assert await anext(frames) == (module.STDERR, b"\x01\x2c\x00\x32")
        await shell.send(b"")
        assert await anext(frames) == (module.RESULT, b'{"exit_code":3}')
        await shell.close()
    assert asked == ["/lease/5/1/1/shell?service=web&podIndex=2&tty=1&stdin=1&cmd0=sh&cmd1=-c&cmd2=a+b"]


def test_anyone_is_a_choice_made_by_name() -> None:
    assert Trust.anyone()._ways == [False]
    assert Trust([])._ways == [True]


def test_paths() -> None:
    values: list[Any] = [LeasePath(7), LeasePath(7, 2, 3)]
    assert list(map(str, values)) == ["7/1/1", "7/2/3"]
