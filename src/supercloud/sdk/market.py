"""A tenant's steps through the market: order, offers, choice, lease, manifest, address.

Nothing here chooses: `offers` reports who bids and what is known of them, `accept` takes what somebody chose.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any, NamedTuple

from supercloud.pb.akash.audit.v1 import query_pb2 as audit_query
from supercloud.pb.akash.base.deposit.v1 import deposit_pb2
from supercloud.pb.akash.deployment.v1 import deployment_pb2
from supercloud.pb.akash.deployment.v1beta4 import deploymentmsg_pb2
from supercloud.pb.akash.deployment.v1beta4 import query_pb2 as deployment_query
from supercloud.pb.akash.escrow.id.v1 import id_pb2 as escrow_id
from supercloud.pb.akash.escrow.v1 import msg_pb2 as escrow_msg
from supercloud.pb.akash.market.v1beta5 import leasemsg_pb2
from supercloud.pb.akash.market.v1beta5 import query_pb2 as market_query
from supercloud.pb.akash.provider.v1beta4 import query_pb2 as provider_query
from supercloud.pb.cosmos.base.v1beta1 import coin_pb2
from supercloud.sdk.client import Client
from supercloud.sdk.errors import PermanentError, QueryError, TemporaryError
from supercloud.sdk.gateway import Gateway, GatewayError, LeasePath
from supercloud.sdk.sightings import Sightings, Uptime, ask
from supercloud.sdk.tx import TxResult, TxSender
from supercloud.sdl import Sdl
from supercloud.types.coin import Coin
from supercloud.types.dec import Dec

MARKET = "/akash.market.v1beta5.Query/"
DEPLOYMENT = "/akash.deployment.v1beta4.Query/"
MANIFEST_RETRIES = 50
MANIFEST_PAUSE_S = 0.1
READY_POLL_S = 0.1
READY_POLL_S_MAX = 2.0


class Offer(NamedTuple):
    """One open bid and what is known of the provider behind it. `price` is per block."""

    bid_id: Any
    price: Dec
    denom: str
    provider: str
    host_uri: str
    attributes: dict[str, str]
    audited_by: tuple[str, ...]
    leases_active: int
    leases_total: int
    leases_ended_by_provider: int
    round_trip_s: float | None
    uptime: Uptime = Uptime(0, 0)
    """Of the times that it was asked from here in the last week."""

    @property
    def group(self) -> int:
        """Which group of the deployment it is for."""
        return int(self.bid_id.gseq)

    @property
    def reliability(self) -> str:
        """How many of all its leases the provider did not end itself, which anybody can check on the ledger."""
        kept = self.leases_total - self.leases_ended_by_provider
        return f"{kept} of {self.leases_total}" if self.leases_total else "no history"


async def create_deployment(sender: TxSender, sdl: Sdl, deposit: Coin, dseq: int | None = None) -> int:
    """Post the order(s) of an SDL with a deposit from the balance; returns the dseq (default: the height)."""
    client = sender.client
    number = dseq or await client.height()
    message = deploymentmsg_pb2.MsgCreateDeployment(
        id=deployment_pb2.DeploymentID(owner=sender.address_text, dseq=number),
        groups=sdl.group_specs(),
        hash=sdl.version,
        deposit=deposit_pb2.Deposit(
            amount=coin_pb2.Coin(denom=deposit.denom, amount=str(deposit.amount)),
            sources=[deposit_pb2.balance],
        ),
    )
    if sdl.reclamation_min_window is not None:
        message.reclamation.min_window.FromNanoseconds(sdl.reclamation_min_window)
    await sender.send([message])
    return number


async def bids(client: Client, owner: str, dseq: int, state: str = "open") -> list[Any]:
    """Bids on a deployment in one state ("" for all), as messages."""
    request = market_query.QueryBidsRequest()
    request.filters.owner, request.filters.dseq, request.filters.state = owner, dseq, state
    found = await client.pages(MARKET + "Bids", request, market_query.QueryBidsResponse, "bids")
    return [item.bid for item in found]


async def offers(client: Client, owner: str, dseq: int, sightings: Sightings | None = None) -> list[Offer]:
    """Open bids, cheapest first, with what the ledger tells of each provider, and, with `sightings`, a round trip."""
    open_bids = await bids(client, owner, dseq)
    found = await asyncio.gather(*(offer(client, bid, sightings) for bid in open_bids))
    return sorted(found, key=lambda one: (one.group, one.price.raw, one.provider))


async def accept(sender: TxSender, chosen: Sequence[Offer]) -> TxResult:
    """Turn chosen bids into leases, all in one transaction."""
    return await sender.send([leasemsg_pb2.MsgCreateLease(bid_id=offer.bid_id) for offer in chosen])


async def leases(client: Client, owner: str, dseq: int = 0, state: str = "", provider: str = "") -> list[Any]:
    """Leases with their payments, newest state as the ledger has it."""
    request = market_query.QueryLeasesRequest()
    filters = request.filters
    filters.owner, filters.dseq, filters.state, filters.provider = owner, dseq, state, provider
    return await client.pages(MARKET + "Leases", request, market_query.QueryLeasesResponse, "leases")


async def deployment(client: Client, owner: str, dseq: int) -> Any:
    """A deployment with its groups and escrow account. Raises QueryError."""
    request = deployment_query.QueryDeploymentRequest()
    request.id.owner, request.id.dseq = owner, dseq
    return await client.query(DEPLOYMENT + "Deployment", request, deployment_query.QueryDeploymentResponse)


async def deployments(client: Client, owner: str, state: str = "") -> list[Any]:
    """An owner's deployments."""
    request = deployment_query.QueryDeploymentsRequest()
    request.filters.owner, request.filters.state = owner, state
    return await client.pages(
        DEPLOYMENT + "Deployments", request, deployment_query.QueryDeploymentsResponse, "deployments"
    )


async def close_deployment(sender: TxSender, dseq: int) -> TxResult:
    """End a deployment: leases close, providers are paid, what is left comes back."""
    id_ = deployment_pb2.DeploymentID(owner=sender.address_text, dseq=dseq)
    return await sender.send([deploymentmsg_pb2.MsgCloseDeployment(id=id_)])


async def update_deployment(sender: TxSender, sdl: Sdl, dseq: int) -> TxResult:
    """Put a new manifest hash on the ledger; send the manifest to the providers afterwards."""
    id_ = deployment_pb2.DeploymentID(owner=sender.address_text, dseq=dseq)
    return await sender.send([deploymentmsg_pb2.MsgUpdateDeployment(id=id_, hash=sdl.version)])


async def deposit(sender: TxSender, dseq: int, amount: Coin) -> TxResult:
    """Add to a deployment's escrow account."""
    account = escrow_id.Account(scope=escrow_id.deployment, xid=f"{sender.address_text}/{dseq}")
    message = escrow_msg.MsgAccountDeposit(
        signer=sender.address_text,
        id=account,
        deposit=deposit_pb2.Deposit(
            amount=coin_pb2.Coin(denom=amount.denom, amount=str(amount.amount)), sources=[deposit_pb2.balance]
        ),
    )
    return await sender.send([message])


async def send_manifest(gateway: Gateway, dseq: int, sdl: Sdl) -> None:
    """Hand the manifest over, waiting a little for a provider that has not seen the lease yet."""
    for attempt in range(MANIFEST_RETRIES):
        try:
            await gateway.send_manifest(dseq, sdl.canonical_manifest)
            return
        except TemporaryError:
            if attempt == MANIFEST_RETRIES - 1:
                raise
        except GatewayError as error:
            if "no lease for deployment" not in error.text or attempt == MANIFEST_RETRIES - 1:
                raise
        await asyncio.sleep(MANIFEST_PAUSE_S)


async def wait_ready(gateway: Gateway, lease: LeasePath, timeout_s: float = 600.0) -> dict[str, Any]:
    """The lease status once every service has all its replicas, and those are of the newest manifest.

    Raises PermanentError with what the services say.
    """
    pause, status = READY_POLL_S, {}
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(timeout_s):
            while True:
                with contextlib.suppress(TemporaryError):
                    status = await _status_or_none(gateway, lease)
                    if status and _all_available(status):
                        return status
                    failures = _failures(status)
                    if failures:
                        raise PermanentError(failures)
                await asyncio.sleep(pause)
                pause = min(pause * 1.1, READY_POLL_S_MAX)
    raise TemporaryError(f"lease {lease} is not running after {timeout_s:g} s: {_summary(status)}")


async def providers(client: Client) -> list[Any]:
    """All registered providers."""
    request = provider_query.QueryProvidersRequest()
    return await client.pages(
        "/akash.provider.v1beta4.Query/Providers", request, provider_query.QueryProvidersResponse, "providers"
    )


async def provider_count(client: Client) -> int:
    """How many providers are registered."""
    request = provider_query.QueryProvidersRequest()
    request.pagination.limit, request.pagination.count_total = 1, True
    answer = await client.query(
        "/akash.provider.v1beta4.Query/Providers", request, provider_query.QueryProvidersResponse
    )
    return int(answer.pagination.total)


async def provider_record(client: Client, address: str) -> Any:
    """One provider's record. Raises QueryError."""
    answer = await client.query(
        "/akash.provider.v1beta4.Query/Provider",
        provider_query.QueryProviderRequest(owner=address),
        provider_query.QueryProviderResponse,
    )
    return answer.provider


async def audited_attributes(client: Client, provider: str) -> dict[str, list[Any]]:
    """Attributes (messages) that auditors signed for a provider, by auditor."""
    request = audit_query.QueryProviderAttributesRequest(owner=provider)
    try:
        found = await client.pages(
            "/akash.audit.v1.Query/ProviderAttributes",
            request,
            audit_query.QueryProvidersResponse,
            "providers",
        )
    except QueryError as error:
        # The network answers a provider that nobody audited with an error.
        if error.not_found:
            return {}
        raise
    return {item.auditor: list(item.attributes) for item in found}


async def audits(client: Client, provider: str) -> dict[str, dict[str, str]]:
    """Attributes that auditors signed for a provider, by auditor."""
    found = await audited_attributes(client, provider)
    return {auditor: {a.key: a.value for a in attributes} for auditor, attributes in found.items()}


async def offer(client: Client, bid: Any, sightings: Sightings | None = None) -> Offer:
    """One bid with what the ledger tells of its provider; with `sightings` it is asked now and its uptime is known."""
    provider = bid.id.provider
    record = await provider_record(client, bid.id.provider)
    history = await leases(client, "", provider=provider)
    ended = sum(1 for item in history if 10_000 <= item.lease.reason < 20_000)
    active = sum(1 for item in history if item.lease.closed_on == 0)
    round_trip_s, uptime = None, Uptime(0, 0)
    if sightings is not None:
        round_trip_s = (await ask(client, [provider], sightings))[provider]
        uptime = sightings.uptime(provider)
    return Offer(
        bid_id=bid.id,
        price=Dec.from_wire(bid.price.amount),
        denom=bid.price.denom,
        provider=provider,
        host_uri=record.host_uri,
        attributes={attribute.key: attribute.value for attribute in record.attributes},
        audited_by=tuple(sorted(await audits(client, provider))),
        leases_active=active,
        leases_total=len(history),
        leases_ended_by_provider=ended,
        round_trip_s=round_trip_s,
        uptime=uptime,
    )


async def _status_or_none(gateway: Gateway, lease: LeasePath) -> dict[str, Any]:
    try:
        return await gateway.lease_status(lease)
    except GatewayError as error:
        if error.status == 404:
            return {}
        raise


def _all_available(status: dict[str, Any]) -> bool:
    services = status.get("services") or {}
    return bool(services) and all(
        min(item.get("available", 0), item.get("updated_replicas", total)) >= total
        for item in services.values()
        for total in (item.get("total", 1),)
    )


def _failures(status: dict[str, Any]) -> str:
    """What the provider says went wrong for good (images that can not be pulled, containers that exit)."""
    return "; ".join(str(text) for text in status.get("errors") or [])


def _summary(status: dict[str, Any]) -> str:
    services = status.get("services") or {}
    if not services:
        return "the provider has not started it"
    return ", ".join(f"{name} {item['available']}/{item['total']}" for name, item in sorted(services.items()))
