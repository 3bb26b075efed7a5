"""Networks of several nodes: one genesis, a home for each validator, how they find each other; how a node joins later.

    NETWORK/network.json        what was made, for people and programs
    NETWORK/genesis.json        the document that all start from
    NETWORK/node0 ...           homes of nodes: keys, settings, genesis
    NETWORK/service/            systemd units, a compose file, settings for Prometheus
    NETWORK/keyring/            accounts of the operators (made by the command line)

Nothing here starts anything.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson

from supercloud.chain.app import Founder, default_genesis
from supercloud.chain.baseapp.context import Profile
from supercloud.node import genesis as genesis_document
from supercloud.node.config import Config, StateSyncSettings, render
from supercloud.node.engine import signer as keys
from supercloud.node.files import write_durably
from supercloud.node.genesis import GenesisValidator, wrong_names
from supercloud.node.home import Home, make_keys
from supercloud.types.coin import Coin

SUMMARY: Final = "network.json"
PORTS_PER_NODE: Final = 5
SNAPSHOT_INTERVAL: Final = 1000
CONTAINERFILE: Final = "examples/validator/Containerfile"
"""In a checkout: what makes the image of the compose file."""
VALIDATORS_MAX: Final = 100
STAKE: Final = 1_000_000_000_000
"""What each of the first validators stakes with itself."""
POCKET: Final = 1_000_000_000_000
"""What it has beside that."""
POWER_REDUCTION: Final = 1_000_000
PEER_FORM: Final = re.compile(r"[0-9a-f]{40}@[^@,\s]+:[0-9]{1,5}")
NAME_FORM: Final = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._-]{0,49}")


class NetworkError(ValueError):
    """A network that can not be made as asked."""


class Endpoints(NamedTuple):
    """Where one node listens and can be reached."""

    rpc: str
    grpc: str
    rest: str
    p2p: str
    metrics: str

    @classmethod
    def on(cls, host: str, base: int) -> Endpoints:
        """Ports upwards from one."""
        return cls(*(f"{host}:{base + offset}" for offset in range(PORTS_PER_NODE)))


@dataclass(frozen=True)
class Plan:
    """What a network shall be. `operators` are the accounts that stake, one for each validator."""

    name: str
    """Its chain id."""
    operators: Sequence[bytes]
    hosts: Sequence[str] = ()
    """Addresses that nodes are reached at, one for each; empty: all on this machine."""
    port_base: int = 27000
    block_interval_s: float = 1.0
    bech32_prefix: str = "akash"
    denom: str = "uakt"
    inflation_percent: int = 0
    """Yearly, at most; 0 fixes the supply."""
    take_percent: int = 10
    """Of what providers earn in foreign coins."""
    seats: int = 100
    """How many validators there can be at once: those with most stake."""
    closed: bool = False
    """Whether nobody but these validators may validate, until a vote says otherwise."""
    funds: Mapping[bytes, Sequence[Coin]] = field(default_factory=dict)
    patch: Any = None
    """JSON merge patch of the genesis document."""

    def check(self) -> None:
        """Raises NetworkError."""
        if not NAME_FORM.fullmatch(self.name):
            raise NetworkError(f"name {self.name!r}: letters, digits, '.', '_' and '-', at most 50 of them")
        if not 1 <= len(self.operators) <= VALIDATORS_MAX:
            raise NetworkError(f"a network has 1 to {VALIDATORS_MAX} validators at its start")
        if self.hosts and len(self.hosts) != len(self.operators):
            raise NetworkError(f"{len(self.operators)} validators need as many hosts, not {len(self.hosts)}")
        if wrong := wrong_names(self.bech32_prefix, self.denom):
            raise NetworkError(wrong)
        if not 0 <= self.inflation_percent <= 100 or not 0 <= self.take_percent <= 100:
            raise NetworkError("percentages are 0 to 100")
        if self.seats < len(self.operators):
            raise NetworkError(f"{self.seats} seats for {len(self.operators)} validators")
        last = self.port_base + PORTS_PER_NODE * (1 if self.hosts else len(self.operators)) - 1
        if not 1024 <= self.port_base <= last <= 65535:
            raise NetworkError(f"ports {self.port_base} to {last}: they are between 1024 and 65535")

    @property
    def gas_price(self) -> str:
        """What nodes ask for one unit of gas."""
        return f"0.0025{self.denom}"

    @property
    def profile(self) -> Profile:
        """What makes addresses and names the native denom."""
        return Profile(self.bech32_prefix, self.denom)


class Member(NamedTuple):
    """One node of a network."""

    name: str
    home: Path
    node_id: str
    endpoints: Endpoints
    """As others reach it."""


def create(plan: Plan, folder: Path) -> list[Member]:
    """Write a network into a folder that has none. Raises NetworkError, GenesisError, KeyFileError."""
    plan.check()
    if (folder / SUMMARY).exists():
        raise NetworkError(f"{folder} has a network already")
    members, founders = [], []
    for number, operator in enumerate(plan.operators):
        home = Home(folder / f"node{number}")
        public_key = make_keys(home)
        host = plan.hosts[number] if plan.hosts else "127.0.0.1"
        base = plan.port_base + (0 if plan.hosts else number * PORTS_PER_NODE)
        node_id = keys.read_key_file(home.node_key).address.hex()
        members.append(Member(f"node{number}", home.folder, node_id, Endpoints.on(host, base)))
        founders.append(Founder(operator, public_key, STAKE, f"node{number}"))
    document = _genesis(plan, founders)
    genesis_document.parse(document)
    content = orjson.dumps(document, option=orjson.OPT_INDENT_2)
    (folder / "genesis.json").write_bytes(content)
    for member in members:
        home = Home(member.home)
        home.genesis.write_bytes(content)
        home.config.write_text(render(_settings(plan, member, members)))
    _write_services(plan, folder, members)
    (folder / SUMMARY).write_bytes(orjson.dumps(_summary(plan, members), option=orjson.OPT_INDENT_2))
    return members


def with_operators(plan: Plan, operators: Sequence[bytes]) -> Plan:
    """The same plan for these accounts."""
    return replace(plan, operators=operators)


def read_summary(folder: Path) -> dict[str, Any]:
    """What `create` wrote about the network of a folder. Raises NetworkError."""
    try:
        document: dict[str, Any] = orjson.loads((folder / SUMMARY).read_bytes())
    except (FileNotFoundError, orjson.JSONDecodeError) as error:
        raise NetworkError(f"{folder} has no network; `supercloud network new` makes one") from error
    return document


def add_to_summary(folder: Path, **facts: Any) -> None:
    """Note more about a network."""
    document = read_summary(folder) | facts
    write_durably(folder / SUMMARY, orjson.dumps(document, option=orjson.OPT_INDENT_2))


def _genesis(plan: Plan, founders: Sequence[Founder]) -> dict[str, Any]:
    profile = plan.profile
    balances = {operator: {plan.denom: POCKET} for operator in plan.operators}
    app_state = genesis_document.in_denom(default_genesis(profile, balances, founders), plan.denom)
    app_state["take"]["params"]["default_take_rate"] = plan.take_percent
    app_state["staking"]["params"]["max_validators"] = plan.seats
    if plan.closed:
        operators = [profile.bech32.valoper(operator) for operator in plan.operators]
        app_state["staking_admission"]["admission"] = {"closed": True, "operators": operators}
    if plan.inflation_percent:
        app_state["mint"] = _inflating(app_state["mint"], plan)
    validators = [
        GenesisValidator(founder.public_key, founder.tokens // POWER_REDUCTION, founder.moniker)
        for founder in founders
    ]
    document = genesis_document.build(plan.name, time.time_ns(), validators, app_state)
    if plan.patch is not None:
        document = genesis_document.merge_patch(document, plan.patch)
    genesis_document.fund(document["app_state"], plan.funds, profile.bech32)
    return document


def _inflating(mint: dict[str, Any], plan: Plan) -> dict[str, Any]:
    whole, hundredths = divmod(plan.inflation_percent, 100)
    most = f"{whole}.{hundredths:02d}{'0' * 16}"
    params = {
        **mint["params"],
        "inflation_rate_change": most,
        "inflation_max": most,
        "inflation_min": "0.000000000000000000",
        "goal_bonded": "0.670000000000000000",
        "blocks_per_year": str(round(365.25 * 86400 / plan.block_interval_s)),
    }
    return {"minter": {**mint["minter"], "inflation": most}, "params": params}


def _settings(plan: Plan, member: Member, members: Sequence[Member]) -> Config:
    config = Config()
    config.node.moniker = member.name
    config.network.bech32_prefix = plan.bech32_prefix
    config.network.native_denom = plan.denom
    config.engine.kind = "cometbft"
    config.engine.block_interval_s = plan.block_interval_s
    config.state.gas_prices = plan.gas_price
    config.state.snapshot_interval = SNAPSHOT_INTERVAL
    ports = [endpoint.rpartition(":")[2] for endpoint in member.endpoints]
    everybody = "0.0.0.0" if plan.hosts else "127.0.0.1"
    config.rpc.listen, config.grpc.listen, config.rest.listen = (f"127.0.0.1:{port}" for port in ports[:3])
    config.metrics.listen = f"127.0.0.1:{ports[4]}"
    # Other nodes have to reach this one; everything else stays on loopback until its owner opens it.
    config.p2p.listen = f"{everybody}:{ports[3]}"
    config.p2p.private = True
    config.p2p.persistent_peers = ",".join(
        f"{other.node_id}@{other.endpoints.p2p}" for other in members if other is not member
    )
    return config


def _summary(plan: Plan, members: Sequence[Member]) -> dict[str, Any]:
    return {
        "chain_id": plan.name,
        "bech32_prefix": plan.bech32_prefix,
        "denom": plan.denom,
        "gas_price": plan.gas_price,
        "local": not plan.hosts,
        "block_interval_s": plan.block_interval_s,
        "nodes": [
            {
                "name": member.name,
                "home": member.name,
                "node_id": member.node_id,
                "operator": plan.profile.bech32.text(operator),
                **member.endpoints._asdict(),
            }
            for member, operator in zip(members, plan.operators, strict=True)
        ],
    }


def _write_services(plan: Plan, folder: Path, members: Sequence[Member]) -> None:
    """How operators usually keep such processes alive."""
    service = folder / "service"
    service.mkdir(exist_ok=True)
    lines = [
        "# The image is built from a checkout, whose folder SUPERCLOUD_SOURCE names:",
        "#   SUPERCLOUD_SOURCE=/path/to/supercloud podman compose up --build      (docker compose does too)",
        "services:",
    ]
    for member in members:
        (service / f"{plan.name}-{member.name}.service").write_text(
            _UNIT.format(network=plan.name, node=member.name)
        )
        lines += [
            f"  {member.name}:",
            "    image: localhost/supercloud:latest",
            "    build:",
            "      context: ${SUPERCLOUD_SOURCE:-.}",
            f"      dockerfile: {CONTAINERFILE}",
            "    command: supercloud node start --home /home/node",
            "    network_mode: host",
            "    restart: always",
            "    stop_grace_period: 30s",
            f"    volumes: [../{member.name}:/home/node]",
            *_HEALTHCHECK.format(metrics=member.endpoints.metrics.rpartition(":")[2]).splitlines(),
        ]
    (service / "compose.yaml").write_text("\n".join(lines) + "\n")
    targets = orjson.dumps([member.endpoints.metrics for member in members]).decode()
    (service / "prometheus.yml").write_text(_SCRAPED.format(targets=targets))


_HEALTHCHECK: Final = """\
    # Healthy is ready: level with the others, the last block young. Nothing starts it anew when it is not.
    healthcheck:
      test: ["CMD", "python3", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:{metrics}/ready')"]
      interval: 10s
      timeout: 8s
      retries: 3
      start_period: 10m
"""

_SCRAPED: Final = """\
# Prometheus asks the nodes of this network. Nodes on other machines answer once their `metrics.listen` is an address that it
# reaches. Alerts and a dashboard: examples/monitoring in a checkout.
scrape_configs:
  - job_name: supercloud
    scrape_interval: 5s
    static_configs:
      - targets: {targets}
"""

_UNIT: Final = """\
# {node} of the network {network}. Copy its home to /var/lib/{network}/{node}, owned by the account `supercloud`.
[Unit]
Description={network} {node}
Wants=network-online.target
After=network-online.target

[Service]
User=supercloud
ExecStart=/usr/local/bin/supercloud node start --home /var/lib/{network}/{node}
Restart=always
RestartSec=3
TimeoutStopSec=30
LimitNOFILE=65536
NoNewPrivileges=yes
ProtectSystem=strict
ReadWritePaths=/var/lib/{network}/{node}
PrivateTmp=yes

[Install]
WantedBy=multi-user.target
"""


# --- Joining


@dataclass(frozen=True)
class Joining:
    """How a new node finds a network that runs already."""

    peers: Sequence[str]
    """`id@host:port` each; connections to them are kept."""
    seeds: Sequence[str] = ()
    moniker: str = "supercloud"
    port_base: int = 0
    """First of its ports; 0: the usual ones."""
    block_interval_s: float = 1.0
    """As the network has it: no document says so, and a validator in a hurry hurries the others."""
    state_sync: StateSyncSettings = field(default_factory=StateSyncSettings)

    def check(self) -> None:
        """Raises NetworkError."""
        if not self.peers and not self.seeds:
            raise NetworkError("a node needs a peer or a seed to find the others")
        for peer in (*self.peers, *self.seeds):
            if not PEER_FORM.fullmatch(peer):
                raise NetworkError(f"peer {peer!r} is not id@host:port, the id being 40 hex digits")
        last = self.port_base + PORTS_PER_NODE - 1
        if self.port_base and not 1024 <= self.port_base <= last <= 65535:
            raise NetworkError(f"ports {self.port_base} to {last}: they are between 1024 and 65535")
        wanted = self.state_sync
        if wanted.servers and (len(wanted.servers) < 2 or not wanted.trust_height or not wanted.trust_hash):
            raise NetworkError(
                "a snapshot is checked against two servers or more, and a height and hash of a block you trust"
            )


def join(folder: Path, document: dict[str, Any], joining: Joining) -> Member:
    """Make the home of a node that follows a network from its genesis document.

    Addresses' prefix and the native denom are read from the document. Raises NetworkError, GenesisError, KeyFileError.
    """
    joining.check()
    genesis_document.parse(document)
    home = Home(folder)
    prefix, denom = _names_in(document)
    config = Config()
    config.node.moniker = joining.moniker
    config.network.bech32_prefix, config.network.native_denom = prefix, denom
    config.engine.kind = "cometbft"
    config.engine.block_interval_s = joining.block_interval_s
    config.state.gas_prices = f"0.0025{denom}"
    if joining.port_base:
        where = Endpoints.on("127.0.0.1", joining.port_base)
        (
            config.rpc.listen,
            config.grpc.listen,
            config.rest.listen,
            config.p2p.listen,
            config.metrics.listen,
        ) = where
    config.p2p.persistent_peers = ",".join(joining.peers)
    config.p2p.seeds = ",".join(joining.seeds)
    config.p2p.private = any(_is_private(peer) for peer in (*joining.peers, *joining.seeds))
    config.statesync = joining.state_sync
    config.check()
    make_keys(home)
    home.genesis.write_bytes(orjson.dumps(document))
    home.config.write_text(render(config))
    node_id = keys.read_key_file(home.node_key).address.hex()
    listens = (config.rpc.listen, config.grpc.listen, config.rest.listen, config.p2p.listen)
    return Member(joining.moniker, folder, node_id, Endpoints(*listens, config.metrics.listen))


def _names_in(document: dict[str, Any]) -> tuple[str, str]:
    """Prefix of addresses and native denom of a genesis document."""
    state = document.get("app_state") or {}
    try:
        denom = state["staking"]["params"]["bond_denom"]
        address = state["bank"]["balances"][0]["address"]
    except (KeyError, IndexError, TypeError) as error:
        raise NetworkError("the genesis document names no bonded denom or no account") from error
    prefix = address.rpartition("1")[0]
    if wrong := wrong_names(prefix, denom):
        raise NetworkError(
            f"the genesis document has the address {address!r} and the denom {denom!r}: {wrong}"
        )
    return prefix, denom


def _is_private(peer: str) -> bool:
    host = peer.partition("@")[2].rpartition(":")[0].strip("[]")
    try:
        return not ip_address(host).is_global
    except ValueError:
        return host == "localhost"
