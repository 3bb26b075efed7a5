"""`supercloud providers`."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any, Final

import click

from supercloud.cli import session
from supercloud.cli.offers import WIDE_COLUMNS, attributes_text, auditors_text, away_text, short
from supercloud.cli.output import Marked, clean, command, console, json_option, print_json, table
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
    out = console()
    if clear and out.is_terminal:
        out.clear()
    out.print(providers_table(rows, out.width) if rows else "nobody has registered as a provider yet")


def providers_table(rows: list[dict[str, Any]], width: int) -> Any:
    """For people; two lines each where it is narrow."""
    lines = [
        (
            row["leases_active"],
            auditors_text(row["audited_by"]),
            str(Uptime(**row["uptime"])),
            away_text(row["round_trip_s"]),
        )
        for row in rows
    ]
    measured = ("leases>", "audited by", "uptime 7d>", "away>")
    if width >= WIDE_COLUMNS:
        ends = [(row["owner"], row["host_uri"], Marked(attributes_text(row["attributes"]))) for row in rows]
        names = ("provider", "gateway", *measured, "attributes")
        return table(
            names, [(who, where, *line, what) for (who, where, what), line in zip(ends, lines, strict=True)]
        )
    cells = [Marked(f"{short(row['owner'])}\n[dim]{_below(row)}[/]") for row in rows]
    return table(("provider", *measured), [(cell, *line) for cell, line in zip(cells, lines, strict=True)])


def _below(row: dict[str, Any]) -> str:
    from rich.markup import escape

    return escape(clean(row["host_uri"])) + "\n" + attributes_text(row["attributes"])


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
