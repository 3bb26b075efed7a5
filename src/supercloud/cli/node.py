"""`supercloud node init|start|status|export`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from supercloud.cli import session
from supercloud.cli.output import command, console, json_option, print_json, raise_as_click
from supercloud.types.address import Bech32
from supercloud.types.coin import Coin, parse_coins


@click.group()
def node() -> None:
    """Run a node of the ledger."""


_HOME = click.option(
    "--home", type=click.Path(path_type=Path), default=None, help="Folder of the node [~/.supercloud/node]."
)


def _home(home: Path | None) -> Path:
    return (home or session.default_home() / "node").absolute()


@node.command()
@_HOME
@click.option("--chain-id", default="supercloud-local", show_default=True)
@click.option("--fund", multiple=True, metavar="ADDRESS=COINS", help="Coins that exist from the start.")
@click.option(
    "--genesis-override", type=click.Path(exists=True, path_type=Path), help="JSON merge patch (RFC 7396)."
)
@json_option
def init(
    home: Path | None, chain_id: str, fund: tuple[str, ...], genesis_override: Path | None, as_json: bool
) -> None:
    """Make keys, settings and the genesis of a new network whose one validator is this node."""
    import orjson

    from supercloud.node.server import Home, init_home

    where = _home(home)
    funds: dict[bytes, list[Coin]] = {}
    try:
        for grant in fund:
            address, _, coins = grant.partition("=")
            funds.setdefault(Bech32("akash").parse(address), []).extend(parse_coins(coins))
        patch = orjson.loads(genesis_override.read_bytes()) if genesis_override else None
        genesis = init_home(where, chain_id, funds=funds, patch=patch)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    except Exception as error:
        raise_as_click(error)
        raise
    if as_json:
        print_json({"chain_id": genesis.chain_id, "home": str(where), "genesis": str(Home(where).genesis)})
    else:
        console().print(
            f"{genesis.chain_id} is ready in {where}. Start it: supercloud node start --home {where}"
        )


@node.command()
@_HOME
def start(home: Path | None) -> None:
    """Run in the foreground until Ctrl-C or SIGTERM."""
    from supercloud.node.server import Home, run

    where = _home(home)
    if not Home(where).genesis.exists():
        raise click.ClickException(
            f"{where} has no genesis; make one with `supercloud node init --home {where}`"
        )
    sys.exit(run(where))


@node.command()
@json_option
@session.network_options
@command
async def status(settings: session.Settings, as_json: bool) -> None:
    """Show what the node at --node says of itself."""
    async with session.connected(settings) as client:
        document = await client.rpc.call("status")
    if as_json:
        print_json(document)
        return
    info, sync = document["node_info"], document["sync_info"]
    console().print(
        f"{info['moniker']} on {info['network']}: height {sync['latest_block_height']} at {sync['latest_block_time']}"
    )


@node.command()
@_HOME
@click.option("--height", default=0, help="Export the state of this height [the last].")
def export(home: Path | None, height: int) -> None:
    """Print a genesis document that starts a network with this node's state. The node must be stopped."""
    from supercloud.node.server import export_genesis

    try:
        print_json(export_genesis(_home(home), height))
    except Exception as error:
        raise_as_click(error)
