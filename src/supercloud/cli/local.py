"""The home of a local supercloud: made at the first start, resumed later.

local.json      what commands look for: chain id, addresses of the interfaces, keys
node/           the ledger's node
provider/       the provider's settings, key, state
keyring/        tenant, provider, auditor and oracle keys (backend test: plain files, for play money)
logs/
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import click
import orjson

from supercloud.node.config import Config, apply_environment
from supercloud.node.home import Home, init_home
from supercloud.node.server import Node, NodeFailed
from supercloud.provider import config as provider_config
from supercloud.sdk.keyring import Backend, Key, Keyring
from supercloud.types.address import Bech32
from supercloud.types.coin import Coin, parse_coins

CHAIN_ID: Final = "supercloud-local"
BLOCK_TIME_S: Final = 1.0
PORTS: Final = 8
FUNDS: Final = {"uakt": 1_000_000_000_000, "uact": 1_000_000_000_000, "uusdc": 1_000_000_000_000}
KEYS: Final = ("tenant", "provider", "auditor", "oracle")
PREFIX: Final = "akash"
FORWARDED_PORTS: Final = 500
GAS_PRICE: Final = "0.0025uakt"


class Ports(NamedTuple):
    """Ports of the interfaces, upwards from one."""

    rpc: int
    grpc: int
    rest: int
    gateway: int
    gateway_grpc: int
    ingress: int

    @classmethod
    def of(cls, base: int) -> Ports:
        """From the first one."""
        return cls(*range(base, base + 6))


class Local(NamedTuple):
    """A home that is ready to start."""

    home: Path
    chain_id: str
    block_time_s: float
    ports: Ports
    accounts: list[dict[str, str]]

    @property
    def rpc(self) -> str:
        """URL of the CometBFT RPC."""
        return f"http://127.0.0.1:{self.ports.rpc}"

    @property
    def node_home(self) -> Path:
        """The node's folder."""
        return self.home / "node"

    @property
    def provider_home(self) -> Path:
        """The provider's folder."""
        return self.home / "provider"

    @property
    def logs(self) -> Path:
        """Where logs go."""
        return self.home / "logs"

    def announcement(self, with_provider: bool) -> dict[str, Any]:
        """What `up --json` prints: absent parts are null."""
        ports = self.ports
        return {
            "chain_id": self.chain_id,
            "rpc": self.rpc,
            "rest": f"http://127.0.0.1:{ports.rest}",
            "grpc": f"127.0.0.1:{ports.grpc}",
            "gateway": f"https://localhost:{ports.gateway}" if with_provider else None,
            "gateway_grpc": f"localhost:{ports.gateway_grpc}" if with_provider else None,
            "console": None,
            "denom": "uakt",
            "accounts": self.accounts,
        }

    def publish(self, document: dict[str, Any]) -> None:
        """Write local.json, by which other commands find this supercloud."""
        kept = {name: value for name, value in document.items() if name != "accounts"}
        stored = {**kept, "block_time_s": self.block_time_s, "port_base": self.ports.rpc}
        temporary = self.home / f".local.json.{os.getpid()}"
        temporary.write_bytes(orjson.dumps(stored, option=orjson.OPT_INDENT_2))
        temporary.replace(self.home / "local.json")


def known_port_base(home: Path) -> int | None:
    """The first port that a home used before."""
    base = _stored(home).get("port_base")
    return int(base) if base is not None else None


def _stored(home: Path) -> dict[str, Any]:
    try:
        document: dict[str, Any] = orjson.loads((home / "local.json").read_bytes())
    except (FileNotFoundError, orjson.JSONDecodeError):
        return {}
    return document


def prepare(
    home: Path,
    *,
    chain_id: str | None,
    block_time_s: float | None,
    port_base: int,
    funds: tuple[str, ...],
    override: Path | None,
) -> Local:
    """Make the home if it is new; what concerns the first start alone is ignored later."""
    for folder in (home, home / "logs", home / "provider"):
        folder.mkdir(parents=True, exist_ok=True)
    keyring = Keyring(home / "keyring", Backend.TEST)
    keys = [keyring.key(name) if keyring.has(name) else keyring.create(name) for name in KEYS]
    bech32 = Bech32(PREFIX)
    stored = _stored(home)
    place = Local(
        home,
        stored.get("chain_id") or chain_id or CHAIN_ID,
        block_time_s or stored.get("block_time_s") or BLOCK_TIME_S,
        Ports.of(port_base),
        [
            {"name": key.name, "address": bech32.text(key.address), "mnemonic": key.mnemonic or ""}
            for key in keys
        ],
    )
    if not Home(place.node_home).genesis.exists():
        _init_node(place, keys, funds, override)
    return place


def _init_node(place: Local, keys: list[Key], grants: tuple[str, ...], override: Path | None) -> None:
    bech32 = Bech32(PREFIX)
    coins = [Coin(denom, amount) for denom, amount in FUNDS.items()]
    funds: dict[bytes, list[Coin]] = {key.address: list(coins) for key in keys}
    for grant in grants:
        address, _, text = grant.partition("=")
        try:
            funds.setdefault(bech32.parse(address), []).extend(parse_coins(text))
        except ValueError as error:
            raise click.BadParameter(
                f"{grant!r}: {error}; expected ADDRESS=1000uakt,500uusdc", param_hint="--fund"
            ) from error
    patch = _patch(override)
    # A start that was interrupted left keys without a genesis: nothing was signed with them yet.
    shutil.rmtree(place.node_home, ignore_errors=True)
    try:
        init_home(
            place.node_home,
            place.chain_id,
            funds=funds,
            patch=patch,
            config=_node_settings(place),
            price_source=next(key.address for key in keys if key.name == "oracle"),
            operator=next(key.address for key in keys if key.name == "tenant"),
        )
    except (TypeError, KeyError, AttributeError) as error:
        if patch is None:
            raise
        # A patch may take away or replace what the coins of the first keys go into.
        raise click.BadParameter(
            f"{override} leaves no genesis that coins can be put into ({type(error).__name__}: {error}); change single "
            'values, such as {"app_state": {"bank": {"params": {...}}}}',
            param_hint="--genesis-override",
        ) from error


def _patch(override: Path | None) -> dict[str, Any] | None:
    if override is None:
        return None
    try:
        found = orjson.loads(override.read_bytes())
    except orjson.JSONDecodeError as error:
        raise click.BadParameter(
            f"{override} is not JSON: {error}", param_hint="--genesis-override"
        ) from error
    if not isinstance(found, dict):
        raise click.BadParameter(
            f"{override} is no JSON object; a merge patch is one (RFC 7396)", param_hint="--genesis-override"
        )
    return found


def write_provider(place: Local) -> None:
    """The provider's settings follow the ports; its key is the one in the shared keyring.

    Only whoever runs this home's node may do it: a second start that fails must not change what runs.
    """
    ports = place.ports
    path = place.provider_home / "provider.toml"
    base = provider_config.load(path) if path.exists() else provider_config.Config()
    first = 20000 + ports.rpc % 10000
    values = {
        **vars(base),
        "node": place.rpc,
        "key": "provider",
        "keyring_backend": "test",
        "host": "localhost",
        "gateway_port": ports.gateway,
        "gateway_grpc_port": ports.gateway_grpc,
        "ingress_port": ports.ingress,
        "ports_first": first,
        "ports_last": first + FORWARDED_PORTS - 1,
        "gas_price": GAS_PRICE,
    }
    path.write_text(provider_config.dump(provider_config.Config(**values)))
    own = Keyring(place.provider_home / "keyring", Backend.TEST)
    if not own.has("provider"):
        own.add_private("provider", Keyring(place.home / "keyring", Backend.TEST).key("provider").private)


@contextlib.asynccontextmanager
async def running_node(place: Local) -> AsyncIterator[asyncio.Task[None]]:
    """The node in this process, serving; yields the task that ends when it fails, and stops it on leaving."""
    node = Node(place.node_home, _node_settings(place))
    await node.start()
    ended = asyncio.ensure_future(_wait(node))
    try:
        yield ended
    finally:
        ended.cancel()
        with contextlib.suppress(asyncio.CancelledError, NodeFailed):
            await ended
        await node.stop()


async def _wait(node: Node) -> None:
    await node.wait()


def _node_settings(place: Local) -> Config:
    """The node's usual settings, the environment's over them, and over all what this command promises."""
    config, ports = Config(), place.ports
    apply_environment(config, os.environ)
    config.node.moniker = "local"
    config.engine.kind, config.engine.block_interval_s = "embedded", place.block_time_s
    for door, port in ((config.rpc, ports.rpc), (config.grpc, ports.grpc), (config.rest, ports.rest)):
        door.listen = f"127.0.0.1:{port}"
    return config
