"""The agent: one TaskGroup that owns everything.

Level-triggered: events only wake it up. Each look compares the ledger (orders, bids, leases) with the machine
(containers, promises) and acts on the difference, so a restart, a missed event or a crash in the middle of anything
ends in the same place.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import platform
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from OpenSSL import SSL

from supercloud.crypto.secp256k1 import PrivateKey
from supercloud.pb.akash.market.v1 import types_pb2 as market_types
from supercloud.pb.akash.market.v1beta5 import bidmsg_pb2
from supercloud.provider import registration
from supercloud.provider.bidengine.engine import Profile
from supercloud.provider.bidengine.pricing import sheet_of
from supercloud.provider.bidengine.service import Bidder
from supercloud.provider.cluster.service import Cluster, Held
from supercloud.provider.config import Config, ConfigError
from supercloud.provider.drivers.base import Driver, ExecSession, Fingerprint, LogLine, PermanentError
from supercloud.provider.drivers.base import TemporaryError as DriverDown
from supercloud.provider.drivers.mock import MockDriver
from supercloud.provider.drivers.podman import PodmanDriver, Settings
from supercloud.provider.event import Kind, LeaseRef, MarketEvent, OrderRef
from supercloud.provider.gateway.agent import LeaseUnknown, Migration, MigrationRefused
from supercloud.provider.gateway.ledger import Ledger
from supercloud.provider.gateway.listener import Limits
from supercloud.provider.gateway.status import StatusServer
from supercloud.provider.gateway.tls import Files, ServerTls
from supercloud.provider.gateway.web import GatewayServer
from supercloud.provider.hostname.desk import NameDesk, wanted_by
from supercloud.provider.hostname.proxy import Proxy
from supercloud.provider.inventory import Available, Inventory, capabilities
from supercloud.provider.inventory.inventory import GpuUnit
from supercloud.provider.manifest.service import ManifestDesk, ManifestRefused
from supercloud.provider.settlement.service import Settlement
from supercloud.provider.state import State
from supercloud.provider.watcher import Seen, watch
from supercloud.sdk import market
from supercloud.sdk.batch import BatchSender
from supercloud.sdk.client import Client
from supercloud.sdk.errors import SdkError, TemporaryError
from supercloud.sdk.tx import TxSender

log = logging.getLogger(__name__)

WAKING = frozenset(
    {Kind.LEASE_WON, Kind.LEASE_CLOSED, Kind.DEPLOYMENT_UPDATED, Kind.DEPLOYMENT_CLOSED, Kind.GROUP_CLOSED}
)
LIVE = frozenset({1, 4})
"""States of a lease that is paid: active, reclaiming."""
RETRY_S = 1.0
RENEW_LOOK_S = 6 * 3600.0
SHUTDOWN_S = 5.0


class Provider:
    """One provider on one machine."""

    def __init__(self, home: Path, config: Config, key: PrivateKey, driver: Driver | None = None) -> None:
        self.home = home
        self.config = config
        self._key = key
        self._state = State(home / "state.sqlite")
        self._driver = driver or make_driver(home, config)
        self._proxy = Proxy(home / "proxy", config.ingress_listen, config.ingress_port)
        self._cluster = Cluster(self._driver, self._proxy, self._state, config)
        self._names = NameDesk(self._state, config.reserved_hostnames)
        self._look = asyncio.Event()
        self._profile = Profile("", [], {}, config.required_attributes, config.reclamation_window_s, 0)
        self.ready = asyncio.Event()
        self.address = ""

    async def run(self) -> None:
        """Serve until cancelled. Raises SdkError or DriverError when it can not start."""
        await self._driver.start()
        await self._proxy.start()
        self._machine = await self._driver.fingerprint()
        for sentence in self._machine.unenforced:
            log.warning("limit not enforced", extra={"limit": sentence})
        try:
            async with await Client.connect(self.config.node, self.config.bech32_prefix) as client:
                await self._serve(client)
        finally:
            await self._cluster.stop()
            await self._proxy.stop()
            await self._driver.close()
            self._state.close()

    async def _serve(self, client: Client) -> None:
        self._client = client
        sender = TxSender(client, self._key, self.config.gas_price)
        self.address = sender.address_text
        folder = self.home / "certificate"
        gpus = [GpuUnit(gpu.vendor, gpu.model, gpu.ram, gpu.interface) for gpu in self._machine.gpus]
        attributes = capabilities.declared(self._machine.storage, gpus, self.config.attributes)
        await registration.ensure(client, sender, self.config, attributes, folder)
        files = own_files(folder)
        listen = self.config.gateway_listen
        gateway = GatewayServer(
            self,
            Ledger(client),
            server_tls(self.config, files),
            listen,
            self.config.gateway_port,
            Limits(connections=self.config.gateway_connections_max),
        )
        status = StatusServer(self, files, listen, self.config.gateway_grpc_port)
        async with BatchSender(sender) as batch:
            self._batch = batch
            self._bidder = Bidder(
                client,
                batch,
                self._state,
                self.config,
                sheet_of(self.config),
                _total(self._machine, self.config),
            )
            self._desk = ManifestDesk(client, self._state, self._names, self.address)
            self._settlement = Settlement(client, batch, self.config)
            await gateway.start()
            await status.start()
            try:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._watch(tasks))
                    tasks.create_task(self._keep_in_step())
                    tasks.create_task(self._sweep(tasks))
                    tasks.create_task(self._withdraw())
                    tasks.create_task(self._watch_funds())
                    tasks.create_task(self._renew(sender, gateway, status))
            finally:
                # Not by asyncio.timeout, which raises no TimeoutError in a cancelled task of Python 3.11.2.
                ending = {asyncio.create_task(door.stop()) for door in (gateway, status)}
                await asyncio.wait(ending, timeout=SHUTDOWN_S)

    # --- Watching

    async def _watch(self, tasks: asyncio.TaskGroup) -> None:
        async for seen in watch(self._client, self._state):
            # The next height is not looked at before this one is done: what is marked as handled was handled.
            await self._handle_surely(seen, tasks)
            self._state.handled(seen.height)
            self.ready.set()

    async def _handle_surely(self, seen: Seen, tasks: asyncio.TaskGroup) -> None:
        while True:
            if await _settled("event handling", lambda: self._handle(seen, tasks)):
                return
            await asyncio.sleep(RETRY_S)

    async def _handle(self, seen: Seen, tasks: asyncio.TaskGroup) -> None:
        if seen.everything:
            await self._bidder.measure_cadence()
            await self._read_profile()
            await self._adopt()
            await self._bid_on_all(tasks, seen.height)
            self._look.set()
            return
        for event in seen.events:
            if event.kind is Kind.ORDER_OPENED and event.order is not None:
                tasks.create_task(self._consider(event.order))
            elif event.kind in (Kind.PROVIDER_UPDATED, Kind.AUDITED, Kind.AUDIT_WITHDRAWN):
                await self._read_profile()
            self._release_if_over(event)
            if event.kind in WAKING:
                self._look.set()

    def _release_if_over(self, event: MarketEvent) -> None:
        """Take promises back when an order ends or somebody else gets it."""
        if event.order is None:
            return
        lost = event.kind is Kind.LEASE_WON and event.provider != self.address
        mine = event.kind in (Kind.BID_CLOSED, Kind.LEASE_CLOSED) and event.provider == self.address
        if lost or mine or event.kind is Kind.ORDER_CLOSED:
            self._bidder.release(str(event.order))

    async def _consider(self, ref: OrderRef) -> None:
        """Answer one order. What goes wrong costs this order alone; the next sweep comes back to it."""

        async def answer() -> None:
            order = await self._bidder.order(ref)
            if order is not None:
                await self._bidder.consider(order, self._profile)

        await _settled(f"order {ref}", answer)

    async def _bid_on_all(self, tasks: asyncio.TaskGroup, height: int) -> None:
        # Bids first: one that is made between the two questions must not look as if its order were gone.
        bids = await self._bidder.own_bids(self.address, "open")
        orders = {str(OrderRef.of(order.id)): order for order in await self._bidder.open_orders()}
        await self._bidder.close_stale(bids, height, orders.keys())
        for order in orders.values():
            tasks.create_task(self._consider(OrderRef.of(order.id)))

    async def _adopt(self) -> None:
        """Promises follow from the ledger: one for each open bid and each active lease of ours."""
        units: dict[str, Any] = {}
        for state in ("open", "active"):
            for bid in await self._bidder.own_bids(self.address, state):
                ref = OrderRef.of(bid.id)
                order = await self._bidder.order(ref)
                if order is not None:
                    units[str(ref)] = order.spec.resources
        self._bidder.adopt(units)

    async def _read_profile(self) -> None:
        record = await market.provider_record(self._client, self.address)
        audited = await market.audited_attributes(self._client, self.address)
        self._profile = Profile(
            self.address,
            list(record.attributes),
            audited,
            self.config.required_attributes,
            self.config.reclamation_window_s,
            self.config.overcommit_cpu_percent,
        )

    # --- Keeping the machine in step

    async def _keep_in_step(self) -> None:
        """Compare leases with containers: when woken, when something changed here, and now and then anyway."""
        while True:
            waiting = [
                asyncio.ensure_future(self._look.wait()),
                asyncio.ensure_future(self._cluster.changed.wait()),
                asyncio.ensure_future(self._driver.changes()),
                asyncio.ensure_future(self._proxy.gone()),
            ]
            try:
                await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in waiting:
                    task.cancel()
            self._look.clear()
            self._cluster.changed.clear()
            if not await _settled("comparison of leases with containers", self._step):
                await asyncio.sleep(RETRY_S)
                self._look.set()

    async def _step(self) -> None:
        leases = [item.lease for state in ("active", "reclaiming") for item in await self._own_leases(state)]
        running = frozenset(await self._cluster.running())
        wanted = {}
        for lease in leases:
            ref = LeaseRef.of(lease.id)
            stored = self._state.manifest(ref.order.owner, ref.order.dseq)
            name = await self._group_name(ref) if stored else ""
            group = self._desk.group(ref, name) if stored else None
            wanted[str(ref)] = (ref, group, stored.version.hex() if stored and group else None)
            if group is not None:
                self._names.claim(str(ref), wanted_by(group))
                self._bidder.allocate(str(ref.order))
            if stored is None and str(ref) not in running:
                await self._close_without_manifest(ref)
        self._cluster.want(wanted)
        over = {name: await self._is_over(LeaseRef.parse(name)) for name in running - wanted.keys()}
        await self._cluster.reconcile(over)

    async def _forget_ended(self) -> None:
        """Drop what is kept for leases that the ledger itself calls closed; what it does not know is kept."""
        for owner, dseq in self._state.manifest_keys():
            found = await market.leases(self._client, owner, dseq, provider=self.address)
            if found and not any(item.lease.state in LIVE for item in found):
                self._state.forget_manifest(owner, dseq)
        for name in self._state.remembered_leases() - self._cluster.held.keys():
            if await self._is_over(LeaseRef.parse(name)) and name not in await self._cluster.running():
                self._state.forget_lease(name)

    async def _own_leases(self, state: str) -> list[Any]:
        return await market.leases(self._client, "", state=state, provider=self.address)

    async def _group_name(self, ref: LeaseRef) -> str:
        found = await market.deployment(self._client, ref.order.owner, ref.order.dseq)
        return next((g.group_spec.name for g in found.groups if g.id.gseq == ref.order.gseq), "")

    async def _is_over(self, ref: LeaseRef) -> bool:
        """Whether the ledger itself says that this lease is closed; when it can not be asked, it is not."""
        found = await market.leases(self._client, ref.order.owner, ref.order.dseq, provider=self.address)
        states = [i.lease.state for i in found if LeaseRef.of(i.lease.id) == ref]
        return bool(states) and states[0] not in LIVE

    async def _close_without_manifest(self, ref: LeaseRef) -> None:
        """A lease whose tenant never sent a manifest blocks the machine: give it up after the timeout."""
        waited = time.time() - self._state.lease_seen_s(str(ref))
        if not self.config.manifest_timeout_s or waited < self.config.manifest_timeout_s:
            return
        message = bidmsg_pb2.MsgCloseBid(reason=market_types.lease_closed_reason_manifest_timeout)
        order = ref.order
        message.id.owner, message.id.dseq, message.id.gseq, message.id.oseq = order
        message.id.provider = ref.provider
        with contextlib.suppress(SdkError):
            await self._batch.submit(message)
            log.info("lease given up: no manifest", extra={"lease": str(ref)})

    async def _sweep(self, tasks: asyncio.TaskGroup) -> None:
        """Look at everything now and then: what no event told of."""

        async def look() -> None:
            await self._bidder.measure_cadence()
            await self._read_profile()
            await self._adopt()
            await self._bid_on_all(tasks, await self._client.height())
            await self._forget_ended()

        while True:
            await asyncio.sleep(self.config.sweep_interval_s)
            await _settled("sweep", look)
            self._look.set()

    async def _withdraw(self) -> None:
        async def withdraw() -> None:
            leases = [item for state in ("active", "reclaiming") for item in await self._own_leases(state)]
            await self._settlement.withdraw(leases, await self._client.height())

        while True:
            await asyncio.sleep(self.config.withdraw_interval_s)
            await _settled("withdrawal", withdraw)

    async def _watch_funds(self) -> None:
        async def look() -> None:
            leases = await self._own_leases("active")
            await self._settlement.withdraw_exhausted(leases, await self._client.height())

        while True:
            await asyncio.sleep(self.config.funds_interval_s)
            await _settled("look at deposits", look)

    async def _renew(self, sender: TxSender, gateway: GatewayServer, status: StatusServer) -> None:
        """Certificates expire while the agent runs, and those of authorities are replaced on disk."""
        folder = self.home / "certificate"

        async def renew() -> None:
            before = _content(folder / "certificate.pem")
            await registration.ensure_certificate(self._client, sender, self.config, folder)
            gateway.renew(server_tls(self.config, own_files(folder)))
            if _content(folder / "certificate.pem") != before:
                await status.stop()
                await status.start()

        while True:
            await asyncio.sleep(RENEW_LOOK_S)
            await _settled("renewal of certificates", renew)

    # --- What the gateway asks

    async def receive_manifest(self, owner: str, dseq: int, body: bytes) -> None:
        """Take a manifest and start what it describes."""
        await self._desk.receive(owner, dseq, body)
        self._look.set()

    async def manifest(self, lease: LeaseRef) -> bytes | None:
        """The manifest of a lease as JSON."""
        stored = self._state.manifest(lease.order.owner, lease.order.dseq)
        return stored.body if stored and str(lease) in self._cluster.held else None

    async def lease_status(self, lease: LeaseRef) -> dict[str, Any] | None:
        """Status of a lease."""
        return await self._cluster.status(str(lease))

    async def logs(
        self, lease: LeaseRef, services: tuple[str, ...], follow: bool, tail: int
    ) -> AsyncIterator[LogLine]:
        """Lines of a lease."""
        self._require(lease)
        observed = await self._driver.observe(str(lease))
        names = {replica.service for replica in observed.replicas} if observed else set()
        if not names or (services and names.isdisjoint(services)):
            raise PermanentError("no running pods")
        async for line in self._driver.logs(str(lease), services, follow, tail):
            yield line

    async def events(
        self, lease: LeaseRef, services: tuple[str, ...], follow: bool
    ) -> AsyncIterator[dict[str, Any]]:
        """Events of a lease."""
        self._require(lease)
        async for item in self._driver.events(str(lease), services, follow):
            yield item

    async def shell(
        self, lease: LeaseRef, service: str, replica: int, command: list[str], tty: bool, stdin: bool
    ) -> ExecSession:
        """A command in a replica."""
        self._require(lease)
        return await self._driver.exec(str(lease), service, replica, command, tty, stdin)

    def serves(self, lease: LeaseRef) -> bool:
        """Whether this is an active lease of ours."""
        return str(lease) in self._cluster.held

    def _require(self, lease: LeaseRef) -> None:
        held = self._cluster.held.get(str(lease))
        if held is None or held.group is None:
            raise LeaseUnknown(str(lease))

    async def migrate_hostnames(self, wanted: Migration) -> list[str]:
        """Let names answer for another deployment of the same tenant."""
        held = self._destination(wanted)
        assert held.group is not None
        try:
            moved = self._desk.migrate(held.lease, held.group, wanted.names)
        except ManifestRefused as refused:
            raise MigrationRefused(refused.status, refused.text) from refused
        await self._cluster.publish()
        return moved

    async def migrate_endpoints(self, wanted: Migration) -> list[str]:
        """Addresses are not leased out here, so there is never one to move."""
        held = self._destination(wanted)
        assert held.group is not None
        known = {expose.ip for service in held.group.services for expose in service.expose if expose.ip}
        for name in wanted.names:
            if name not in known:
                raise MigrationRefused(400, f'the endpoint "{name}" is not used by this deployment')
        raise MigrationRefused(
            500, f'failed transferring "{wanted.names[0]}": no addresses are leased out here'
        )

    def _destination(self, wanted: Migration) -> Held:
        for held in self._cluster.held.values():
            order = held.lease.order
            if order[:3] == (wanted.owner, wanted.dseq, wanted.gseq) and held.group is not None:
                return held
        raise MigrationRefused(400, "destination deployment does not exist")

    def status(self) -> dict[str, Any]:
        """Public status, in the network's form."""
        inventory = self.inventory
        entries = {True: [], False: []}  # type: dict[bool, list[dict[str, Any]]]
        for held in inventory.reservations.values():
            entries[held.allocated].append(
                _amounts(held.need.cpu, held.need.memory, held.need.storage, len(held.gpus))
            )
        node = {
            "name": self.machine,
            "allocatable": _of(inventory.total),
            "available": _of(inventory.available),
        }
        classes = [
            {"class": kind, "size": size}
            for kind, size in sorted(inventory.available.storage.items())
            if kind != "ephemeral"
        ]
        available = {"nodes": [node], **({"storage": classes} if classes else {})}
        leases, orders, manifests = self.counts()
        document: dict[str, Any] = {
            "cluster": {"leases": leases, "inventory": {**_present(entries), "available": available}},
            "bidengine": {"orders": orders},
            "manifest": {"deployments": manifests},
            "cluster_public_hostname": self.config.host,
            "address": self.address,
        }
        if self.config.reclamation_window_s:
            document["reclamation_window"] = self.config.reclamation_window_s * 10**9
        return document

    def version(self) -> dict[str, Any]:
        """Versions, in the form that indexers read."""
        found = version("supercloud")
        akash = {
            "name": "supercloud",
            "server_name": "supercloud",
            "version": found,
            "commit": "",
            "build_tags": "",
            "go": f"python {platform.python_version()}",
            "build_deps": [],
            "cosmos_sdk_version": "v0.53.0",
        }
        return {"akash": akash, "kube": {}}

    # --- What the status server asks

    @property
    def inventory(self) -> Inventory:
        """What the machine has and what is promised."""
        return self._bidder.inventory

    @property
    def machine(self) -> str:
        """Its name."""
        return self._machine.name

    @property
    def reclamation_window_s(self) -> int:
        """What bids offer."""
        return self.config.reclamation_window_s

    def counts(self) -> tuple[int, int, int]:
        """Leases on this machine, orders being answered, manifests held."""
        return self._cluster.count(), self._bidder.busy, len(self._state.manifest_keys())

    def hostnames(self) -> list[str]:
        """Public names."""
        return [self.config.host]


async def _settled(what: str, act: Callable[[], Awaitable[None]]) -> bool:
    """Do something; False when it is worth trying again soon. Nothing that goes wrong in it may end the agent."""
    try:
        await act()
    except (TemporaryError, DriverDown) as error:
        log.warning("not possible now", extra={"what": what, "reason": str(error)})
        return False
    except SdkError as error:
        log.warning("refused", extra={"what": what, "reason": str(error)})
    except Exception:
        log.exception("failed", extra={"what": what})
    return True


def make_driver(home: Path, config: Config) -> Driver:
    """The driver that the settings name."""
    if config.driver == "podman":
        settings = Settings(
            config.engine_socket,
            config.image_pull_timeout_s,
            tuple(config.insecure_registries),
            config.storage_reserve_bytes,
            config.block_private_networks,
        )
        return PodmanDriver(home / "engine", settings)
    if config.driver == "mock":
        return MockDriver()
    raise PermanentError(f"driver {config.driver!r} is unknown; podman and mock are")


def own_files(folder: Path) -> Files:
    """The certificate that is published on the ledger."""
    return Files(folder / "certificate.pem", folder / "private_key.pem")


def server_tls(config: Config, own: Files) -> ServerTls:
    """The certificates that the gateway shows. Raises ConfigError when the authority's can not be used."""
    if not config.gateway_tls_certificate:
        return ServerTls(own)
    public = Files(Path(config.gateway_tls_certificate), Path(config.gateway_tls_key))
    try:
        return ServerTls(own, public, config.host)
    except (SSL.Error, OSError) as error:
        raise ConfigError(
            f"gateway_tls_certificate, gateway_tls_key: {public.certificate} and {public.key} are not a certificate "
            "chain and its key in PEM"
        ) from error


def _content(file: Path) -> bytes:
    return file.read_bytes()


def _total(machine: Fingerprint, config: Config) -> Available:
    """What is offered: everything less what the owner keeps."""
    return Available(
        machine.cpu,
        max(machine.memory - config.memory_reserve_bytes, 0),
        {kind: max(size - config.storage_reserve_bytes, 0) for kind, size in machine.storage.items()},
        tuple(GpuUnit(gpu.vendor, gpu.model, gpu.ram, gpu.interface) for gpu in machine.gpus),
    )


def _of(available: Available) -> dict[str, Any]:
    return _amounts(available.cpu, available.memory, available.storage, len(available.gpus))


def _amounts(cpu: int, memory: int, storage: Any, gpus: int) -> dict[str, Any]:
    persistent = {kind: size for kind, size in storage.items() if kind != "ephemeral"}
    document: dict[str, Any] = {
        "cpu": cpu,
        "gpu": gpus,
        "memory": memory,
        "storage_ephemeral": storage.get("ephemeral", 0),
    }
    return {**document, "storage": persistent} if persistent else document


def _present(entries: dict[bool, list[dict[str, Any]]]) -> dict[str, Any]:
    """Lists that are empty are left out, as on the network."""
    return {name: entries[flag] for name, flag in (("active", True), ("pending", False)) if entries[flag]}
