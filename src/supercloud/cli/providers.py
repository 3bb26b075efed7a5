"""`supercloud providers`."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any, Final

import click

from supercloud.cli import session
from supercloud.cli.offers import away_text
from supercloud.cli.output import command, console, json_option, print_json, table
from supercloud.sdk import market
from supercloud.sdk.client import Client
from supercloud.sdk.errors import SdkError
from supercloud.sdk.sightings import Sightings, Uptime, ask

WATCH_S: Final = 60


@click.command()
@click.option(
    "--watch",
    is_flag=True,
    help=f"Ask them all every {WATCH_S} s until Ctrl-C: what is counted is the uptime that offers show.",
)
@json_option
@session.network_options
@command
async def providers(settings: session.Settings, watch: bool, as_json: bool) -> None:
    """List the providers of the network: who audited them, their leases, how far away they are, how often they answered."""
    sightings = Sightings(settings.home)
    async with session.connected(settings) as client:
        while True:
            rows = await _rows(client, sightings)
            if as_json:
                print_json(rows)
            else:
                _show(rows, clear=watch)
            if not watch:
                return
            await asyncio.sleep(WATCH_S)


def _show(rows: list[dict[str, Any]], clear: bool) -> None:
    lines = [
        (
            row["owner"],
            row["host_uri"],
            row["leases_active"],
            ", ".join(row["audited_by"]) or "nobody",
            str(Uptime(**row["uptime"])),
            away_text(row["round_trip_s"]),
            " ".join(f"{key}={value}" for key, value in row["attributes"].items()),
        )
        for row in rows
    ]
    out = console()
    if clear and out.is_terminal:
        out.clear()
    names = ("provider", "gateway", "leases>", "audited by", "uptime 7d>", "away>", "attributes")
    out.print(table(names, lines))


async def _rows(client: Client, sightings: Sightings) -> list[dict[str, Any]]:
    found = await market.providers(client)
    away = await ask(client, [item.owner for item in found], sightings)
    rows = await asyncio.gather(*(_row(client, item) for item in found))
    return [
        {**row, "round_trip_s": away[row["owner"]], "uptime": sightings.uptime(row["owner"])._asdict()}
        for row in rows
    ]


async def _row(client: Client, item: Any) -> dict[str, Any]:
    active = await market.leases(client, "", state="active", provider=item.owner)
    return {
        "owner": item.owner,
        "host_uri": item.host_uri,
        "attributes": {attribute.key: attribute.value for attribute in item.attributes},
        "audited_by": sorted(await market.audits(client, item.owner)),
        "leases_active": len(active),
    }


async def keep_asking(rpc: str, sightings: Sightings) -> None:
    """Ask all providers every WATCH_S seconds, for as long as nobody cancels it; a node that is away is asked again."""
    while True:
        with contextlib.suppress(SdkError):
            async with await Client.connect(rpc) as client:
                await ask(client, [item.owner for item in await market.providers(client)], sightings)
        await asyncio.sleep(WATCH_S)
