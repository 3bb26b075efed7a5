"""`supercloud up`: a whole supercloud on this machine, for trying things out and for building on.

One process tree: the node runs here, the provider in a child that is started again when it dies. A home is made at the
first start and resumed by every later one.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
import zlib
from itertools import chain
from pathlib import Path
from typing import Any, Final

import click

from supercloud.children import end, wait_ended
from supercloud.cli import local, session
from supercloud.cli import logs as logging_setup
from supercloud.cli.output import console, long_command, print_json
from supercloud.cli.providers import keep_asking
from supercloud.sdk import market
from supercloud.sdk.client import Client
from supercloud.sdk.errors import SdkError
from supercloud.sdk.sightings import Sightings

PROVIDER_READY_S = 60.0
RESTART_S = 1.0
STOP_S = 15.0
RESTART_S_MAX = 30.0
PORT_FIRST: Final = 26650
PORT_STEP: Final = 20
PORT_END: Final = 32000
"""Where to look for a range of ports: below those that Linux gives to whoever connects."""
PLACES: Final = 200


@click.command()
@click.option("--home", type=click.Path(path_type=Path), help="Folder of everything [~/.supercloud].")
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON line when ready; nothing else on stdout."
)
@click.option("--no-provider", is_flag=True, help="Only the ledger.")
@click.option(
    "--block-time", type=click.FloatRange(min=0.05), default=None, help="Seconds between blocks [1]."
)
@click.option(
    "--port-base", type=click.IntRange(1024, 65000), help="First of the ports to use [a free range]."
)
@click.option("--chain-id", default=None, help=f"Name of the network at the first start [{local.CHAIN_ID}].")
@click.option(
    "--fund", multiple=True, metavar="ADDRESS=COINS", help="Give an account coins at the first start."
)
@click.option(
    "--genesis-override",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="JSON merge patch (RFC 7396) onto the genesis document at the first start.",
)
@long_command
async def up(
    home: Path | None,
    as_json: bool,
    no_provider: bool,
    block_time: float | None,
    port_base: int | None,
    chain_id: str | None,
    fund: tuple[str, ...],
    genesis_override: Path | None,
) -> None:
    """Start a local supercloud: ledger, provider on this machine, funded keys. Runs until Ctrl-C or SIGTERM."""
    where = (home or session.default_home()).absolute()
    out = console(stderr=True)
    place = local.prepare(
        where,
        chain_id=chain_id,
        block_time_s=block_time,
        port_base=port_base if port_base is not None else _free_base(where),
        funds=fund,
        override=genesis_override,
    )
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    logging_setup.configure_file(place.logs / "node.log")
    async with local.running_node(place) as node:
        if not as_json:
            out.print(f"Ledger [bold]{place.chain_id}[/] at {place.rpc}")
        async with contextlib.AsyncExitStack() as stack:
            local.write_provider(place)
            if not no_provider:
                await stack.enter_async_context(_provider(place, out, as_json))
                await stack.enter_async_context(_asking(place))
            document = place.announcement(with_provider=not no_provider)
            place.publish(document)
            if as_json:
                print_json(document)
            else:
                _welcome(place, document, out)
            stopped = asyncio.ensure_future(stop.wait())
            await asyncio.wait({stopped, node}, return_when=asyncio.FIRST_COMPLETED)
            stopped.cancel()
            if node.done():
                node.result()


def _welcome(place: local.Local, document: dict[str, Any], out: Any) -> None:
    for name in ("rpc", "rest", "grpc", "gateway"):
        if document[name]:
            out.print(f"  {name:8} {document[name]}")
    for account in document["accounts"]:
        out.print(f"  key {account['name']:9} {account['address']}")
    home = "" if place.home == session.default_home() else f" --home {place.home}"
    out.print(f"Try: supercloud deploy examples/hello/deploy.yaml{home}    Ctrl-C stops everything.")


@contextlib.asynccontextmanager
async def _provider(place: local.Local, out: Any, quiet: bool) -> Any:
    """The provider as a child process that is kept alive; entered once it serves."""
    ready = asyncio.Event()
    keeper = asyncio.create_task(_keep_alive(place, ready, out))
    try:
        waiting = asyncio.create_task(_wait_registered(place))
        done, _ = await asyncio.wait(
            {keeper, waiting}, timeout=PROVIDER_READY_S, return_when=asyncio.FIRST_COMPLETED
        )
        if waiting not in done:
            waiting.cancel()
            raise click.ClickException(
                f"the provider is not ready; {place.logs / 'provider.log'} says why. `--no-provider` starts without it"
            )
        waiting.result()
        yield
    finally:
        keeper.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await keeper


@contextlib.asynccontextmanager
async def _asking(place: local.Local) -> Any:
    """Meanwhile providers are asked now and then: offers show how often they answered."""
    asking = asyncio.create_task(keep_asking(place.rpc, Sightings(place.home)))
    try:
        yield
    finally:
        asking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asking


async def _keep_alive(place: local.Local, ready: asyncio.Event, out: Any) -> None:
    pause = RESTART_S
    printed = place.logs / "provider.log"
    while True:
        with printed.open("ab") as log:
            child = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "supercloud",
                "provider",
                "start",
                "--home",
                str(place.provider_home),
                stdout=log,
                stderr=log,
                stdin=asyncio.subprocess.DEVNULL,
                env={**os.environ, "SUPERCLOUD_PARENT": str(os.getpid())},
            )
        begun = asyncio.get_running_loop().time()
        try:
            await wait_ended(child, printed)
        except asyncio.CancelledError:
            await end(child, STOP_S)
            raise
        if asyncio.get_running_loop().time() - begun > RESTART_S_MAX:
            pause = RESTART_S
        out.print(
            f"[yellow]the provider ended (code {child.returncode}); starting it again in {pause:g} s[/]"
        )
        await asyncio.sleep(pause)
        pause = min(pause * 2, RESTART_S_MAX)


async def _wait_registered(place: local.Local) -> None:
    """Until the gateway takes connections and the ledger knows the provider."""
    provider = next(account["address"] for account in place.accounts if account["name"] == "provider")
    while True:
        with contextlib.suppress(OSError, SdkError):
            _, writer = await asyncio.open_connection("127.0.0.1", place.ports.gateway)
            writer.close()
            async with await Client.connect(place.rpc) as client:
                await market.provider_record(client, provider)
                return
        await asyncio.sleep(0.1)


def _free_base(home: Path) -> int:
    """The ports this home had, else a range in which all are free now.

    Homes other than the usual one begin to look at a place of their own: two that start at once do not meet.
    """
    known = local.known_port_base(home)
    if known is not None:
        return known
    away = 0 if home == session.default_home().absolute() else zlib.crc32(str(home).encode()) % PLACES
    first = PORT_FIRST + away * PORT_STEP
    for base in chain(range(first, PORT_END, PORT_STEP), range(PORT_FIRST, first, PORT_STEP)):
        if all(_is_free(base + offset) for offset in range(local.PORTS)):
            return base
    raise click.ClickException("no free range of ports on loopback")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
