"""Commands about deployments that exist: bids, lease, ps, status, url, update, deposit, close."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from supercloud.cli import escrow, session
from supercloud.cli.deploy import read_sdl
from supercloud.cli.offers import offers_table, short
from supercloud.cli.output import DSEQ, amount_text, clean, command, console, json_option, print_json, table
from supercloud.codec import json as proto_json
from supercloud.pb.akash.market.v1 import lease_pb2
from supercloud.pb.akash.market.v1 import types_pb2 as market_types
from supercloud.sdk import market
from supercloud.sdk.errors import PermanentError, SdkError
from supercloud.sdk.gateway import Gateway, GatewayError, LeasePath
from supercloud.sdl.manifest import ManifestError, cross_check, parse
from supercloud.types.coin import parse_coins
from supercloud.types.dec import Dec

DEPLOYMENT_STATES = {1: "active", 2: "closed"}
NOT_FOUND = 404
PS_COLUMNS = 130
"""From this width on, `ps` has room for whole addresses."""
SCHEDULED = "an update changes images, commands, variables and ports; other services or resources need a new deployment"


@click.command()
@click.argument("dseq", type=DSEQ)
@json_option
@session.network_options
@command
async def bids(settings: session.Settings, dseq: int, as_json: bool) -> None:
    """List the open bids on deployment DSEQ, cheapest first."""
    async with session.signing(settings) as tenant:
        found = await market.offers(tenant.client, tenant.owner, dseq, tenant.sightings)
        if not found:
            await session.deployment_of(tenant, dseq)
        interval = await tenant.client.block_interval_s()
    if as_json:
        print_json([_offer_document(offer) for offer in found])
        return
    out = console()
    rows = list(enumerate(found, 1))
    out.print(offers_table(rows, interval, out.width) if found else f"no open bids on {dseq}")


def _offer_document(offer: market.Offer) -> dict[str, Any]:
    return {
        "bid": proto_json.to_dict(offer.bid_id),
        "provider": offer.provider,
        "price": {"denom": offer.denom, "amount": offer.price.text()},
        "host_uri": offer.host_uri,
        "attributes": offer.attributes,
        "audited_by": list(offer.audited_by),
        "leases_active": offer.leases_active,
        "leases_total": offer.leases_total,
        "leases_ended_by_provider": offer.leases_ended_by_provider,
        "round_trip_s": offer.round_trip_s,
        "uptime": offer.uptime._asdict(),
    }


@click.command()
@click.argument("dseq", type=DSEQ)
@click.argument("provider")
@click.option(
    "--sdl",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Send this file's manifest afterwards.",
)
@json_option
@session.network_options
@command
async def lease(
    settings: session.Settings, dseq: int, provider: str, file: Path | None, as_json: bool
) -> None:
    """Accept PROVIDER's bids on deployment DSEQ."""
    document = read_sdl(file) if file else None
    async with session.signing(settings) as tenant:
        found = await market.offers(tenant.client, tenant.owner, dseq)
        chosen = [offer for offer in found if offer.provider == provider]
        if not chosen:
            await session.deployment_of(tenant, dseq)
            raise PermanentError(
                f"{provider} has no open bid on {dseq}; `supercloud bids {dseq}` lists the offers"
            )
        result = await market.accept(tenant.sender, chosen)
        if document is not None:
            async with await Gateway.of(tenant.client, provider, tenant.key.signer) as gateway:
                await market.send_manifest(gateway, dseq, document)
    if as_json:
        print_json({"hash": result.hash, "height": result.height})
        return
    out = console()
    out.print(f"lease with {provider} since height {result.height}")
    if document is None:
        out.print(f"Nothing runs yet: `supercloud update {dseq} FILE` sends the manifest.")
    else:
        out.print(f"The manifest is sent: `supercloud status {dseq}` says how it stands.")


@click.command()
@click.option("--all", "every", is_flag=True, help="Also those that are closed.")
@json_option
@session.network_options
@command
async def ps(settings: session.Settings, every: bool, as_json: bool) -> None:
    """List your deployments with what is left in their escrow accounts, and how long that lasts."""
    async with session.signing(settings) as tenant:
        found = await market.deployments(tenant.client, tenant.owner, "" if every else "active")
        leases = await market.leases(tenant.client, tenant.owner)
        height, block_s = await tenant.client.height(), await tenant.client.block_interval_s()
    rows = [_row(item, leases, height, block_s) for item in found]
    if as_json:
        print_json(rows)
        return
    out = console()
    if not rows:
        which = "" if every else "active "
        more = "`supercloud deploy FILE` makes one" + ("" if every else ", --all also lists closed ones")
        out.print(f"{tenant.owner} has no {which}deployments; {more}")
        return
    is_wide = out.width >= PS_COLUMNS
    lines = [
        (
            row["dseq"],
            row["state"],
            row["leases"],
            " ".join(name if is_wide else short(name) for name in row["providers"]) or "-",
            ", ".join(
                amount_text(int(fund["amount"].partition(".")[0]), fund["denom"]) for fund in row["funds"]
            )
            or "-",
            row["lasts"] or "-",
            row["since"],
        )
        for row in rows
    ]
    names = ("dseq>", "state", "lease", "provider", "escrow>", "lasts>", "since height>")
    out.print(table(names, lines))


def _row(item: Any, leases: Sequence[Any], height: int, block_s: float) -> dict[str, Any]:
    """One deployment of `ps`; its funds are what is left now, 18 decimals."""
    dseq = item.deployment.id.dseq
    mine = [entry.lease for entry in leases if entry.lease.id.dseq == dseq]
    states = sorted({lease_pb2.Lease.State.Name(entry.state) for entry in mine})
    funds = escrow.left(item.escrow_account.state, mine, height)
    return {
        "dseq": dseq,
        "state": DEPLOYMENT_STATES.get(item.deployment.state, str(item.deployment.state)),
        "leases": ", ".join(states) or "no lease",
        "providers": sorted({entry.id.provider for entry in mine if entry.closed_on == 0}),
        "funds": [{"denom": fund.denom, "amount": Dec(fund.raw).text()} for fund in funds],
        "lasts": ", ".join(filter(None, (fund.lasts(block_s) for fund in funds))),
        "since": item.deployment.created_at,
    }


@click.command()
@click.argument("dseq", type=DSEQ, required=False)
@json_option
@session.network_options
@command
async def status(settings: session.Settings, dseq: int | None, as_json: bool) -> None:
    """Show deployment DSEQ: ledger, escrow, services. Without DSEQ: the network."""
    if dseq is None:
        await _network_status(settings, as_json)
        return
    async with session.signing(settings) as tenant:
        ledger = await session.deployment_of(tenant, dseq)
        running = [{"lease": name, **found} for name, found in await _running(tenant, dseq)]
        entries = await market.leases(tenant.client, tenant.owner, dseq)
        height, block_s = await tenant.client.height(), await tenant.client.block_interval_s()
    if as_json:
        print_json({"deployment": proto_json.to_dict(ledger), "leases": running})
        return
    out = console()
    out.print(f"deployment {dseq}: {DEPLOYMENT_STATES.get(ledger.deployment.state, '?')}")
    drawing = [entry.lease for entry in entries]
    for fund in escrow.left(ledger.escrow_account.state, drawing, height):
        out.print(fund.sentence(block_s))
    for lease_ in drawing:
        if lease_.closed_on:
            out.print(f"lease {_lease_name(lease_.id)}: {_how_it_ended(lease_)}")
    for entry in running:
        out.print(f"lease {entry['lease']}")
        services = entry.get("services") or {}
        rows = [
            (name, f"{s['available']}/{s['total']}", " ".join(s.get("uris") or []))
            for name, s in sorted(services.items())
        ]
        if rows:
            out.print(table(("service", "replicas", "address"), rows))
        else:
            missing = f"nothing runs; `supercloud update {dseq} FILE` sends its manifest"
            out.print(f"  {clean(str(entry.get('error', missing)))}", markup=False)
        for problem in entry.get("errors") or []:
            out.print(f"  {clean(str(problem))}", markup=False, style="red")


def _lease_name(id_: Any) -> str:
    return f"{id_.dseq}/{id_.gseq}/{id_.oseq}/{id_.provider}"


def _how_it_ended(lease_: Any) -> str:
    """Height and reason, in words."""
    reason = market_types.LeaseClosedReason.Name(lease_.reason) if lease_.reason else ""
    why = {
        market_types.lease_closed_owner: "by its tenant",
        market_types.lease_closed_reason_insufficient_funds: "because its escrow account was used up",
        market_types.lease_closed_reason_manifest_timeout: "by its provider, which got no manifest in time",
        market_types.lease_closed_reason_unstable: "by its provider, which found it unstable",
        market_types.lease_closed_reason_decommission: "by its provider, which goes out of service",
        market_types.lease_closed_reason_unspecified: "by its provider",
    }.get(lease_.reason, reason)
    return f"closed at height {lease_.closed_on} {why}".rstrip()


async def _network_status(settings: session.Settings, as_json: bool) -> None:
    async with session.connected(settings) as client:
        document = await client.rpc.call("status")
        interval = await client.block_interval_s()
    if as_json:
        print_json(document)
        return
    sync = document["sync_info"]
    console().print(
        f"{document['node_info']['network']} at {settings.rpc}: height {sync['latest_block_height']}, "
        f"{sync['latest_block_time']}, {interval:.2f} s a block"
    )


async def _running(tenant: session.Session, dseq: int) -> list[tuple[str, dict[str, Any]]]:
    found = []
    for entry in await market.leases(tenant.client, tenant.owner, dseq, "active"):
        id_ = entry.lease.id
        try:
            async with await Gateway.of(tenant.client, id_.provider, tenant.key.signer) as gateway:
                status_ = await gateway.lease_status(LeasePath(dseq, id_.gseq, id_.oseq))
        except GatewayError as error:
            # It knows the lease and has no manifest for it.
            status_ = {} if error.status == NOT_FOUND else {"error": str(error)}
        except SdkError as error:
            status_ = {"error": str(error)}
        found.append((_lease_name(id_), status_))
    return found


@click.command()
@click.argument("dseq", type=DSEQ)
@json_option
@session.network_options
@command
async def url(settings: session.Settings, dseq: int, as_json: bool) -> None:
    """Print the addresses of deployment DSEQ, one a line."""
    async with session.signing(settings) as tenant:
        running = await _running(tenant, dseq)
        if not running:
            await session.deployment_of(tenant, dseq)
    addresses = [
        address if "://" in address else f"http://{address}"
        for _, found in running
        for service in (found.get("services") or {}).values()
        for address in service.get("uris") or []
    ]
    forwarded = [
        f"{port['host']}:{port['externalPort']}"
        for _, found in running
        for ports in (found.get("forwarded_ports") or {}).values()
        for port in ports
    ]
    if as_json:
        print_json({"uris": addresses, "ports": forwarded})
        return
    if not addresses and not forwarded:
        silent = "; ".join(found["error"] for _, found in running if "error" in found)
        raise click.ClickException(
            f"deployment {dseq} has no address{f' ({silent})' if silent else ''}: "
            f"`supercloud status {dseq}` says how it stands"
        )
    click.echo("\n".join(addresses + forwarded))


@click.command()
@click.argument("dseq", type=DSEQ)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
@session.network_options
@command
async def update(settings: session.Settings, dseq: int, file: Path, as_json: bool) -> None:
    """Put the changed FILE into deployment DSEQ: new hash on the ledger, new manifest to its providers.

    A file whose hash the ledger has already is only sent again.
    """
    document = read_sdl(file)
    async with session.signing(settings) as tenant:
        ledger = await session.deployment_of(tenant, dseq)
        try:
            # What a provider would refuse is noticed before the ledger has its hash.
            cross_check(parse(document.canonical_manifest), [group.group_spec for group in ledger.groups])
        except ManifestError as error:
            raise PermanentError(f"{file} does not fit what was leased: {error}\n{SCHEDULED}") from error
        result = None
        if ledger.deployment.hash != document.version:
            result = await market.update_deployment(tenant.sender, document, dseq)
        active = await market.leases(tenant.client, tenant.owner, dseq, "active")
        for provider in sorted({entry.lease.id.provider for entry in active}):
            async with await Gateway.of(tenant.client, provider, tenant.key.signer) as gateway:
                await market.send_manifest(gateway, dseq, document)
                await asyncio.gather(
                    *(
                        market.wait_ready(gateway, LeasePath(dseq, entry.lease.id.gseq, entry.lease.id.oseq))
                        for entry in active
                        if entry.lease.id.provider == provider
                    )
                )
    if as_json:
        sent = {"hash": result.hash, "height": result.height} if result else {"hash": None, "height": None}
        print_json({**sent, "version": document.version.hex()})
    else:
        console().print(f"deployment {dseq} runs {file} (version {document.version.hex()[:12]})")


@click.command()
@click.argument("dseq", type=DSEQ)
@click.argument("coin")
@json_option
@session.network_options
@command
async def deposit(settings: session.Settings, dseq: int, coin: str, as_json: bool) -> None:
    """Add COIN (such as 5000000uakt) to the escrow account of deployment DSEQ."""
    try:
        (added,) = parse_coins(coin)
    except ValueError as error:
        raise click.BadParameter(
            f"{coin!r}: expected one amount with its denom, such as 5000000uakt"
        ) from error
    async with session.signing(settings) as tenant:
        await session.deployment_of(tenant, dseq)
        async with session.paying(tenant, added):
            result = await market.deposit(tenant.sender, dseq, added)
    if as_json:
        print_json({"hash": result.hash, "height": result.height})
    else:
        console().print(f"added {amount_text(added.amount, added.denom)} to deployment {dseq}")


@click.command()
@click.argument("dseq", type=DSEQ)
@json_option
@session.network_options
@command
async def close(settings: session.Settings, dseq: int, as_json: bool) -> None:
    """End deployment DSEQ; its providers are paid, the rest of the deposit comes back."""
    async with session.signing(settings) as tenant:
        cost = await close_and_count(tenant, dseq)
    if as_json:
        print_json(cost)
        return
    console().print(f"deployment {dseq} is closed. {cost_text(cost)}")


async def close_and_count(tenant: session.Session, dseq: int) -> dict[str, Any]:
    """Close a deployment and say what was paid and what came back, from the ledger's own records."""
    before = await session.deployment_of(tenant, dseq)
    result = await market.close_deployment(tenant.sender, dseq)
    entries = await market.leases(tenant.client, tenant.owner, dseq)
    paid: dict[str, int] = {}
    used: dict[str, Dec] = {}
    for entry in entries:
        withdrawn = entry.escrow_payment.state.withdrawn
        paid[withdrawn.denom] = paid.get(withdrawn.denom, 0) + int(withdrawn.amount or 0)
        price, blocks = entry.lease.price, entry.lease.closed_on - entry.lease.created_at
        spent = Dec.from_wire(price.amount).mul_int(max(blocks, 0))
        used[price.denom] = Dec(used.get(price.denom, Dec(0)).raw + spent.raw)
    refunded = _received(result.raw_events, tenant.owner)
    created = before.deployment.created_at
    return {
        "dseq": dseq,
        "hash": result.hash,
        "height": result.height,
        "blocks": result.height - created,
        "used": [{"denom": denom, "amount": amount.text()} for denom, amount in sorted(used.items())],
        "paid": [{"denom": denom, "amount": amount} for denom, amount in sorted(paid.items()) if amount],
        "refunded": [{"denom": denom, "amount": amount} for denom, amount in sorted(refunded.items())],
    }


def cost_text(cost: dict[str, Any]) -> str:
    """What `close_and_count` found, for people. Whole units alone change hands, so a short run may cost nothing."""
    paid = ", ".join(amount_text(item["amount"], item["denom"]) for item in cost["paid"])
    back = ", ".join(amount_text(item["amount"], item["denom"]) for item in cost["refunded"]) or "nothing"
    used = ", ".join(f"{item['amount'][:-14]} {item['denom']}" for item in cost["used"])
    in_blocks = f"in {cost['blocks']} blocks it used {used or 'nothing'}"
    return f"It cost {paid or 'nothing'} ({in_blocks}; whole units are paid); {back} came back."


def _received(events: list[dict[str, Any]], owner: str) -> dict[str, int]:
    total: dict[str, int] = {}
    for event in events:
        values = {attribute["key"]: attribute.get("value", "") for attribute in event.get("attributes") or []}
        if event["type"] == "coin_received" and values.get("receiver") == owner:
            for coin in parse_coins(values["amount"]):
                total[coin.denom] = total.get(coin.denom, 0) + coin.amount
    return total
