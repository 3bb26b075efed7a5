"""`supercloud node init|join|start|status|verify|reset|export`; the other commands have their own files."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click

from supercloud.cli import session
from supercloud.cli.backup import backup, restore
from supercloud.cli.output import command, console, json_option, print_json, raise_as_click
from supercloud.cli.run import add_program, run
from supercloud.cli.snapshots import snapshots
from supercloud.cli.validator import create_validator
from supercloud.types.address import Bech32


@click.group()
def node() -> None:
    """Run a node of the ledger."""


node.add_command(backup)
node.add_command(restore)
node.add_command(run)
node.add_command(add_program)
node.add_command(snapshots)
node.add_command(create_validator)


@node.command()
@session.node_home_option
@click.option("--chain-id", default="supercloud-local", show_default=True, help="Name of the network.")
@click.option("--prefix", default="akash", show_default=True, help="First part of every address.")
@click.option("--denom", default="uakt", show_default=True, help="Native coin: fees, stake, deposits.")
@click.option("--fund", multiple=True, metavar="ADDRESS=COINS", help="Coins that exist from the start.")
@click.option(
    "--genesis-override", type=click.Path(exists=True, path_type=Path), help="JSON merge patch (RFC 7396)."
)
@json_option
def init(
    home: Path | None, chain_id: str, genesis_override: Path | None, as_json: bool, **names: Any
) -> None:
    """Make keys, settings and the genesis of a new network whose one validator is this node."""
    import orjson

    from supercloud.node.config import Config
    from supercloud.node.genesis import GenesisError, wrong_names
    from supercloud.node.home import Home, init_home

    where = session.node_home(home)
    config = Config()
    config.network.bech32_prefix, config.network.native_denom = names["prefix"], names["denom"]
    config.state.gas_prices = session.GAS_PRICE + names["denom"]
    try:
        if wrong := wrong_names(names["prefix"], names["denom"]):
            raise GenesisError(wrong)
        funds = session.funds_of(names["fund"], Bech32(names["prefix"]))
        patch = orjson.loads(genesis_override.read_bytes()) if genesis_override else None
        genesis = init_home(where, chain_id, funds=funds, patch=patch, config=config)
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
@session.node_home_option
@click.option(
    "--genesis", required=True, metavar="FILE_OR_URL", help="The network's genesis, or a node's RPC."
)
@click.option("--peers", default="", metavar="ID@HOST:PORT,...", help="Nodes to stay connected with.")
@click.option("--seeds", default="", metavar="ID@HOST:PORT,...", help="Nodes to ask for others.")
@click.option(
    "--moniker", default="supercloud", show_default=True, help="Name under which the node shows itself."
)
@click.option("--port-base", default=0, help="First of five ports [the usual ones].")
@click.option(
    "--block-time",
    default=1.0,
    show_default=True,
    help="Seconds between blocks, as the network has them.",
    type=click.FloatRange(0.05, 3600),
)
@click.option(
    "--state-sync", default="", metavar="URL,URL", help="Start from a snapshot these RPCs vouch for."
)
@click.option("--trust-height", default=0, help="Height of a block that you know to be right.")
@click.option("--trust-hash", default="", help="Its hash, in hex.")
@click.option("--start", "and_start", is_flag=True, help="Go on as `node start` does.")
@json_option
def join(home: Path | None, genesis: str, and_start: bool, as_json: bool, **given: Any) -> None:
    """Make a node that follows a network: by all its blocks, or from a snapshot of a trusted height on."""
    from supercloud.node.config import StateSyncSettings
    from supercloud.node.home import Home
    from supercloud.node.network import Joining
    from supercloud.node.network import join as join_network
    from supercloud.node.server import run

    where = session.node_home(home)
    try:
        if Home(where).genesis.exists():
            raise click.ClickException(f"{where} is a node already; `supercloud node start --home {where}`")
        document = _genesis_from(genesis)
        wanted = Joining(
            peers=_names(given["peers"]),
            seeds=_names(given["seeds"]),
            moniker=given["moniker"],
            port_base=given["port_base"],
            block_interval_s=given["block_time"],
            state_sync=StateSyncSettings(
                _names(given["state_sync"]), given["trust_height"], given["trust_hash"]
            ),
        )
        member = join_network(where, document, wanted)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    except Exception as error:
        raise_as_click(error)
        raise
    if as_json:
        made = {"chain_id": document["chain_id"], "home": str(where), "node_id": member.node_id}
        print_json(made | {"rpc": f"http://{member.endpoints.rpc}", "p2p": member.endpoints.p2p})
    else:
        console(stderr=and_start).print(
            f"A node of {document['chain_id']} is ready in {where}: id {member.node_id}, RPC {member.endpoints.rpc}",
            soft_wrap=True,
        )
        if not and_start:
            console().print(f"Start it: supercloud node start --home {where}", soft_wrap=True)
    if and_start:
        sys.exit(run(where))


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _genesis_from(place: str) -> dict[str, Any]:
    """The document of a file, of a URL, or of the RPC at a URL."""
    import orjson

    try:
        content = _fetched(place) if place.startswith(("http://", "https://")) else Path(place).read_bytes()
    except OSError as error:
        reason = getattr(error, "reason", error)
        raise click.ClickException(f"{place}: {getattr(reason, 'strerror', None) or reason}") from error
    try:
        document = orjson.loads(content)
        if "result" in document:
            document = document["result"]["genesis"]
        document["chain_id"]
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise click.ClickException(f"{place} has no genesis document") from error
    made: dict[str, Any] = document
    return made


def _fetched(url: str) -> bytes:
    import urllib.request

    from supercloud.node.genesis import GENESIS_BYTES_MAX

    # An RPC is named by its address alone; anything else is the document's own.
    bare = not url.partition("://")[2].partition("/")[2]
    with urllib.request.urlopen(f"{url.rstrip('/')}/genesis" if bare else url, timeout=30) as answer:
        content: bytes = answer.read(GENESIS_BYTES_MAX + 1)
    if len(content) > GENESIS_BYTES_MAX:
        raise click.ClickException(f"{url} sends more than {GENESIS_BYTES_MAX} bytes")
    return content


@node.command()
@session.node_home_option
@click.option(
    "--engine",
    type=click.Choice(["embedded", "cometbft"]),
    help="Who decides blocks, for this run; otherwise engine.kind of the settings says it.",
)
def start(home: Path | None, engine: str | None) -> None:
    """Run in the foreground until Ctrl-C or SIGTERM."""
    from supercloud.node.config import ENVIRONMENT_PREFIX
    from supercloud.node.home import Home
    from supercloud.node.server import run

    where = session.node_home(home)
    if not Home(where).genesis.exists():
        raise click.ClickException(
            f"{where} has no genesis; make one with `supercloud node init --home {where}`"
        )
    if engine:
        # As a setting of the environment, which the processes that a node starts read as well.
        os.environ[f"{ENVIRONMENT_PREFIX}ENGINE_KIND"] = engine
    sys.exit(run(where))


def _with_own_rpc(settings: session.Settings) -> session.Settings:
    """Where nobody names a node, the one of this folder, or of `node` in it, is asked at the address in its settings."""
    from supercloud.node.config import load
    from supercloud.node.home import Home

    if settings.node or os.environ.get("SUPERCLOUD_NODE") or settings.local():
        return settings
    for folder in (settings.home, settings.home / "node"):
        path = Home(folder).config
        if path.exists() and (listen := load(path, os.environ).rpc.listen):
            host, _, port = listen.rpartition(":")
            here = "127.0.0.1" if host in ("", "0.0.0.0", "[::]") else host
            return settings._replace(node=f"http://{here}:{port}")
    return settings


@node.command()
@json_option
@session.network_options
@command
async def status(settings: session.Settings, as_json: bool) -> None:
    """Show what a node says of itself: the one at --node, else the one whose folder --home is."""
    async with session.connected(_with_own_rpc(settings)) as client:
        document = await client.rpc.call("status")
    if as_json:
        print_json(document)
        return
    info, sync = document["node_info"], document["sync_info"]
    behind = ", not level with the others yet" if sync["catching_up"] else ""
    console().print(
        f"{info['moniker']} on {info['network']}: height {sync['latest_block_height']} at {sync['latest_block_time']}, "
        f"hash {sync['latest_block_hash']}{behind}",
        soft_wrap=True,
    )


@node.command()
@session.node_home_option
@json_option
def verify(home: Path | None, as_json: bool) -> None:
    """Read everything the node has on disk: is it what was written? The node must be stopped."""
    from supercloud.node.storage.damage import StorageDamaged
    from supercloud.node.storage.environment import HomeInUse
    from supercloud.node.verify import VerifyError
    from supercloud.node.verify import verify as verify_home

    where = session.node_home(home)
    try:
        found = verify_home(where)
    except (StorageDamaged, VerifyError, HomeInUse) as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        print_json({"home": str(where), **found._asdict()})
    else:
        blocks = f"blocks {found.first_block} to {found.last_block}" if found.last_block else "no blocks"
        console().print(
            f"{where} is whole: state of height {found.height}, {blocks}, {found.records:,} records",
            soft_wrap=True,
        )


@node.command()
@session.node_home_option
@json_option
def reset(home: Path | None, as_json: bool) -> None:
    """Throw a damaged copy of the chain away; the next start gets it again from the peers. The node must be stopped."""
    from supercloud.node.reset import ResetError
    from supercloud.node.reset import reset as reset_home
    from supercloud.node.storage.environment import HomeInUse

    where = session.node_home(home)
    try:
        removed = reset_home(where)
    except (ResetError, HomeInUse, ValueError) as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        print_json({"home": str(where), "removed": [str(path) for path in removed]})
    else:
        console().print(
            f"Removed {len(removed)} parts of {where}; keys, settings and the signing record are kept. "
            f"Go on: supercloud node start --home {where}",
            soft_wrap=True,
        )


@node.command()
@session.node_home_option
@click.option("--height", default=0, help="Export the state of this height [the last].")
def export(home: Path | None, height: int) -> None:
    """Print a genesis document that starts a network with this node's state. The node must be stopped."""
    from supercloud.node.home import Home
    from supercloud.node.server import export_genesis

    where = session.node_home(home)
    if not Home(where).genesis.exists():
        raise click.ClickException(f"{where} is no node's folder; --home names one")
    try:
        print_json(export_genesis(where, height))
    except Exception as error:
        raise_as_click(error)
