"""Which network, which keys: what most commands need, found from options, environment and a running local supercloud.

A local supercloud writes `local.json` into its home; commands that are given nothing else use it and its `tenant` key.
"""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import click
import orjson

from supercloud.cli.output import amount_text
from supercloud.pb.cosmos.base.node.v1beta1 import query_pb2 as node_query
from supercloud.sdk import market
from supercloud.sdk.client import Client
from supercloud.sdk.errors import PermanentError, QueryError, TemporaryError, WouldFail
from supercloud.sdk.keyring import Backend, Key, Keyring
from supercloud.sdk.sightings import Sightings
from supercloud.sdk.tx import TxSender
from supercloud.types.address import Bech32
from supercloud.types.coin import Coin, parse_coins

DEFAULT_NODE = "http://127.0.0.1:26657"
GAS_PRICE = "0.0025"
"""In a network's own coin: what a fee is made of where nobody says otherwise. A node may name the coin, not the number."""
DEFAULT_GAS_PRICE = f"{GAS_PRICE}uakt"
CONNECT_S = 5.0


def default_home() -> Path:
    """`$SUPERCLOUD_HOME`, else `~/.supercloud`."""
    return Path(os.environ.get("SUPERCLOUD_HOME") or Path.home() / ".supercloud")


def node_home(given: Path | None) -> Path:
    """The folder of a node: the one that was given, or the usual one."""
    return (given or default_home() / "node").absolute()


node_home_option = click.option(
    "--home", type=click.Path(path_type=Path), default=None, help="Folder of the node [~/.supercloud/node]."
)


class Settings(NamedTuple):
    """Options every network command shares."""

    home: Path
    node: str | None
    key: str | None
    backend: str | None
    gas_price: str
    """As it was given or as the network of this home has it; empty: the node tells the coin."""

    def local(self) -> dict[str, Any]:
        """What the local supercloud or network of this home wrote about itself; empty when there is none."""
        return _document(self.home / "local.json") or self._network()

    def _network(self) -> dict[str, Any]:
        """The network that `supercloud network new` made in this home, as if it were a local supercloud."""
        document = _document(self.home / "network.json")
        return document and {**document, "rpc": f"http://{document['nodes'][0]['rpc']}"}

    @property
    def rpc(self) -> str:
        """URL of the node to speak to."""
        return self.node or os.environ.get("SUPERCLOUD_NODE") or self.local().get("rpc") or DEFAULT_NODE

    def keyring(self) -> Keyring:
        """Keys of this home."""
        local = self.local()
        usual = local.get("keyring_backend", "test") if local else "file"
        backend = self.backend or os.environ.get("SUPERCLOUD_KEYRING") or usual
        if backend not in list(Backend):
            raise click.ClickException(
                f"no keyring backend {backend!r} (SUPERCLOUD_KEYRING): choose {', '.join(Backend)}"
            )
        return Keyring(self.home / "keyring", Backend(backend), ask_passphrase, ask_new_passphrase)

    def key_name(self) -> str:
        """Name of the key to sign with: `--from`, else the only key, else the local tenant's."""
        name = self.key or os.environ.get("SUPERCLOUD_FROM")
        if name is not None:
            return name
        names = self.keyring().names()
        if "tenant" in names:
            return "tenant"
        if len(names) != 1:
            raise click.ClickException(
                f"which key? {self.home}/keyring has {', '.join(names) or 'none'}; "
                "name one with --from, or make one with `supercloud keys add NAME`"
            )
        return names[0]

    def signing_key(self) -> Key:
        """The key to sign with. Raises KeyringError."""
        return self.keyring().key(self.key_name())


def _document(path: Path) -> dict[str, Any]:
    try:
        document = orjson.loads(path.read_bytes())
    except (FileNotFoundError, orjson.JSONDecodeError):
        return {}
    return document if isinstance(document, dict) else {}


class Session(NamedTuple):
    """A connected client, a sender for one key, and what is known of providers in this home."""

    client: Client
    sender: TxSender
    key: Key
    sightings: Sightings

    @property
    def owner(self) -> str:
        """The signing account as text."""
        return self.sender.address_text


def network_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--home --node --from --keyring-backend --gas-price`; the command gets one `settings` argument."""

    def wrapped(
        home: Path | None,
        node: str | None,
        from_: str | None,
        keyring_backend: str | None,
        gas_price: str | None,
        **rest: Any,
    ) -> Any:
        settings = Settings(home or default_home(), node, from_, keyring_backend, gas_price or "")
        if not gas_price:
            settings = settings._replace(gas_price=settings.local().get("gas_price", ""))
        return function(settings=settings, **rest)

    wrapped.__name__, wrapped.__doc__ = function.__name__, function.__doc__
    wrapped.__click_params__ = list(getattr(function, "__click_params__", []))  # type: ignore[attr-defined]
    for option in (
        click.option(
            "--gas-price",
            default=None,
            help=f"Fee for one unit of gas [{GAS_PRICE} of the network's coin].",
        ),
        click.option(
            "--keyring-backend",
            type=click.Choice([backend.value for backend in Backend]),
            help="Where keys live.",
        ),
        click.option("--from", "from_", metavar="KEY", help="Name of the key to sign with."),
        click.option("--node", metavar="URL", help="RPC of the node to speak to."),
        click.option(
            "--home", type=click.Path(path_type=Path), help="Folder of keys and settings [~/.supercloud]."
        ),
    ):
        wrapped = option(wrapped)
    return wrapped


@asynccontextmanager
async def connected(settings: Settings) -> AsyncIterator[Client]:
    """A client of the chosen node. Raises SdkError."""
    try:
        client = await Client.connect(settings.rpc, "", timeout_s=CONNECT_S)
    except TemporaryError as error:
        raise TemporaryError(
            f"{error}\nIs it running? `supercloud up` starts a local one, --node URL names another"
        ) from error
    async with client:
        yield client


@asynccontextmanager
async def signing(settings: Settings) -> AsyncIterator[Session]:
    """A client and a sender for the chosen key."""
    key = settings.signing_key()
    async with connected(settings) as client:
        sender = TxSender(client, key.signer, settings.gas_price or await gas_price_of(client))
        yield Session(client, sender, key, Sightings(settings.home))


async def gas_price_of(client: Client) -> str:
    """The usual price, in the coin that the node asks for first."""
    try:
        found = await client.query(
            "/cosmos.base.node.v1beta1.Service/Config", node_query.ConfigRequest(), node_query.ConfigResponse
        )
    except QueryError:
        return DEFAULT_GAS_PRICE
    denom = found.minimum_gas_price.split(",")[0].lstrip("0123456789.")
    return f"{GAS_PRICE}{denom}" if denom else DEFAULT_GAS_PRICE


async def deployment_of(tenant: Session, dseq: int) -> Any:
    """A deployment of ours, as the ledger tells (QueryDeploymentResponse). Raises PermanentError when there is none."""
    try:
        return await market.deployment(tenant.client, tenant.owner, dseq)
    except QueryError as error:
        if not error.not_found:
            raise
        raise PermanentError(
            f"{tenant.owner} has no deployment {dseq} on {tenant.client.chain_id}; `supercloud ps --all` lists its own, "
            "--from KEY asks for another key's"
        ) from error


@asynccontextmanager
async def paying(tenant: Session, amount: Coin) -> AsyncIterator[None]:
    """Say how much there is when the network refuses a payment that the balance does not cover. Raises PermanentError."""
    try:
        yield
    except WouldFail as error:
        held = {coin.denom: coin.amount for coin in await tenant.client.balances(tenant.key.address)}
        there = held.get(amount.denom, 0)
        if there >= amount.amount:
            raise
        raise PermanentError(
            f"{error}\n{tenant.owner} holds {amount_text(there, amount.denom)}, and the deposit is "
            f"{amount_text(amount.amount, amount.denom)}; `supercloud balance` shows all it holds"
        ) from error


def address_of(settings: Settings, client: Client, text: str) -> bytes:
    """The account that a person names: by a key of theirs, or by address."""
    keyring = settings.keyring()
    if keyring.has(text):
        return keyring.address(text)
    try:
        return client.bech32.parse(text)
    except ValueError as error:
        known = ", ".join(keyring.names()) or "none"
        raise click.ClickException(
            f"{text!r} is neither a key of yours (there: {known}) nor an address: {error}"
        ) from error


def funds_of(grants: Iterable[str], bech32: Bech32) -> dict[bytes, list[Coin]]:
    """Coins by account of `ADDRESS=COINS` each. Raises ClickException."""
    funds: dict[bytes, list[Coin]] = {}
    for grant in grants:
        address, _, coins = grant.partition("=")
        try:
            if not coins:
                raise ValueError("it names no coins")
            funds.setdefault(bech32.parse(address), []).extend(parse_coins(coins))
        except ValueError as error:
            raise click.ClickException(f"--fund {grant!r}: expected ADDRESS=COINS: {error}") from error
    return funds


def ask_passphrase() -> str:
    """From `$SUPERCLOUD_PASSPHRASE`, the terminal, or the next line of stdin."""
    return ask_secret("Passphrase of the keyring", "SUPERCLOUD_PASSPHRASE")


def ask_new_passphrase() -> str:
    """The same for a keyring that has none yet: on a terminal it is typed twice."""
    return ask_secret("New passphrase of the keyring", "SUPERCLOUD_PASSPHRASE", twice=True)


def ask_secret(what: str, variable: str, twice: bool = False) -> str:
    """From the environment, the terminal (unseen), or the next line of stdin. Never from the command line."""
    given = os.environ.get(variable)
    if given:
        return given
    if sys.stdin.isatty():
        answer: str = click.prompt(what, hide_input=True, err=True, confirmation_prompt=twice)
        return answer
    line = sys.stdin.readline()
    if not line:
        raise click.ClickException(f"{what} is needed: give it in {variable} or as a line on stdin")
    return line.rstrip("\r\n")
