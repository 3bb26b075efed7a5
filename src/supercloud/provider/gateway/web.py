"""The gateway over HTTPS: manifest, status, migrations; streams are in `streams`. Serves whatever satisfies `Agent`.

Clients show a certificate that they published on the ledger or a token signed by their account's key; see README.md.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

import orjson
from aiohttp import web

from supercloud.provider.drivers.base import TemporaryError
from supercloud.provider.gateway.access import Gatekeeper
from supercloud.provider.gateway.agent import Agent, Migration, MigrationRefused
from supercloud.provider.gateway.answers import Refused, json_answer, text_answer
from supercloud.provider.gateway.ledger import Ledger
from supercloud.provider.gateway.listener import Limits, Listener
from supercloud.provider.gateway.streams import Streams
from supercloud.provider.gateway.tls import ServerTls
from supercloud.provider.manifest.service import ManifestRefused
from supercloud.sdk.errors import SdkError

log = logging.getLogger(__name__)

BODY_BYTES_MAX: Final = 1024 * 1024
MANIFEST_TIMEOUT_S: Final = 120.0
NAMES_MAX: Final = 256
_LEASE: Final = "/lease/{dseq}/{gseq}/{oseq}"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class GatewayServer:
    """HTTPS on one port. With port 0 the system chooses; `port` says which after `start`."""

    def __init__(
        self,
        agent: Agent,
        ledger: Ledger,
        context: ServerTls,
        listen: str,
        port: int,
        limits: Limits = Limits(),  # noqa: B008 (immutable)
    ) -> None:
        self.port = port
        self._agent = agent
        self._ledger = ledger
        self._context = context
        self._listen = listen
        self._limits = limits
        self._gatekeeper = Gatekeeper(ledger, agent.address)
        self._streams = Streams(agent, self._gatekeeper)
        self._runner: web.AppRunner | None = None
        self._listener: Listener | None = None

    async def start(self) -> None:
        """Open the port."""
        app = web.Application(client_max_size=BODY_BYTES_MAX, middlewares=[self._guard])
        app.add_routes(self._routes())
        self._runner = web.AppRunner(app, access_log=None, keepalive_timeout=30, shutdown_timeout=1.0)
        await self._runner.setup()
        server = self._runner.server
        assert server is not None
        self._listener = Listener(self._context, self._ledger, server, self._limits)
        self.port = await self._listener.start(self._listen, self.port)

    async def stop(self) -> None:
        """Close the port and end its connections."""
        if self._listener is not None:
            await self._listener.stop()
        if self._runner is not None:
            await self._runner.cleanup()

    def renew(self, context: ServerTls) -> None:
        """Show new connections another certificate."""
        self._context = context
        if self._listener is not None:
            self._listener.context = context

    def _routes(self) -> list[web.RouteDef]:
        return [
            web.get("/version", self._version),
            web.get("/address", self._address),
            web.get("/status", self._status),
            web.put("/deployment/{dseq}/manifest", self._put_manifest),
            web.get(_LEASE + "/manifest", self._get_manifest),
            web.get(_LEASE + "/status", self._lease_status),
            web.get(_LEASE + "/service/{name}/status", self._service_status),
            web.get(_LEASE + "/logs", self._streams.logs),
            web.get(_LEASE + "/kubeevents", self._streams.events),
            web.get(_LEASE + "/shell", self._streams.shell),
            web.post("/hostname/migrate", self._migrate_hostnames),
            web.post("/endpoint/migrate", self._migrate_endpoints),
        ]

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Find out who asks, and give what goes wrong its form."""
        try:
            await self._gatekeeper.identify(request)
            return await handler(request)
        except Refused as refused:
            return refused.answer()
        except TemporaryError as error:
            return text_answer(503, str(error))
        except SdkError as error:
            return text_answer(500, str(error))
        except (web.HTTPException, ConnectionError):
            raise
        except Exception:
            log.exception("request failed", extra={"path": request.path})
            return text_answer(500, "internal error")

    # --- Open to everyone

    async def _version(self, request: web.Request) -> web.Response:
        return json_answer(self._agent.version())

    async def _address(self, request: web.Request) -> web.Response:
        return json_answer({"address": self._agent.address})

    async def _status(self, request: web.Request) -> web.Response:
        return json_answer(self._agent.status())

    # --- For tenants

    async def _put_manifest(self, request: web.Request) -> web.Response:
        owner, dseq = self._gatekeeper.deployment(request, "send-manifest")
        try:
            async with asyncio.timeout(MANIFEST_TIMEOUT_S):
                await self._agent.receive_manifest(owner, dseq, await request.read())
        except ManifestRefused as refused:
            return text_answer(refused.status, refused.text)
        except TimeoutError:
            return text_answer(500, f"not finished after {MANIFEST_TIMEOUT_S:g} s")
        return web.Response(status=200)

    async def _get_manifest(self, request: web.Request) -> web.Response:
        found = await self._agent.manifest(self._gatekeeper.lease(request, "get-manifest"))
        if found is None:
            return text_answer(404, "lease not found")
        return web.Response(body=found, content_type="application/json")

    async def _lease_status(self, request: web.Request) -> web.Response:
        lease = self._gatekeeper.lease(request, "status")
        found = await self._agent.lease_status(lease)
        if found is None:
            return web.Response(status=404)
        for part in ("services", "forwarded_ports", "ips"):
            for name in list(found.get(part) or ()):
                if not self._gatekeeper.opens("status", lease, name):
                    del found[part][name]
        return json_answer(found)

    async def _service_status(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        lease = self._gatekeeper.lease(request, None, name)
        if not self._agent.serves(lease):
            return text_answer(404, "kube: lease not found")
        found = await self._agent.lease_status(lease)
        if found is None:
            return text_answer(404, "kube: no manifest for lease")
        service = found["services"].get(name)
        return text_answer(404, "kube: no service for lease") if service is None else json_answer(service)

    async def _migrate_hostnames(self, request: web.Request) -> web.Response:
        wanted = await self._migration(request, "hostname-migrate", "hostnames_to_migrate")
        return await _migrated(self._agent.migrate_hostnames(wanted))

    async def _migrate_endpoints(self, request: web.Request) -> web.Response:
        wanted = await self._migration(request, "ip-migrate", "endpoints_to_migrate")
        return await _migrated(self._agent.migrate_endpoints(wanted))

    async def _migration(self, request: web.Request, scope: str, field: str) -> Migration:
        """What the body asks for. Raises Refused."""
        access = self._gatekeeper.client()
        try:
            document: Any = orjson.loads(await request.read())
            names, dseq, gseq = document[field], document["destination_dseq"], document["destination_gseq"]
        except (ValueError, KeyError, TypeError) as error:
            raise Refused(422, f"body is not as expected: {error}", json=False) from error
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise Refused(422, f"{field} must be a list of names", json=False)
        if not all(type(number) is int and 0 <= number < 2**64 for number in (dseq, gseq)):
            raise Refused(422, "destination_dseq and destination_gseq must be numbers", json=False)
        if not names or len(names) > NAMES_MAX:
            raise Refused(400, f"{field} must name 1 to {NAMES_MAX}", json=False)
        if not access.allows(scope, dseq, gseq):
            raise Refused(401, "unauthorized access")
        return Migration(access.issuer, tuple(names), dseq, gseq)


async def _migrated(moving: Awaitable[list[str]]) -> web.Response:
    try:
        return json_answer({"transferred": await moving})
    except MigrationRefused as refused:
        return text_answer(refused.status, refused.text)
