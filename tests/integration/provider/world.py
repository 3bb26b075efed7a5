"""A node, a provider and tenants in one process. Containers are played by small web servers that outlive the agent,
as an engine's do."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from supercloud import sdl
from supercloud.chain.baseapp.context import Profile
from supercloud.crypto.secp256k1 import PrivateKey
from supercloud.node.config import Config as NodeConfig
from supercloud.node.home import init_home
from supercloud.node.server import Node
from supercloud.provider.config import Config
from supercloud.provider.drivers.base import (
    ExecSession,
    Fingerprint,
    LogLine,
    Observed,
    PermanentError,
    Progress,
    Replica,
    TemporaryError,
    Usage,
    Workload,
)
from supercloud.provider.event import LeaseRef, OrderRef
from supercloud.provider.service import Provider
from supercloud.sdk import market
from supercloud.sdk.client import Client
from supercloud.sdk.gateway import Gateway, LeasePath
from supercloud.sdk.tx import TxSender
from supercloud.testing import ports
from supercloud.types.coin import Coin

BECH32 = Profile().bech32
RICHES = 10**12
DEPOSIT = Coin("uakt", 5_000_000)

SDL = """
version: "2.0"
services:
  web:
    image: example/web:1
    env: [NAME=%s]
    expose:
      - port: 8080
        as: 80
        accept: [%s]
        to: [{global: true}]
      - port: 5432
        to: [{global: true}]
profiles:
  compute:
    web:
      resources: {cpu: {units: 100m}, memory: {size: 64Mi}, storage: {size: 64Mi}}
  placement:
    west:
      pricing: {web: {denom: uakt, amount: 1000}}
deployment:
  web: {west: {profile: web, count: 1}}
"""


def workload(name: str = "one", *hosts: str) -> sdl.Sdl:
    """A web service under these names."""
    return sdl.load(SDL % (name, ", ".join(hosts or (f"{name}.example",))))


def key_of(name: str) -> PrivateKey:
    return PrivateKey(hashlib.sha256(name.encode()).digest())


class Engine:
    """What runs on the machine, whoever asks. `away` makes it unreachable."""

    def __init__(self) -> None:
        self.running: dict[str, tuple[Workload, asyncio.Server]] = {}
        self.deployed: list[str] = []
        self.removed: list[str] = []
        self.refusal: Exception | None = None
        self.away = False

    async def close(self) -> None:
        for _, server in self.running.values():
            server.close()

    def check(self) -> None:
        if self.away:
            raise TemporaryError("engine is away")


class EngineDriver:
    """A driver of that engine; a new agent gets a new one."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def start(self) -> None:
        self._engine.check()

    async def close(self) -> None:
        pass

    async def fingerprint(self) -> Fingerprint:
        return Fingerprint("machine", "test", 8000, 16 * 2**30, {"ephemeral": 100 * 2**30}, (), ())

    async def recover(self) -> list[Observed]:
        self._engine.check()
        return [self._observed(lease) for lease in sorted(self._engine.running)]

    async def observe(self, lease: str) -> Observed | None:
        self._engine.check()
        return self._observed(lease) if lease in self._engine.running else None

    def _observed(self, lease: str) -> Observed:
        work, server = self._engine.running[lease]
        port = server.sockets[0].getsockname()[1]
        replicas = tuple(
            Replica(f"{service.name}-{work.namespace[:8]}-0", service.name, True, None, 0, "", {8080: port})
            for service in work.services
        )
        return Observed(lease, work.version, replicas, complete=True)

    async def deploy(self, workload: Workload, progress: Progress | None = None) -> None:
        self._engine.check()
        if self._engine.refusal is not None:
            raise self._engine.refusal
        greeting = ",".join(entry for service in workload.services for entry in service.env)
        if old := self._engine.running.pop(workload.lease, None):
            old[1].close()
        server = await asyncio.start_server(_greeter(greeting), "127.0.0.1", 0)
        self._engine.running[workload.lease] = (workload, server)
        self._engine.deployed.append(workload.lease)

    async def remove(self, lease: str) -> None:
        self._engine.check()
        if found := self._engine.running.pop(lease, None):
            found[1].close()
        self._engine.removed.append(lease)

    async def logs(
        self, lease: str, services: tuple[str, ...], follow: bool, tail: int
    ) -> AsyncIterator[LogLine]:
        yield LogLine("web-x-0", f"line of {lease}")

    async def events(
        self, lease: str, services: tuple[str, ...], follow: bool
    ) -> AsyncIterator[dict[str, Any]]:
        yield {"type": "Normal", "reason": "Started"}

    async def exec(
        self, lease: str, service: str, replica: int, command: list[str], tty: bool, stdin: bool
    ) -> ExecSession:
        raise PermanentError("no such service exists with that name")

    async def stats(self, lease: str) -> list[Usage]:
        return []

    async def changes(self) -> None:
        await asyncio.sleep(0.2)


def _greeter(text: str) -> Callable[..., Awaitable[None]]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            body = text.encode()
            writer.write(
                b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body
            )
            await writer.drain()
        writer.close()

    return answer


class Tenant:
    """Somebody who deploys."""

    def __init__(self, client: Client, name: str) -> None:
        self.client = client
        self.sender = TxSender(client, key_of(name))
        self.address = self.sender.address_text

    async def order(self, file: sdl.Sdl) -> int:
        return await market.create_deployment(self.sender, file, DEPOSIT, await self._free_dseq())

    async def _free_dseq(self) -> int:
        taken = {item.deployment.id.dseq for item in await market.deployments(self.client, self.address)}
        return max({await self.client.height(), *(number + 1 for number in taken)})

    async def bid(self, dseq: int) -> market.Offer:
        found: list[market.Offer] = []
        await until(lambda: self._offers(dseq, found), "a bid")
        return found[0]

    async def _offers(self, dseq: int, found: list[market.Offer]) -> bool:
        found[:] = await market.offers(self.client, self.address, dseq)
        return bool(found)

    async def lease(self, file: sdl.Sdl) -> LeaseRef:
        """Order, wait for the bid, accept it."""
        dseq = await self.order(file)
        offer = await self.bid(dseq)
        await market.accept(self.sender, [offer])
        return LeaseRef(OrderRef(self.address, dseq, 1, 1), offer.provider)

    @asynccontextmanager
    async def gateway(self, provider: str) -> AsyncIterator[Gateway]:
        async with await Gateway.of(self.client, provider, key_of_sender(self.sender)) as gateway:
            yield gateway

    async def run(self, file: sdl.Sdl) -> LeaseRef:
        """A lease whose service is up."""
        lease = await self.lease(file)
        async with self.gateway(lease.provider) as gateway:
            await market.send_manifest(gateway, lease.order.dseq, file)
            await market.wait_ready(gateway, LeasePath(lease.order.dseq), 20)
        return lease


def key_of_sender(sender: TxSender) -> Any:
    return sender.signer


async def until(met: Callable[[], Any], what: str, timeout_s: float = 60.0) -> None:
    """Wait for something to become true."""
    try:
        async with asyncio.timeout(timeout_s):
            while True:
                found = met()
                if await found if asyncio.iscoroutine(found) else found:
                    return
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"waited {timeout_s:g} s in vain for {what}") from None


class World:
    """All of it. `provider` is None while no agent runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.engine = Engine()
        self.provider: Provider | None = None
        self.client: Client
        self.node: Node
        self._task: asyncio.Task[None] | None = None
        gateway, grpc, ingress = ports.free(3)
        self.settings: dict[str, Any] = {
            "host": "localhost",
            "gateway_port": gateway,
            "gateway_grpc_port": grpc,
            "ingress_port": ingress,
            "sweep_interval_s": 2,
            "withdraw_interval_s": 3600,
        }

    async def start(self) -> None:
        config = NodeConfig()
        config.engine.block_interval_s = 0.1
        for door in (config.rpc, config.grpc, config.rest):
            door.listen = "127.0.0.1:0"
        names = ("provider", "alice", "dave")
        funds = {key_of(name).address: [Coin("uakt", RICHES)] for name in names}
        init_home(self.folder / "node", "supercloud-test", funds=funds, config=config)
        self.node = Node(self.folder / "node", config)
        await self.node.start()
        self.client = await Client.connect(self.node.rpc_url)

    async def stop(self) -> None:
        await self.stop_provider()
        await self.client.close()
        await self.node.stop()
        await self.engine.close()

    def tenant(self, name: str = "alice") -> Tenant:
        return Tenant(self.client, name)

    async def start_provider(self, **changes: Any) -> Provider:
        config = Config(node=self.node.rpc_url, **{**self.settings, **changes})
        driver: Any = EngineDriver(self.engine)
        provider = self.provider = Provider(self.folder / "provider", config, key_of("provider"), driver)
        self._task = asyncio.create_task(provider.run())
        ready = asyncio.create_task(provider.ready.wait())
        await asyncio.wait({self._task, ready}, return_when=asyncio.FIRST_COMPLETED, timeout=20)
        ready.cancel()
        if self._task.done():
            self._task.result()
        return provider

    async def stop_provider(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._task = self.provider = None

    async def bids(self, state: str = "") -> list[Any]:
        """The provider's bids on the ledger."""
        assert self.provider is not None
        return await self.provider._bidder.own_bids(BECH32.text(key_of("provider").address), state)
