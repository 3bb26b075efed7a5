"""`supercloud network new|up`: a network of several validators, made and run in one command each.

NAME's folder holds what node/network.py writes, and `keyring/` with the accounts: the validators' operators, and with
the backend `test` also `tenant`, `provider` and `auditor` with coins for trying things out.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click
import orjson

from supercloud.children import end, ends_with_parent, wait_ended
from supercloud.cli import session
from supercloud.cli.output import console, json_option, long_command, print_json, raise_as_click
from supercloud.node import network as networks
from supercloud.node.engine.cometbft.engine import find_program
from supercloud.node.genesis import OTHER_DENOMS, wrong_names
from supercloud.sdk.errors import SdkError
from supercloud.sdk.keyring import Backend, Keyring
from supercloud.sdk.rpc import RpcClient
from supercloud.types.address import Bech32
from supercloud.types.coin import Coin

PLAYERS: Final = ("tenant", "provider", "auditor")
PLAY_MONEY: Final = 1_000_000_000_000
READY_S: Final = 120.0
STOP_S: Final = 20.0
ASK_EVERY_S: Final = 0.2
LOG_TAIL_LINES: Final = 5


@click.group()
def network() -> None:
    """Make and run networks of several validators."""


@dataclass(frozen=True)
class Wanted:
    """Options of `network new` that concern accounts, not the ledger's rules."""

    home: Path
    validators: int
    keyring_backend: str
    fund: tuple[str, ...]
    genesis_override: Path | None
    as_json: bool


Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def _option(name: str, default: Any, help: str, **more: Any) -> Decorator:
    return click.option(name, default=default, show_default=default != "", help=help, **more)


@network.command()
@click.argument("name")
@click.option("--home", type=click.Path(path_type=Path), required=True, help="Folder to make.")
@_option("--validators", 4, "Nodes that decide from the first block on.", type=click.IntRange(1, 100))
@_option("--port-base", 27000, "First port; each node takes five.", type=click.IntRange(1024, 65000))
@_option("--hosts", "", "Addresses of the nodes' machines, separated by commas. Empty: all on this one.")
@_option("--block-time", 1.0, "Seconds between blocks.", type=click.FloatRange(0.05, 3600))
@_option("--prefix", "akash", "First part of every address.")
@_option("--denom", "uakt", "Native coin: fees, stake, deposits.")
@_option("--inflation", 0, "New coins a year for those who stake, at most, in percent. 0 fixes the supply.")
@_option("--take", 10, "What the network keeps of providers' earnings in foreign coins, in percent.")
@_option(
    "--seats", 100, "How many may validate at once: those with most stake.", type=click.IntRange(1, 1000)
)
@click.option("--closed", is_flag=True, help="Nobody else may validate until a vote admits them.")
@_option(
    "--keyring-backend",
    "test",
    "test: plain files, play money. file: sealed.",
    type=click.Choice(["test", "file"]),
)
@click.option("--fund", multiple=True, metavar="ADDRESS=COINS", help="Coins that exist from the start.")
@click.option(
    "--genesis-override",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="JSON merge patch (RFC 7396) onto the genesis document.",
)
@json_option
def new(name: str, hosts: str, **given: Any) -> None:
    """Make the network NAME: genesis, a home for each validator, keys, systemd units and a compose file."""
    taken = {key: given.pop(key) for key in Wanted.__dataclass_fields__}
    wanted = Wanted(**taken | {"home": taken["home"].absolute()})
    try:
        made = _make(name, [host.strip() for host in hosts.split(",") if host.strip()], wanted, given)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    except Exception as error:
        raise_as_click(error)
        raise
    if wanted.as_json:
        print_json(made)
    else:
        _tell(made, wanted)


def _make(name: str, hosts: Sequence[str], wanted: Wanted, rules: Mapping[str, Any]) -> dict[str, Any]:
    where = wanted.home
    if (where / networks.SUMMARY).exists():
        raise click.ClickException(
            f"{where} has a network already; `supercloud network up --home {where}` runs it"
        )
    bech32 = Bech32("akash" if wrong_names(rules["prefix"], rules["denom"]) else rules["prefix"])
    funds = session.funds_of(wanted.fund, bech32)
    patch = orjson.loads(wanted.genesis_override.read_bytes()) if wanted.genesis_override else None
    keyring = Keyring(where / "keyring", Backend(wanted.keyring_backend), session.ask_passphrase)
    plan = networks.Plan(
        name=name,
        operators=[bytes(20)] * wanted.validators,
        hosts=hosts,
        port_base=rules["port_base"],
        block_interval_s=rules["block_time"],
        bech32_prefix=rules["prefix"],
        denom=rules["denom"],
        inflation_percent=rules["inflation"],
        take_percent=rules["take"],
        seats=rules["seats"],
        closed=rules["closed"],
        funds=funds,
        patch=patch,
    )
    # Before any key is made: what is refused leaves nothing behind.
    plan.check()
    where.mkdir(parents=True, exist_ok=True)
    operators = [keyring.create(f"validator{number}") for number in range(wanted.validators)]
    if keyring.backend is Backend.TEST:
        for player in PLAYERS:
            purse = [Coin(denom, PLAY_MONEY) for denom in (plan.denom, *OTHER_DENOMS)]
            funds.setdefault(keyring.create(player).address, []).extend(purse)
    plan = networks.with_operators(plan, [key.address for key in operators])
    networks.create(plan, where)
    networks.add_to_summary(where, keyring_backend=wanted.keyring_backend)
    made = networks.read_summary(where)
    return made | {
        "home": str(where),
        "next": _next(made, where),
        "genesis": str(where / "genesis.json"),
        "keyring": str(where / "keyring"),
        "services": sorted(str(path) for path in (where / "service").iterdir()),
        "accounts": _accounts(where, bech32),
    }


def _accounts(where: Path, bech32: Bech32) -> list[dict[str, str]]:
    """Names and addresses; the words too where they lie in the open anyhow."""
    backend = Backend(networks.read_summary(where)["keyring_backend"])
    keyring = Keyring(where / "keyring", backend)
    found = []
    for name in keyring.names():
        account = {"name": name, "address": bech32.text(keyring.address(name))}
        if backend is Backend.TEST:
            account["mnemonic"] = keyring.key(name).mnemonic or ""
        found.append(account)
    return found


def _tell(made: dict[str, Any], wanted: Wanted) -> None:
    say = functools.partial(console().print, soft_wrap=True)
    home = wanted.home
    say(f"Network [bold]{made['chain_id']}[/]: {len(made['nodes'])} validators in {home}")
    for node in made["nodes"]:
        say(f"  {node['name']:7} rpc {node['rpc']:21} p2p {node['p2p']:21} id {node['node_id']}")
    for account in made["accounts"]:
        say(f"  key {account['name']:12} {account['address']}")
    say(
        f"Genesis {made['genesis']}; keys in {made['keyring']} ({wanted.keyring_backend}); units in {home}/service"
    )
    for purpose, command_line in made["next"].items():
        say(f"{purpose:6} {command_line}")


def _next(made: dict[str, Any], where: Path) -> dict[str, str]:
    """The commands that people need now, by what for."""
    first = made["nodes"][0]
    run = f"supercloud network up --home {where}"
    if not made["local"]:
        # Each on its machine, once its folder is there.
        run = "supercloud node start --home NODE"
    peer = f"{first['node_id']}@{first['p2p']}"
    seconds = made["block_interval_s"]
    pace = f" --block-time {seconds:g}" if seconds != 1 else ""
    return {
        "run": run,
        "offer": f"supercloud provider init --host NAME --node http://{first['rpc']}",
        "use": f"supercloud deploy FILE --home {where}",
        "join": f"supercloud node join --genesis {where / 'genesis.json'} --peers {peer}{pace} --home NODE",
    }


# --- Running


@network.command()
@click.option("--home", type=click.Path(path_type=Path), required=True, help="Folder of the network.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON line when all nodes make blocks.")
@click.option("--restart", is_flag=True, help="Start nodes again that end by themselves.")
@long_command
async def up(home: Path, as_json: bool, restart: bool) -> None:
    """Run all nodes of the network on this machine until Ctrl-C or SIGTERM."""
    where, summary = _known(home)
    if not summary["local"]:
        raise click.ClickException(
            "this network's nodes are on several machines; run `supercloud node start` on each"
        )
    # Said here once, rather than by every node in its log.
    find_program()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with _Running(where, summary, restart).entered() as running:
        ready = asyncio.ensure_future(running.wait_producing())
        stopped = asyncio.ensure_future(stop.wait())
        await asyncio.wait({ready, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if stop.is_set():
            ready.cancel()
            return
        ready.result()
        document = running.announcement()
        if as_json:
            print_json(document)
        else:
            out = console(stderr=True)
            for node in document["nodes"]:
                out.print(f"  {node['name']:7} {node['rpc']}")
            out.print(
                f"Try: supercloud deploy examples/hello/deploy.yaml --home {where}    Ctrl-C stops everything."
            )
        gone = asyncio.ensure_future(running.wait_all_gone())
        await asyncio.wait({gone, stopped}, return_when=asyncio.FIRST_COMPLETED)
        gone.cancel()
        if not stop.is_set():
            raise click.ClickException(f"all nodes have ended; {where / 'logs'} says why")


def _known(home: Path) -> tuple[Path, dict[str, Any]]:
    where = home.absolute()
    return where, networks.read_summary(where)


class _Running:
    """The nodes as child processes."""

    def __init__(self, where: Path, summary: dict[str, Any], restart: bool) -> None:
        self._where = where
        self._summary = summary
        self._restart = restart
        self._children: dict[str, asyncio.subprocess.Process] = {}
        self._keepers: list[asyncio.Task[None]] = []
        self._begun: dict[str, int] = {}
        """Where the log of each begins that was started last."""

    @contextlib.asynccontextmanager
    async def entered(self) -> AsyncIterator[_Running]:
        """Started; stopped on leaving, all at once."""
        (self._where / "logs").mkdir(exist_ok=True)
        try:
            for node in self._summary["nodes"]:
                self._children[node["name"]] = await self._start(node["name"])
                self._keepers.append(asyncio.create_task(self._keep(node["name"])))
            yield self
        finally:
            for keeper in self._keepers:
                keeper.cancel()
            await asyncio.gather(*self._keepers, return_exceptions=True)
            await asyncio.gather(*(end(child, STOP_S) for child in self._children.values()))

    async def _start(self, name: str) -> asyncio.subprocess.Process:
        with self._log(name).open("ab") as log:
            self._begun[name] = log.tell()
            return await asyncio.create_subprocess_exec(
                *ends_with_parent(),
                sys.executable,
                *("-m", "supercloud", "node", "start", "--home", str(self._where / name)),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C reaches this process alone, which then ends the nodes.
                start_new_session=True,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )

    async def _keep(self, name: str) -> None:
        while True:
            status = await wait_ended(self._children[name], self._log(name))
            click.echo(f"{name} ended with status {status}; {self._log(name)} says why", err=True)
            if not self._restart:
                return
            await asyncio.sleep(1.0)
            self._children[name] = await self._start(name)

    async def wait_producing(self) -> None:
        """Until every node has taken part in a block since it was started."""
        asking = asyncio.create_task(self._ask_all())
        try:
            waited = {asking, *([] if self._restart else self._keepers)}
            await asyncio.wait(waited, timeout=READY_S, return_when=asyncio.FIRST_COMPLETED)
            if asking.done():
                return asking.result()
        finally:
            asking.cancel()
        for name, child in self._children.items():
            if child.returncode is not None and not self._restart:
                log = self._log(name).read_bytes()
                said = why((log[self._begun[name] :] or log).decode(errors="replace"))
                raise click.ClickException(f"{name} ended before it made a block:\n{said}")
        raise click.ClickException(f"no blocks after {READY_S:g} s; {self._where / 'logs'} says why")

    async def _ask_all(self) -> None:
        await asyncio.gather(*(_wait_block(f"http://{node['rpc']}") for node in self._summary["nodes"]))

    async def wait_all_gone(self) -> None:
        """Until no node is left."""
        await asyncio.gather(*self._keepers)

    def announcement(self) -> dict[str, Any]:
        """What `up --json` prints."""
        nodes = self._summary["nodes"]
        return {
            "chain_id": self._summary["chain_id"],
            "rpc": [f"http://{node['rpc']}" for node in nodes],
            "rest": [f"http://{node['rest']}" for node in nodes],
            "grpc": [node["grpc"] for node in nodes],
            "metrics": [f"http://{node['metrics']}/metrics" for node in nodes],
            "denom": self._summary["denom"],
            "bech32_prefix": self._summary["bech32_prefix"],
            "gas_price": self._summary["gas_price"],
            "accounts": _accounts(self._where, Bech32(self._summary["bech32_prefix"])),
            "nodes": [
                {
                    "name": node["name"],
                    "home": str(self._where / node["name"]),
                    "pid": self._children[node["name"]].pid,
                    "node_id": node["node_id"],
                    "rpc": f"http://{node['rpc']}",
                    "p2p": node["p2p"],
                    "operator": node["operator"],
                }
                for node in nodes
            ],
        }

    def _log(self, name: str) -> Path:
        return self._where / "logs" / f"{name}.log"


def why(log: str) -> str:
    """What a node says of its end: what it calls critical, in words; otherwise its last lines as they are."""
    lines = log.splitlines()
    return "\n".join([text for line in lines if (text := _critical(line))] or lines[-LOG_TAIL_LINES:])


def _critical(line: str) -> str:
    with contextlib.suppress(orjson.JSONDecodeError):
        found = orjson.loads(line)
        if isinstance(found, dict) and found.get("level") == "critical":
            return str(found.get("text"))
    return ""


async def _wait_block(url: str) -> None:
    first: int | None = None
    async with RpcClient(url, timeout_s=5.0) as rpc:
        while True:
            with contextlib.suppress(SdkError):
                sync = (await rpc.call("status"))["sync_info"]
                height = int(sync["latest_block_height"])
                first = height if first is None else first
                if height > first and not sync["catching_up"]:
                    return
            await asyncio.sleep(ASK_EVERY_S)
