"""`supercloud providers`."""

from __future__ import annotations

import asyncio
from typing import Any

import click

from supercloud.cli import session
from supercloud.cli.output import command, console, json_option, print_json, table
from supercloud.sdk import market
from supercloud.sdk.client import Client


@click.command()
@json_option
@session.network_options
@command
async def providers(settings: session.Settings, as_json: bool) -> None:
    """List the providers of the network with who audited them and how many leases they hold."""
    async with session.connected(settings) as client:
        found = await market.providers(client)
        rows = list(await asyncio.gather(*(_row(client, item) for item in found)))
    if as_json:
        print_json(rows)
        return
    lines = [
        (
            row["owner"],
            row["host_uri"],
            row["leases_active"],
            ", ".join(row["audited_by"]) or "nobody",
            " ".join(f"{key}={value}" for key, value in row["attributes"].items()),
        )
        for row in rows
    ]
    console().print(table(("provider", "gateway", "leases>", "audited by", "attributes"), lines))


async def _row(client: Client, item: Any) -> dict[str, Any]:
    active = await market.leases(client, "", state="active", provider=item.owner)
    return {
        "owner": item.owner,
        "host_uri": item.host_uri,
        "attributes": {attribute.key: attribute.value for attribute in item.attributes},
        "audited_by": sorted(await market.audits(client, item.owner)),
        "leases_active": len(active),
    }
