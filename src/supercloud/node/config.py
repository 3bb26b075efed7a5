"""A node's settings: defaults here, a TOML file over them, environment variables over both.

    [rpc]
    listen = "127.0.0.1:26657"          or   SUPERCLOUD_RPC_LISTEN=127.0.0.1:26657

Lists in the environment are separated by commas. Unknown names and values of the wrong kind are refused, so
that a misspelt setting is never silently without effect. Nothing in here is secret, but for a password in the
URL of the index's database, which no message shows.
"""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

ENVIRONMENT_PREFIX = "SUPERCLOUD_"
_NODE_ID = re.compile(r"[0-9a-f]{40}")
ENGINES = ("embedded", "cometbft")

_ORIGINS_DOC = 'Origins whose pages may call. ["*"] is all.'
_RATE_DOC = (
    "Most requests a second from one address, twice as many at once after silence; a batch counts as what it holds. "
    "A proxy in front is one client, and so is an IPv6 network of 64 bits. 0 does not count them."
)


class ConfigError(ValueError):
    """Settings that a node can not start with."""


def _setting(default: Any, doc: str) -> Any:
    return field(default=default, metadata={"doc": doc})


@dataclass
class NodeSettings:
    """The node itself."""

    moniker: str = _setting("supercloud", "Name under which the node shows itself.")
    log_level: str = _setting("info", "debug, info, warning or error.")
    ready_age_s: float = _setting(
        30.0, "Seconds that the last block may be old for /ready to say that the node is."
    )


@dataclass
class NetworkSettings:
    """What every node of a network shares beside the genesis document."""

    bech32_prefix: str = _setting("akash", "First part of every address.")
    native_denom: str = _setting("uakt", "Denom of fees and stake.")
    coin_type: int = _setting(118, "Coin type of key derivation (SLIP-44).")


@dataclass
class EngineSettings:
    """How blocks are made."""

    kind: str = _setting(
        "embedded",
        "embedded: this node decides alone. cometbft: a CometBFT process decides with other validators.",
    )
    start_cometbft: bool = _setting(
        True,
        "Whether the cometbft engine's process is the node's child; false: somebody else runs it beside the node.",
    )
    block_interval_s: float = _setting(1.0, "Seconds between blocks. Prices are per block.")
    blocks_kept: int = _setting(
        400_000, "Blocks kept with their results; older transactions can not be looked up. 0 keeps all."
    )
    halt_height: int = _setting(0, "Height after which no block is made. 0 never halts.")
    skip_upgrade_height: int = _setting(
        0, "Height at which a planned upgrade is dropped; all validators have to agree on it. 0 drops none."
    )


@dataclass
class PeerSettings:
    """Other nodes of the network; only the cometbft engine talks to them."""

    listen: str = _setting("127.0.0.1:26656", "Address and port where other nodes reach this one.")
    external_address: str = _setting("", "Address and port that other nodes are told; empty: they find out.")
    persistent_peers: str = _setting("", "Nodes to stay connected with: id@host:port, separated by commas.")
    seeds: str = _setting("", "Nodes to ask for others: id@host:port, separated by commas.")
    private: bool = _setting(
        False, "Whether nodes on private networks and several on one address are taken as peers."
    )
    exchange: bool = _setting(
        True, "Whether addresses of nodes are asked for and told; a validator behind sentries does neither."
    )
    hidden: str = _setting(
        "",
        "Ids of nodes that are always taken as peers and whose addresses are told to nobody, separated by commas: at a "
        "sentry its validator.",
    )
    signer_listen: str = _setting(
        "", "Address and port where a remote signer connects; empty: the key file signs."
    )


@dataclass
class StateSyncSettings:
    """Starting a new node from a snapshot of others; only the cometbft engine can."""

    servers: list[str] = field(
        default_factory=list, metadata={"doc": "RPC addresses of two nodes or more that vouch for the state."}
    )
    trust_height: int = _setting(0, "Height of a block that is known to be right.")
    trust_hash: str = _setting("", "Its hash, in hex.")


@dataclass
class StateSettings:
    """The state of the ledger."""

    heights_kept: int = _setting(100_000, "Past heights at which the state can be queried. 0 keeps all.")
    snapshot_interval: int = _setting(
        0, "Heights between snapshots for nodes that join; only the cometbft engine makes them. 0 makes none."
    )
    trees_kept_writes: int = _setting(
        100_000,
        "Writes to the state after which its trees are kept on disk anew, so that a start after a sudden end is quick. 0 "
        "keeps them only when the node ends in order.",
    )
    snapshots_kept: int = _setting(2, "Newest snapshots to keep.")
    gas_prices: str = _setting(
        "0.0025uakt", "Least price of gas this node admits, one per denom, separated by commas."
    )


@dataclass
class MempoolSettings:
    """Transactions that wait for a block."""

    count: int = _setting(5000, "Most transactions that wait.")
    bytes: int = _setting(67_108_864, "Most bytes that wait.")
    tx_bytes: int = _setting(1_048_576, "Largest transaction.")
    ttl_s: int = _setting(600, "Seconds after which a transaction stops waiting. 0 never.")
    ttl_blocks: int = _setting(0, "Blocks after which a transaction stops waiting. 0 never.")


@dataclass
class DoorSettings:
    """Where RPC, gRPC and REST run."""

    apart: bool = _setting(
        False,
        "Whether they and the index have a process of their own: neither do blocks wait for queries nor queries "
        "for blocks.",
    )


@dataclass
class IndexSettings:
    """Where transactions and events are indexed for searches."""

    # Not shown with the rest: it may hold a password.
    database: str = field(
        default="",
        repr=False,
        metadata={
            "doc": "A PostgreSQL database for it, postgresql://user@host/name; a password is better in ~/.pgpass or "
            "PGPASSWORD. Empty keeps it in a file of the home."
        },
    )


@dataclass
class RpcSettings:
    """CometBFT's RPC: JSON-RPC, URIs and WebSocket."""

    listen: str = _setting("127.0.0.1:26657", "Address and port. Empty does not listen.")
    cors_origins: list[str] = field(default_factory=list, metadata={"doc": _ORIGINS_DOC})
    connections: int = _setting(900, "Most connections at once.")
    connections_per_client: int = _setting(
        300, "Most connections from one address; a proxy in front is one client. 0 does not count them."
    )
    body_bytes: int = _setting(4_194_304, "Largest request.")
    body_s: float = _setting(30.0, "Seconds within which a request has to arrive.")
    keep_alive_s: int = _setting(60, "Seconds after which an idle connection is closed.")
    commit_s: float = _setting(10.0, "Seconds that broadcast_tx_commit waits for a block.")
    requests_per_s: int = _setting(0, _RATE_DOC)
    batch: int = _setting(100, "Most requests in a batch.")
    sockets_per_client: int = _setting(100, "Most WebSockets from one address.")
    subscriptions_per_socket: int = _setting(20, "Most subscriptions of one WebSocket.")
    subscriptions_per_client: int = _setting(
        200,
        "Most subscriptions from one address, on all its WebSockets; a proxy in front is one client. 0 does not count them.",
    )


@dataclass
class GrpcSettings:
    """gRPC queries and transactions."""

    listen: str = _setting("127.0.0.1:9090", "Address and port. Empty does not listen.")
    message_bytes: int = _setting(16_777_216, "Largest request and answer.")
    calls_per_s: int = _setting(0, _RATE_DOC)
    calls: int = _setting(256, "Most calls at once.")
    calls_per_client: int = _setting(
        100, "Most calls at once from one address; a proxy in front is one client. 0 does not count them."
    )
    connections_per_client: int = _setting(
        300, "Most connections from one address; a proxy in front is one client. 0 does not count them."
    )


@dataclass
class RestSettings:
    """The same as JSON over HTTP."""

    listen: str = _setting("127.0.0.1:1317", "Address and port. Empty does not listen.")
    cors_origins: list[str] = field(default_factory=list, metadata={"doc": _ORIGINS_DOC})
    connections: int = _setting(900, "Most connections at once.")
    connections_per_client: int = _setting(
        300, "Most connections from one address; a proxy in front is one client. 0 does not count them."
    )
    body_bytes: int = _setting(4_194_304, "Largest request.")
    body_s: float = _setting(30.0, "Seconds within which a request has to arrive.")
    keep_alive_s: int = _setting(60, "Seconds after which an idle connection is closed.")
    requests_per_s: int = _setting(0, _RATE_DOC)


@dataclass
class MetricsSettings:
    """Figures for Prometheus at /metrics."""

    listen: str = _setting("", "Address and port, of loopback or a private network. Empty does not listen.")


@dataclass
class Config:
    """All settings by section."""

    node: NodeSettings = field(default_factory=NodeSettings)
    network: NetworkSettings = field(default_factory=NetworkSettings)
    engine: EngineSettings = field(default_factory=EngineSettings)
    p2p: PeerSettings = field(default_factory=PeerSettings)
    statesync: StateSyncSettings = field(default_factory=StateSyncSettings)
    state: StateSettings = field(default_factory=StateSettings)
    mempool: MempoolSettings = field(default_factory=MempoolSettings)
    doors: DoorSettings = field(default_factory=DoorSettings)
    index: IndexSettings = field(default_factory=IndexSettings)
    rpc: RpcSettings = field(default_factory=RpcSettings)
    grpc: GrpcSettings = field(default_factory=GrpcSettings)
    rest: RestSettings = field(default_factory=RestSettings)
    metrics: MetricsSettings = field(default_factory=MetricsSettings)

    def check(self) -> None:
        """Refuse what can not work. Raises ConfigError."""
        if not 0.01 <= self.engine.block_interval_s <= 3600:
            raise ConfigError("engine.block_interval_s must be 0.01 to 3600")
        if self.engine.kind not in ENGINES:
            raise ConfigError(f"engine.kind must be one of {', '.join(ENGINES)}")
        if self.node.log_level not in ("debug", "info", "warning", "error"):
            raise ConfigError("node.log_level must be debug, info, warning or error")
        for name, listen in (
            ("rpc", self.rpc.listen),
            ("p2p", self.p2p.listen),
            ("p2p.signer", self.p2p.signer_listen),
            ("grpc", self.grpc.listen),
            ("rest", self.rest.listen),
            ("metrics", self.metrics.listen),
        ):
            if listen:
                try:
                    split_address(listen)
                except ValueError as error:
                    raise ConfigError(f"{name}.listen: {error}") from error
        for hidden in filter(None, self.p2p.hidden.split(",")):
            if not _NODE_ID.fullmatch(hidden):
                raise ConfigError(f"p2p.hidden: {hidden!r} is no id of a node, 40 hex digits")
        if self.p2p.signer_listen and self.engine.kind == "embedded":
            raise ConfigError("p2p.signer_listen: only the cometbft engine has remote signers")
        if not self.engine.start_cometbft and self.engine.kind == "embedded":
            raise ConfigError("engine.start_cometbft: the embedded engine has no CometBFT")
        for section, name, value in _values(self):
            if isinstance(value, int) and not isinstance(value, bool) and value < 0:
                raise ConfigError(f"{section}.{name} must not be negative")


def load(path: Path | None, environment: Mapping[str, str]) -> Config:
    """Read settings. Raises ConfigError."""
    config = Config()
    if path is not None:
        try:
            document = tomllib.loads(path.read_text())
        except OSError as error:
            raise ConfigError(f"{path}: {error.strerror}") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path}: {error}") from error
        _apply_document(config, document, path)
    apply_environment(config, environment)
    config.check()
    return config


def apply_environment(config: Config, environment: Mapping[str, str]) -> None:
    """Let environment variables have their way. Raises ConfigError."""
    for section, name, value in list(_values(config)):
        text = environment.get(f"{ENVIRONMENT_PREFIX}{section}_{name}".upper())
        if text is not None:
            setattr(getattr(config, section), name, _from_text(text, value, f"{section}.{name}"))


def from_document(document: Mapping[str, Any]) -> Config:
    """Settings out of `dataclasses.asdict` of others. Raises ConfigError."""
    config = Config()
    _apply_document(config, document, "settings")
    config.check()
    return config


def render(config: Config) -> str:
    """Settings as a TOML file that explains itself."""
    lines = ["# Settings of a Supercloud node. What is left out has the value shown here."]
    for section in dataclasses.fields(config):
        values = getattr(config, section.name)
        lines += ["", f"# {type(values).__doc__}", f"[{section.name}]"]
        for setting in dataclasses.fields(values):
            lines += [
                f"# {setting.metadata['doc']}",
                f"{setting.name} = {_toml(getattr(values, setting.name))}",
            ]
    return "\n".join(lines) + "\n"


def split_address(listen: str) -> tuple[str, int]:
    """Host and port of `host:port`; IPv6 hosts stand in brackets. Raises ValueError."""
    host, colon, port = listen.removeprefix("tcp://").rpartition(":")
    if not colon or not host or not port.isdigit() or int(port) > 65535:
        raise ValueError(f"{listen!r} is not host:port")
    return host.strip("[]"), int(port)


def _values(config: Config) -> list[tuple[str, str, Any]]:
    return [
        (section.name, setting.name, getattr(getattr(config, section.name), setting.name))
        for section in dataclasses.fields(config)
        for setting in dataclasses.fields(getattr(config, section.name))
    ]


def _apply_document(config: Config, document: Mapping[str, Any], path: Path | str) -> None:
    for section, values in document.items():
        target = getattr(config, section, None)
        if not dataclasses.is_dataclass(target) or not isinstance(values, dict):
            raise ConfigError(f"{path}: there is no section [{section}]")
        known = {setting.name for setting in dataclasses.fields(target)}
        for name, value in values.items():
            if name not in known:
                raise ConfigError(f"{path}: there is no setting {section}.{name}")
            setattr(target, name, _of_kind(value, getattr(target, name), f"{path}: {section}.{name}"))


def _of_kind(value: Any, like: Any, where: str) -> Any:
    if isinstance(like, float) and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not type(like):
        raise ConfigError(f"{where} must be {_kind(like)}")
    if isinstance(like, list) and not all(isinstance(item, str) for item in value):
        raise ConfigError(f"{where} must be {_kind(like)}")
    return value


def _from_text(text: str, like: Any, where: str) -> Any:
    try:
        if isinstance(like, list):
            return [item.strip() for item in text.split(",") if item.strip()]
        if isinstance(like, bool):
            return {"true": True, "false": False}[text.lower()]
        return type(like)(text)
    except (ValueError, KeyError) as error:
        raise ConfigError(f"{where} must be {_kind(like)}, not {text!r}") from error


def _kind(like: Any) -> str:
    kinds = {
        str: "a text",
        int: "a whole number",
        float: "a number",
        list: "a list of texts",
        bool: "true or false",
    }
    return kinds[type(like)]


def _toml(value: Any) -> str:
    if isinstance(value, float):
        return repr(value)
    # JSON texts, lists and whole numbers are TOML too.
    return orjson.dumps(value).decode()
