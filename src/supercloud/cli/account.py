"""`supercloud balance`."""

from __future__ import annotations

import click

from supercloud.cli import session
from supercloud.cli.output import amount_text, command, console, json_option, print_json, table


@click.command()
@click.argument("address", required=False)
@json_option
@session.network_options
@command
async def balance(settings: session.Settings, address: str | None, as_json: bool) -> None:
    """Show what ADDRESS (default: your key's account) holds. A key's name works as well."""
    async with session.connected(settings) as client:
        raw = session.address_of(settings, client, address or settings.key_name())
        coins = await client.balances(raw)
        text = client.bech32.text(raw)
    if as_json:
        print_json(
            {
                "address": text,
                "balances": [{"denom": coin.denom, "amount": str(coin.amount)} for coin in coins],
            }
        )
        return
    out = console()
    out.print(text)
    rows = [(amount_text(c.amount, c.denom), f"{c.amount}{c.denom}") for c in coins]
    out.print(table(("balance>", "exactly>"), rows) if rows else "nothing")
