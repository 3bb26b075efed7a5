"""A gateway over real TLS before a ledger in memory, and clients with tokens and certificates of that ledger."""

from __future__ import annotations

import asyncio
import datetime
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from supercloud.pb.akash.cert.v1 import msg_pb2 as cert_msg
from supercloud.provider.drivers.base import ExecSession, LogLine, PermanentError
from supercloud.provider.event import LeaseRef
from supercloud.provider.gateway.agent import LeaseUnknown, Migration, MigrationRefused
from supercloud.provider.gateway.ledger import Ledger as LedgerView
from supercloud.provider.gateway.listener import Limits
from supercloud.provider.gateway.tls import Files, ServerTls
from supercloud.provider.gateway.web import GatewayServer
from supercloud.provider.manifest.service import ManifestRefused
from supercloud.sdk import certificate, jwt
from supercloud.sdk.certificate import Certificate
from supercloud.sdk.errors import QueryError
from supercloud.sdk.errors import TemporaryError as NodeDown
from supercloud.testing.ledger import Actor, Ledger

DSEQ = 1234
SERVICE = {"name": "web", "available": 1, "total": 1, "uris": ["a.example"]}


class Reader:
    """The ledger in memory behind the interface of `sdk.Client`."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.bech32 = ledger.profile.bech32
        self.queries = 0
        self.down = False

    async def query(self, path: str, request: Any, answer: type[Any], height: int = 0) -> Any:
        self.queries += 1
        if self.down:
            raise NodeDown("node does not answer")
        result = self.ledger.query(path, request, height)
        if result.code:
            raise QueryError(path, result.code, result.codespace, result.log)
        return answer.FromString(result.value)


class Session:
    """A command: says what it was started with, echoes its input, ends with code 3 on `exit`."""

    def __init__(self, greeting: str, stdin: bool) -> None:
        self._out: asyncio.Queue[tuple[int, bytes] | None] = asyncio.Queue()
        self._out.put_nowait((1, greeting.encode()))
        self._out.put_nowait((2, b"to stderr"))
        if not stdin:
            self._out.put_nowait(None)
        self.closed = False

    async def output(self) -> AsyncIterator[tuple[int, bytes]]:
        while (item := await self._out.get()) is not None:
            yield item

    async def write(self, data: bytes) -> None:
        await self._out.put(None if data == b"exit" else (1, b"echo " + data))

    async def close_stdin(self) -> None:
        await self._out.put((1, b"end of input"))
        await self._out.put(None)

    async def resize(self, columns: int, rows: int) -> None:
        await self._out.put((1, f"{columns}x{rows}".encode()))

    async def exit_code(self) -> int:
        return 3

    async def close(self) -> None:
        self.closed = True


class FakeAgent:
    """One tenant, one lease with the services web and db; everything it is told is on record."""

    def __init__(self, ledger: Ledger) -> None:
        self.address = ledger.bob.text
        self.tenant = ledger.alice.text
        self.received: list[tuple[str, int, bytes]] = []
        self.refusal: ManifestRefused | None = None
        self.problem: Exception | None = None
        self.has_manifest = True
        self.asked: dict[str, Any] = {}
        self.sessions: list[Session] = []

    def serves(self, lease: LeaseRef) -> bool:
        return lease.order == (self.tenant, DSEQ, 1, 1)

    def _require(self, lease: LeaseRef) -> None:
        if not self.serves(lease) or not self.has_manifest:
            raise LeaseUnknown(str(lease))
        if self.problem is not None:
            raise self.problem

    async def receive_manifest(self, owner: str, dseq: int, body: bytes) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.received.append((owner, dseq, body))

    async def manifest(self, lease: LeaseRef) -> bytes | None:
        return b'[{"name":"g"}]' if self.serves(lease) and self.has_manifest else None

    async def lease_status(self, lease: LeaseRef) -> dict[str, Any] | None:
        if not self.serves(lease) or not self.has_manifest:
            return None
        if self.problem is not None:
            raise self.problem
        ports = {"web": [{"port": 22}], "db": [{"port": 5432}]}
        services = {"web": dict(SERVICE), "db": {**SERVICE, "name": "db"}}
        return {"services": services, "forwarded_ports": ports, "ips": None}

    async def logs(
        self, lease: LeaseRef, services: tuple[str, ...], follow: bool, tail: int
    ) -> AsyncIterator[LogLine]:
        self._require(lease)
        self.asked = {"services": services, "follow": follow, "tail": tail}
        yield LogLine("web-7c9d-0", "one")
        yield LogLine("web-7c9d-0", "two")
        if follow:
            await asyncio.sleep(3600)

    async def events(
        self, lease: LeaseRef, services: tuple[str, ...], follow: bool
    ) -> AsyncIterator[dict[str, Any]]:
        self._require(lease)
        self.asked = {"services": services, "follow": follow}
        yield {"type": "Normal", "reason": "Started", "note": "n", "object": {"kind": "Pod"}}

    async def shell(
        self, lease: LeaseRef, service: str, replica: int, command: list[str], tty: bool, stdin: bool
    ) -> ExecSession:
        self._require(lease)
        if service != "web":
            raise PermanentError("no such service exists with that name")
        self.sessions.append(Session(f"{command} {replica} {tty} {stdin}", stdin))
        return self.sessions[-1]

    async def migrate_hostnames(self, wanted: Migration) -> list[str]:
        if wanted.dseq != DSEQ:
            raise MigrationRefused(400, "destination deployment does not exist")
        return list(wanted.names)

    async def migrate_endpoints(self, wanted: Migration) -> list[str]:
        raise MigrationRefused(400, f'the endpoint "{wanted.names[0]}" is not used by this deployment')

    def status(self) -> dict[str, Any]:
        return {"cluster": {"leases": 1}, "address": self.address}

    def version(self) -> dict[str, Any]:
        return {"akash": {"version": "1"}, "kube": {}}


async def eventually(met: Callable[[], object]) -> None:
    """Wait until something that nobody tells of is so."""
    async with asyncio.timeout(30):
        while not met():  # noqa: ASYNC110 - there is no such event
            await asyncio.sleep(0.01)


class Stage:
    """The gateway and everything around it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ledger = Ledger()
        # An account's key is on the ledger from its first transaction on.
        for actor in (self.ledger.alice, self.ledger.dave):
            self.publish(actor)
        self.reader = Reader(self.ledger)
        self.clock = 0.0
        self.view = LedgerView(self.reader, lambda: self.clock)
        self.agent = FakeAgent(self.ledger)
        self.url = ""

    def publish(self, actor: Actor, made: Certificate | None = None) -> Certificate:
        """A certificate of this actor, published."""
        made = made or certificate.make(actor.text, datetime.datetime.now(datetime.UTC))
        message = cert_msg.MsgCreateCertificate(
            owner=actor.text, cert=made.certificate, pubkey=made.public_key
        )
        result = self.ledger.deliver(message, by=actor)
        assert result.code == 0, result.log
        return made

    def revoke(self, actor: Actor, made: Certificate) -> None:
        message = cert_msg.MsgRevokeCertificate()
        message.id.owner, message.id.serial = actor.text, str(made.serial)
        assert self.ledger.deliver(message, by=actor).code == 0

    def token(self, actor: Actor | None = None, leases: dict[str, Any] | None = None) -> str:
        actor = actor or self.ledger.alice
        return jwt.issue(actor.key, actor.text, int(time.time()), leases)

    def files(self, made: Certificate, name: str) -> Files:
        files = Files(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        files.certificate.write_bytes(made.certificate)
        files.key.write_bytes(made.private_key)
        return files

    def client_tls(self, made: Certificate | None = None) -> ssl.SSLContext:
        """TLS as a client has it: with a certificate, or without."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        if made is not None:
            context.load_cert_chain(*self.files(made, f"client-{made.serial}"))
        return context

    @asynccontextmanager
    async def gateway(
        self, public: Files | None = None, limits: Limits | None = None
    ) -> AsyncIterator[GatewayServer]:
        """The gateway, running."""
        own = certificate.make(self.ledger.bob.text, datetime.datetime.now(datetime.UTC), ["localhost"])
        context = ServerTls(self.files(own, "server"), public, "provider.example")
        server = GatewayServer(self.agent, self.view, context, "127.0.0.1", 0, limits or Limits())
        await server.start()
        self.url = f"https://127.0.0.1:{server.port}"
        try:
            yield server
        finally:
            await server.stop()

    @asynccontextmanager
    async def client(
        self, made: Certificate | None = None, token: str | None = None
    ) -> AsyncIterator[aiohttp.ClientSession]:
        """A client with a certificate, a token, both or nothing."""
        connector = aiohttp.TCPConnector(ssl=self.client_tls(made))
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with aiohttp.ClientSession(
            self.url, connector=connector, headers=headers, timeout=aiohttp.ClientTimeout(total=10)
        ) as session:
            yield session
