"""`supercloud provider init|start|status`."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from pathlib import Path

import click

from supercloud.cli import logs as logging_setup
from supercloud.cli import session
from supercloud.cli.output import (
    command,
    console,
    json_option,
    long_command,
    print_json,
    raise_as_click,
    table,
)
from supercloud.pb.cosmos.base.node.v1beta1 import query_pb2 as node_query
from supercloud.provider import config as provider_config
from supercloud.sdk.client import Client
from supercloud.sdk.errors import SdkError, TemporaryError
from supercloud.sdk.gateway import Gateway, Trust
from supercloud.sdk.keyring import Backend, Keyring
from supercloud.types.address import Bech32

CONFIG = "provider.toml"
LOOPBACK, EVERY_ADDRESS = "127.0.0.1", "0.0.0.0"
ASK_S = 3.0


@click.group()
def provider() -> None:
    """Run a provider on this machine."""


_home_option = click.option(
    "--home",
    type=click.Path(path_type=Path),
    default=None,
    help="Folder of the provider [~/.supercloud/provider].",
)


def _home(home: Path | None) -> Path:
    return (home or session.default_home() / "provider").absolute()


def _settings(where: Path) -> provider_config.Config:
    if not (where / CONFIG).exists():
        raise click.ClickException(
            f"{where / CONFIG} is not there; `supercloud provider init --host NAME --home {where}` makes it"
        )
    return provider_config.load(where / CONFIG)


@provider.command()
@_home_option
@click.option("--host", required=True, help="Name under which tenants reach this machine.")
@click.option("--node", default=session.DEFAULT_NODE, show_default=True, help="RPC of the network's node.")
@click.option("--prefix", help="First part of the network's addresses [what the node says, else akash].")
@click.option("--gas-price", help="Fee for one unit of gas [what the node asks for, else 0.0025uakt].")
@json_option
def init(
    home: Path | None, host: str, node: str, prefix: str | None, gas_price: str | None, as_json: bool
) -> None:
    """Write provider.toml and make a key; both are then yours to edit and to fund."""
    where = _home(home)
    path = where / CONFIG
    if path.exists():
        raise click.ClickException(f"{path} exists already; edit it, or choose another --home")
    usual = provider_config.Config()
    asked = asyncio.run(_names_of(node))
    gas_price = gas_price or asked.get("gas_price", usual.gas_price)
    listen = LOOPBACK if _is_this_machine(host) else EVERY_ADDRESS
    settings = provider_config.Config(
        host=host,
        gateway_listen=listen,
        ingress_listen=listen,
        ports_listen=listen,
        node=node,
        bech32_prefix=prefix or asked.get("prefix", usual.bech32_prefix),
        gas_price=gas_price,
        # What the network's own coin is worth is its owner's to set; until then it counts like the others.
        dollars_per={**usual.dollars_per, gas_price.lstrip("0123456789."): "1"},
        ingress_domain=f"ingress.{host}",
        keyring_backend="file",
    )
    where.mkdir(parents=True, exist_ok=True)
    backend = Backend(settings.keyring_backend)
    keyring = Keyring(where / "keyring", backend, session.ask_passphrase, session.ask_new_passphrase)
    try:
        key = keyring.create(settings.key)
    except Exception as error:
        raise_as_click(error)
        raise
    path.write_text(provider_config.dump(settings))
    address = Bech32(settings.bech32_prefix).text(key.address)
    if as_json:
        print_json({"home": str(where), "config": str(path), "address": address, "mnemonic": key.mnemonic})
        return
    out = console()
    out.print(f"Wrote {path}. Fund this account, then `supercloud provider start --home {where}`:")
    out.print(address)
    if listen == EVERY_ADDRESS:
        out.print(
            f"It will listen on every address of this machine: {host} and *.{settings.ingress_domain} have to lead here, "
            f"with the TCP ports {settings.gateway_port}, {settings.gateway_grpc_port}, {settings.ingress_port} and "
            f"{settings.ports_first} to {settings.ports_last} open."
        )
    click.echo(f"The key's words, shown this once:\n{key.mnemonic}", err=True)


def _is_this_machine(host: str) -> bool:
    """Whether a name never leads anywhere else (RFC 6761)."""
    return host == "localhost" or host.endswith(".localhost") or host.startswith("127.")


async def _names_of(node: str) -> dict[str, str]:
    """What a network calls its addresses and asks for gas; nothing when its node does not answer now."""
    try:
        async with await Client.connect(node, "", timeout_s=ASK_S) as client:
            found = await client.query(
                "/cosmos.base.node.v1beta1.Service/Config",
                node_query.ConfigRequest(),
                node_query.ConfigResponse,
            )
            return {
                "prefix": client.bech32.prefix,
                "gas_price": found.minimum_gas_price.split(",")[0] or "0uakt",
            }
    except SdkError:
        return {}


@provider.command()
@_home_option
@long_command
async def start(home: Path | None) -> None:
    """Serve until Ctrl-C or SIGTERM."""
    from supercloud.provider.service import Provider

    where = _home(home)
    settings = _settings(where)
    logging_setup.configure()
    keyring = Keyring(where / "keyring", Backend(settings.keyring_backend), session.ask_passphrase)
    agent = Provider(where, settings, keyring.key(settings.key).private)
    serving = asyncio.ensure_future(agent.run())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, serving.cancel)
    watching = asyncio.ensure_future(_end_with_parent(serving))
    try:
        with contextlib.suppress(asyncio.CancelledError):
            await serving
    finally:
        watching.cancel()


async def _end_with_parent(serving: asyncio.Future[None]) -> None:
    """When `supercloud up` started us and was killed, nobody is left to stop us: stop by ourselves."""
    parent = int(os.environ.get("SUPERCLOUD_PARENT", "0"))
    while parent:
        await asyncio.sleep(1.0)
        if os.getppid() != parent:
            serving.cancel()
            return


def _quantity(resource: str, amount: int) -> str:
    """Cores, GiB or pieces."""
    match resource:
        case "cpu":
            return f"{amount / 1000:g} cores"
        case "gpu":
            return str(amount)
    return f"{amount / 2**30:.1f} GiB"


@provider.command()
@_home_option
@json_option
@command
async def status(home: Path | None, as_json: bool) -> None:
    """Show what the provider has, has promised and runs."""
    where = _home(home)
    settings = _settings(where)
    here = LOOPBACK if settings.gateway_listen == EVERY_ADDRESS else settings.gateway_listen
    url = f"https://{here}:{settings.gateway_port}"
    try:
        async with Gateway(url, Trust.anyone(), None, "") as gateway:
            found = await gateway.status()
    except TemporaryError as error:
        raise TemporaryError(
            f"{error}; is it running? `supercloud provider start --home {where}` starts it"
        ) from error
    if as_json:
        print_json(found)
        return
    rows = []
    for node in found["cluster"]["inventory"]["available"]["nodes"]:
        names = ("cpu", "memory", "gpu", "storage_ephemeral")
        free, whole = node["available"], node["allocatable"]
        rows += [
            (node["name"], name, _quantity(name, free[name]), _quantity(name, whole[name])) for name in names
        ]
    out = console()
    out.print(
        f"{found['address']}: {found['cluster']['leases']} lease(s), {found['bidengine']['orders']} order(s) in work"
    )
    out.print(table(("machine", "resource", "free>", "of>"), rows))
