"""Carries out the plan: containers for leases that have a manifest, names for their services, nothing for the rest.

Each lease is worked on by a task of its own, one at a time, so that a slow image holds up nobody else. A failure is kept
with the lease, shown in its status and tried again later, longer each time; it never closes the lease by itself.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

from supercloud.provider.cluster.reconcile import Desired, Running, plan
from supercloud.provider.config import Config
from supercloud.provider.drivers.base import (
    Driver,
    DriverError,
    Observed,
    PortTaken,
    Replica,
    TemporaryError,
    Workload,
    namespace,
)
from supercloud.provider.event import LeaseRef
from supercloud.provider.hostname import names
from supercloud.provider.hostname.proxy import Proxy, Route
from supercloud.provider.state import State
from supercloud.sdl import manifest as forms

log = logging.getLogger(__name__)

RETRY_S = 2.0
RETRY_S_MAX = 120.0
REMOVAL_S = 20.0
"""Longest wait for removals at a stop: more than the time containers get to end by themselves."""
PORT_TRIES = 20


@dataclass
class Held:
    """A lease this machine serves."""

    lease: LeaseRef
    group: forms.Group | None
    version: str | None
    error: str = ""
    tries: int = 0
    retry_at: float = 0.0


class Cluster:
    """The leases of one machine."""

    def __init__(self, driver: Driver, proxy: Proxy, state: State, config: Config) -> None:
        self.held: dict[str, Held] = {}
        self.changed = asyncio.Event()
        """Set when it is worth looking again: something was done, or may be tried again."""
        self._work: dict[str, asyncio.Task[None]] = {}
        self._leaving: set[str] = set()
        """No longer held, not known to be removed yet."""
        self._routed: frozenset[int] = frozenset()
        self._driver = driver
        self._proxy = proxy
        self._state = state
        self._config = config

    # --- What should run

    def want(self, leases: Mapping[str, tuple[LeaseRef, forms.Group | None, str | None]]) -> None:
        """Take over the ledger's list of this provider's active leases, each with its group and version."""
        for name, (lease, group, version) in leases.items():
            held = self.held.get(name)
            if held is None:
                self.held[name] = Held(lease, group, version)
                self._leaving.discard(name)
            elif held.version != version:
                held.group, held.version, held.tries, held.retry_at, held.error = group, version, 0, 0.0, ""
        for name in list(self.held):
            if name not in leases:
                del self.held[name]
                self._leaving.add(name)
                if name in self._work:
                    self._work[name].cancel()  # Its image need not arrive any more.

    async def reconcile(self, over: Mapping[str, bool]) -> None:
        """Start whatever makes what runs be what should. `over` names leases that the ledger calls closed."""
        running = await self._driver.recover()
        self._leaving.intersection_update(item.lease for item in running)
        decided = plan(
            [Desired(name, held.version) for name, held in self.held.items()],
            [Running(item.lease, item.version, item.complete) for item in running],
            over,
        )
        for name in (*decided.create, *decided.update):
            if self.held[name].group is not None and self.held[name].retry_at <= time.monotonic():
                self._begin(name, self._deploy(name, self.held[name]))
        for name in decided.remove:
            self._begin(name, self._remove(name))
        await self.publish()

    def _begin(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        if name in self._work:
            work.close()
            return
        self._work[name] = task = asyncio.create_task(work, name=f"lease {name}")
        task.add_done_callback(lambda done: self._ended(name, done))

    def _ended(self, name: str, task: asyncio.Task[None]) -> None:
        del self._work[name]
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("work on a lease failed", extra={"lease": name}, exc_info=error)
            if (held := self.held.get(name)) is not None:
                self._failed(
                    name, held, TemporaryError("internal error; see the provider's log", RETRY_S_MAX)
                )
        self.changed.set()

    async def stop(self) -> None:
        """End what is being done. Removals are waited for; containers of leases run on, the next start adopts them."""
        for name in self.held.keys() & self._work.keys():
            self._work[name].cancel()
        if self._work:
            await asyncio.wait(list(self._work.values()), timeout=REMOVAL_S)

    def count(self) -> int:
        """Leases held, and those that have ended but are not removed from the machine yet."""
        return len(self.held) + len(self._leaving)

    async def running(self) -> list[str]:
        """Leases with containers here."""
        return [item.lease for item in await self._driver.recover()]

    async def _deploy(self, name: str, held: Held) -> None:
        try:
            await self._deploy_with_ports(name, held)
        except DriverError as error:
            self._failed(name, held, error)
            return
        if held.error:
            log.info("lease runs after all", extra={"lease": name})
        held.error, held.tries = "", 0

    async def _deploy_with_ports(self, name: str, held: Held) -> None:
        """Deploy; a host port that another program holds is exchanged for another one."""
        for _ in range(PORT_TRIES):
            workload = self._workload(name, held)
            try:
                await self._driver.deploy(
                    workload, lambda text: log.info("progress", extra={"lease": name, "step": text})
                )
                return
            except PortTaken as error:
                log.warning("host port is taken", extra={"lease": name, "port": error.host_port})
                self._state.release_port(error.host_port, "TCP")
                self._state.block_port(error.host_port, "TCP")
        raise TemporaryError(f"{PORT_TRIES} host ports in a row are used by other programs", 30.0)

    def _failed(self, name: str, held: Held, error: DriverError) -> None:
        held.tries += 1
        pause = min(RETRY_S * 2**held.tries, RETRY_S_MAX)
        if isinstance(error, TemporaryError):
            pause = max(error.retry_after, RETRY_S)
        else:
            held.error = str(error)
        held.retry_at = time.monotonic() + pause
        log.warning("lease does not run", extra={"lease": name, "reason": str(error), "retry_s": pause})
        asyncio.get_running_loop().call_later(pause, self.changed.set)

    def _workload(self, name: str, held: Held) -> Workload:
        assert held.group is not None and held.version is not None
        order = held.lease.order
        free = range(self._config.ports_first, self._config.ports_last + 1)
        ports = {
            (service.name, expose.port, expose.proto): self._state.port(
                name, service.name, expose.port, expose.proto, free
            )
            for service in held.group.services
            for expose in service.expose
            if expose.is_global and not expose.is_http
        }
        return Workload(
            lease=name,
            namespace=namespace(name),
            version=held.version,
            services=held.group.services,
            environment={
                "AKASH_OWNER": order.owner,
                "AKASH_PROVIDER": held.lease.provider,
                "AKASH_DEPLOYMENT_SEQUENCE": str(order.dseq),
                "AKASH_GROUP_SEQUENCE": str(order.gseq),
                "AKASH_ORDER_SEQUENCE": str(order.oseq),
                "AKASH_CLUSTER_PUBLIC_HOSTNAME": self._config.host,
            },
            ports=ports,
            listen=self._config.ports_listen,
        )

    async def _remove(self, name: str) -> None:
        try:
            await self._driver.remove(name)
        except DriverError as error:
            log.warning("lease is not removed yet", extra={"lease": name, "reason": str(error)})
            await asyncio.sleep(RETRY_S)
            return
        self._state.forget_lease(name)
        self._leaving.discard(name)
        log.info("lease removed", extra={"lease": name})

    # --- Names

    async def publish(self) -> None:
        """Tell the proxy which names lead where."""
        if not self._proxy.available:
            return
        routes: list[Route] = []
        for name, held in sorted(self.held.items()):
            if held.group is None:
                continue
            observed = await self._observe(name)
            for service in held.group.services:
                routes += self._routes(name, service, observed)
        await self._proxy.apply(routes)
        self._routed = frozenset(port for route in routes for port in route.upstreams)

    def _routes(self, name: str, service: forms.Service, observed: Observed | None) -> list[Route]:
        expose = next((expose for expose in service.expose if expose.is_http), None)
        if expose is None or observed is None:
            return []
        upstreams = tuple(
            replica.http[expose.port]
            for replica in observed.replicas
            if replica.service == service.name and replica.running and expose.port in replica.http
        )
        if not upstreams:
            return []
        return [Route(host, upstreams, expose.http) for host in self._hostnames(name, service)]

    def _hostnames(self, name: str, service: forms.Service) -> list[str]:
        own = names.generated(name, service.name, self._config.ingress_domain)
        asked = [
            host
            for host, lease, holder in self._state.hostnames()
            if lease == name and holder == service.name
        ]
        return [own, *asked]

    # --- Looking

    async def status(self, name: str) -> dict[str, Any] | None:
        """The status of a lease in the gateway's form; None without a manifest."""
        held = self.held.get(name)
        if held is None or held.group is None:
            return None
        observed = await self._observe(name)
        stored = self._state.manifest(held.lease.order.owner, held.lease.order.dseq)
        # A manifest that was received a moment ago is not taken over yet: what runs, and what failed, is the old one.
        is_current = stored is None or stored.version.hex() == held.version
        forwarded: dict[str, list[dict[str, Any]]] = {}
        for service in held.group.services:
            ports = self._forwarded(name, service)
            if ports:
                forwarded[service.name] = ports
        document: dict[str, Any] = {
            "services": {
                service.name: await self._service_status(
                    name, service, observed, held.version if is_current else None
                )
                for service in held.group.services
            },
            "forwarded_ports": forwarded or None,
            "ips": None,
        }
        problems = self._problems(name, held, observed)
        if problems and is_current:
            document["errors"] = problems
        return document

    async def _service_status(
        self, name: str, service: forms.Service, observed: Observed | None, version: str | None
    ) -> dict[str, Any]:
        """Replicas count as updated once the whole lease is what `version` asks for."""
        replicas = [r for r in observed.replicas if r.service == service.name] if observed else []
        ready = sum([await self._is_ready(service, replica) for replica in replicas])
        return {
            "name": service.name,
            "available": ready,
            "total": service.count,
            "uris": self._uris(name, service, observed),
            "observed_generation": 1,
            "replicas": service.count,
            "updated_replicas": len(replicas) if observed and observed.version == version else 0,
            "ready_replicas": ready,
            "available_replicas": ready,
        }

    async def _is_ready(self, service: forms.Service, replica: Replica) -> bool:
        """Whether a replica can be used: it runs, and if it has a name, that leads to a port that answers."""
        expose = next((expose for expose in service.expose if expose.is_http), None)
        if not replica.running or expose is None:
            return replica.running
        port = replica.http.get(expose.port, 0)
        if self._proxy.available and port not in self._routed:
            return False
        return await _accepts(port)

    def _uris(self, name: str, service: forms.Service, observed: Observed | None) -> list[str] | None:
        expose = next((expose for expose in service.expose if expose.is_http), None)
        if expose is None:
            return None
        if self._proxy.available:
            suffix = "" if self._proxy.port == 80 else f":{self._proxy.port}"
            return [host + suffix for host in self._hostnames(name, service)]
        ports = [
            replica.http[expose.port]
            for replica in (observed.replicas if observed else ())
            if replica.service == service.name and expose.port in replica.http
        ]
        return [f"127.0.0.1:{port}" for port in ports[:1]] or None

    def _forwarded(self, name: str, service: forms.Service) -> list[dict[str, Any]]:
        free = range(self._config.ports_first, self._config.ports_last + 1)
        return [
            {
                "host": self._config.host,
                "port": expose.external_port,
                "externalPort": self._state.port(name, service.name, expose.port, expose.proto, free),
                "proto": expose.proto,
                "name": service.name,
            }
            for expose in service.expose
            if expose.is_global and not expose.is_http
        ]

    def _problems(self, name: str, held: Held, observed: Observed | None) -> list[str]:
        problems = [held.error] if held.error else []
        if name in self._work or (observed is not None and observed.version not in ("", held.version)):
            # What ends now is being replaced, or it is still of the manifest before.
            return problems
        # One restart may be a slow neighbour's doing; again and again is the image's own.
        problems += [
            f"{replica.name}: container {replica.note}"
            for replica in (observed.replicas if observed else ())
            if replica.restarts >= 3 or (not replica.running and replica.exit_code is not None)
        ]
        return problems

    async def _observe(self, name: str) -> Observed | None:
        try:
            return await self._driver.observe(name)
        except TemporaryError:
            return None


async def _accepts(port: int) -> bool:
    """Whether something listens behind a loopback port."""
    try:
        async with asyncio.timeout(1.0):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True
