"""Takes manifests from tenants: for a lease that exists, matching the hash on the ledger and the groups there."""

from __future__ import annotations

from supercloud.pb.akash.deployment.v1beta4 import query_pb2 as deployment_query
from supercloud.pb.akash.market.v1beta5 import query_pb2 as market_query
from supercloud.provider.event import LeaseRef
from supercloud.provider.hostname import names
from supercloud.provider.state import State
from supercloud.sdk.client import Client
from supercloud.sdk.errors import QueryError
from supercloud.sdl import manifest as forms


class ManifestRefused(Exception):
    """A manifest that is not taken: the HTTP status and the text that clients look for."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


class ManifestDesk:
    """One provider's manifests."""

    def __init__(self, client: Client, state: State, me: str) -> None:
        self._client = client
        self._state = state
        self._me = me

    async def receive(self, owner: str, dseq: int, body: bytes) -> list[LeaseRef]:
        """Check and keep a manifest; returns the leases it is for. Raises ManifestRefused."""
        leases = await self.active_leases(owner, dseq)
        if not leases:
            raise ManifestRefused(404, "no lease for deployment")
        try:
            manifest = forms.parse(body)
        except forms.ManifestError as error:
            raise ManifestRefused(422, str(error)) from error
        request = deployment_query.QueryDeploymentRequest()
        request.id.owner, request.id.dseq = owner, dseq
        answer = await self._client.query(
            "/akash.deployment.v1beta4.Query/Deployment", request, deployment_query.QueryDeploymentResponse
        )
        if answer.deployment.hash not in manifest.versions:
            raise ManifestRefused(422, "manifest version validation failed")
        try:
            forms.check(manifest.groups)
            forms.cross_check(manifest, [group.group_spec for group in answer.groups])
            self._reserve_names(
                manifest, leases, {group.id.gseq: group.group_spec.name for group in answer.groups}
            )
        except forms.ManifestError as error:
            raise ManifestRefused(422, str(error)) from error
        except names.NameTaken as error:
            raise ManifestRefused(500, str(error)) from error
        self._state.save_manifest(owner, dseq, answer.deployment.hash, body)
        return leases

    def group(self, lease: LeaseRef, name: str) -> forms.Group | None:
        """The services of a lease, from the manifest kept for its deployment."""
        stored = self._state.manifest(lease.order.owner, lease.order.dseq)
        return forms.parse(stored.body).group(name) if stored else None

    async def active_leases(self, owner: str, dseq: int) -> list[LeaseRef]:
        """Leases of a deployment with this provider that are running."""
        found: list[LeaseRef] = []
        for state in ("active", "reclaiming"):
            request = market_query.QueryLeasesRequest()
            filters = request.filters
            filters.owner, filters.dseq, filters.provider, filters.state = owner, dseq, self._me, state
            try:
                items = await self._client.pages(
                    "/akash.market.v1beta5.Query/Leases", request, market_query.QueryLeasesResponse, "leases"
                )
            except QueryError:
                continue
            found += [LeaseRef.of(item.lease.id) for item in items]
        return found

    def _reserve_names(
        self, manifest: forms.Manifest, leases: list[LeaseRef], group_names: dict[int, str]
    ) -> None:
        held: dict[str, str] = {name: lease for name, lease, _ in self._state.hostnames()}
        for lease in leases:
            group = manifest.group(group_names.get(lease.order.gseq, ""))
            for service in group.services if group else ():
                wanted = [host for expose in service.expose if expose.is_http for host in expose.hosts]
                for name in names.granted(wanted, str(lease), held):
                    self._state.hold_hostname(name, str(lease), service.name)


def lease_of(owner: str, dseq: int, gseq: int, oseq: int, provider: str) -> LeaseRef:
    """A lease by the parts that stand in a gateway's path."""
    return LeaseRef.parse(f"{owner}/{dseq}/{gseq}/{oseq}/{provider}")
