"""Takes manifests from tenants: for a lease that exists, matching the hash on the ledger and the groups there."""

from __future__ import annotations

import json
from collections.abc import Sequence

from supercloud.pb.akash.deployment.v1beta4 import query_pb2 as deployment_query
from supercloud.pb.akash.market.v1beta5 import query_pb2 as market_query
from supercloud.provider.event import LeaseRef
from supercloud.provider.hostname.desk import NameDesk, wanted_by
from supercloud.provider.hostname.names import NameTaken
from supercloud.provider.state import State
from supercloud.sdk.client import Client
from supercloud.sdl import manifest as forms


class ManifestRefused(Exception):
    """A manifest that is not taken: the HTTP status and the text that clients look for."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


class ManifestDesk:
    """One provider's manifests."""

    def __init__(self, client: Client, state: State, hostnames: NameDesk, me: str) -> None:
        self._client = client
        self._state = state
        self._names = hostnames
        self._me = me

    async def receive(self, owner: str, dseq: int, body: bytes) -> list[LeaseRef]:
        """Check and keep a manifest; returns the leases it is for. Raises ManifestRefused."""
        leases = await self.active_leases(owner, dseq)
        if not leases:
            raise ManifestRefused(404, "no lease for deployment")
        body = first_value(body)
        try:
            manifest = forms.parse(body)
        except forms.ManifestError as error:
            raise ManifestRefused(422, str(error)) from error
        deployment = await self._deployment(owner, dseq)
        if deployment.deployment.hash not in manifest.versions:
            raise ManifestRefused(422, "manifest version validation failed")
        groups = {group.id.gseq: group.group_spec.name for group in deployment.groups}
        wanted = {str(lease): wanted_by(manifest.group(groups.get(lease.order.gseq, ""))) for lease in leases}
        try:
            forms.check(manifest.groups)
            forms.cross_check(manifest, [group.group_spec for group in deployment.groups])
            with self._state.together():
                self._names.take(wanted)
                self._state.save_manifest(owner, dseq, deployment.deployment.hash, body)
        except forms.ManifestError as error:
            raise ManifestRefused(422, str(error)) from error
        except NameTaken as error:
            raise ManifestRefused(500, str(error)) from error
        return leases

    async def _deployment(self, owner: str, dseq: int) -> deployment_query.QueryDeploymentResponse:
        request = deployment_query.QueryDeploymentRequest()
        request.id.owner, request.id.dseq = owner, dseq
        return await self._client.query(
            "/akash.deployment.v1beta4.Query/Deployment", request, deployment_query.QueryDeploymentResponse
        )

    def group(self, lease: LeaseRef, name: str) -> forms.Group | None:
        """The services of a lease, from the manifest kept for its deployment."""
        stored = self._state.manifest(lease.order.owner, lease.order.dseq)
        return forms.parse(stored.body).group(name) if stored else None

    async def active_leases(self, owner: str, dseq: int) -> list[LeaseRef]:
        """Leases of a deployment with this provider that are running. Raises SdkError."""
        found: list[LeaseRef] = []
        for state in ("active", "reclaiming"):
            request = market_query.QueryLeasesRequest()
            filters = request.filters
            filters.owner, filters.dseq, filters.provider, filters.state = owner, dseq, self._me, state
            items = await self._client.pages(
                "/akash.market.v1beta5.Query/Leases", request, market_query.QueryLeasesResponse, "leases"
            )
            found += [LeaseRef.of(item.lease.id) for item in items]
        return found

    def migrate(self, lease: LeaseRef, group: forms.Group, wanted: Sequence[str]) -> list[str]:
        """Let names that a group asks for answer for its lease; returns them. Raises ManifestRefused."""
        services = wanted_by(group)
        for name in wanted:
            if name not in services:
                raise ManifestRefused(400, f'the hostname "{name}" is not used by this deployment')
        try:
            with self._state.together():
                for name in wanted:
                    self._names.move(name, str(lease), services[name])
        except NameTaken as error:
            raise ManifestRefused(400, "hostname not allowed") from error
        return list(wanted)


def first_value(body: bytes) -> bytes:
    """The first JSON value of a body; what follows it does not count, as with the network's providers.

    Raises ManifestRefused.
    """
    try:
        text = body.decode()
        start = len(text) - len(text.lstrip(" \t\r\n"))
        _, end = json.JSONDecoder().raw_decode(text, start)
    except (ValueError, RecursionError) as error:
        raise ManifestRefused(422, f"invalid manifest: {error}") from error
    return text[start:end].encode()
