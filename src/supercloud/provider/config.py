"""Settings of one provider: `provider.toml` in its home. Every key has a default, every wrong key is refused by name."""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass, field, fields
from fractions import Fraction
from pathlib import Path
from typing import Any


class ConfigError(Exception):
    """A setting that can not be used; the text names file, key, what was found and what is allowed."""


@dataclass(frozen=True)
class Config:
    """Settings by name; times in seconds, prices as decimal text in dollars a month."""

    node: str = "http://127.0.0.1:26657"
    key: str = "provider"
    keyring_backend: str = "file"
    bech32_prefix: str = "akash"
    gas_price: str = "0.0025uakt"
    host: str = "localhost"
    """Name under which tenants reach this machine; stands in the ledger's host URI and in forwarded ports."""
    gateway_listen: str = "127.0.0.1"
    gateway_port: int = 8443
    gateway_grpc_port: int = 8444
    gateway_tls_certificate: str = ""
    """PEM file of a certificate for `host` by an ordinary authority, shown to those who ask for that name; with its key."""
    gateway_tls_key: str = ""
    gateway_connections_max: int = 2048
    ingress_listen: str = "127.0.0.1"
    ingress_port: int = 8080
    ingress_domain: str = "ingress.localhost"
    blocked_hostnames: list[str] = field(default_factory=list)
    """Names no tenant gets; with a leading dot, all below. The provider's own are never given out."""
    ports_listen: str = "127.0.0.1"
    ports_first: int = 30000
    ports_last: int = 32767
    driver: str = "podman"
    engine_socket: str = ""
    """Empty: found by itself, or an engine service of our own is started."""
    attributes: dict[str, str] = field(default_factory=lambda: {"host": "supercloud", "tier": "community"})
    """What the record says; storage classes and GPUs of the machine are added unless some are named here."""
    required_attributes: dict[str, str] = field(default_factory=dict)
    """Bid only on orders that ask for these."""
    email: str = ""
    website: str = ""
    deposit: int = 500_000
    bid_timeout_s: int = 300
    manifest_timeout_s: int = 300
    withdraw_interval_s: int = 3600
    withdraw_minimum: int = 10_000
    """Earnings below this many micro-units wait for the next round."""
    funds_interval_s: int = 600
    """How often to look for leases whose deposit is used up, which the ledger ends when they are touched."""
    reclamation_window_s: int = 0
    sweep_interval_s: int = 60
    overcommit_cpu_percent: int = 0
    memory_reserve_bytes: int = 512 * 2**20
    storage_reserve_bytes: int = 2 * 2**30
    image_pull_timeout_s: int = 600
    insecure_registries: list[str] = field(default_factory=list)
    block_private_networks: bool = True
    price_cpu: str = "1.60"
    price_memory_gib: str = "0.80"
    price_storage_gib: dict[str, str] = field(
        default_factory=lambda: {
            "ephemeral": "0.02",
            "default": "0.02",
            "beta1": "0.01",
            "beta2": "0.03",
            "beta3": "0.04",
        }
    )
    price_gpu: dict[str, str] = field(
        default_factory=lambda: {"nvidia/a100": "120", "nvidia/t4": "80", "*": "130"}
    )
    price_endpoint: str = "0.05"
    price_leased_ip: str = "5"
    price_minimum: str = "0.10"
    dollars_per: dict[str, str] = field(default_factory=lambda: {"uakt": "1", "uact": "1", "uusdc": "1"})
    """What a million micro-units of each accepted denom are worth."""

    @property
    def reserved_hostnames(self) -> tuple[str, ...]:
        """Names that are not given to tenants: those listed, and the provider's own."""
        return (*self.blocked_hostnames, self.host, self.ingress_domain, "." + self.ingress_domain)

    @property
    def host_uri(self) -> str:
        """The URL that stands on the ledger."""
        return f"https://{self.host}:{self.gateway_port}"


def load(path: Path) -> Config:
    """Read the file; a missing one means all defaults. Raises ConfigError."""
    if not path.exists():
        return Config()
    try:
        document = tomllib.loads(path.read_text())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from error
    return parse(document, str(path))


def parse(document: dict[str, Any], where: str = "provider.toml") -> Config:
    """Settings from a TOML document. Raises ConfigError."""
    known = {entry.name: entry for entry in fields(Config)}
    defaults = asdict(Config())
    values: dict[str, Any] = {}
    for name, value in document.items():
        if name not in known:
            raise ConfigError(f"{where}: unknown setting {name!r}; known ones are {', '.join(sorted(known))}")
        default = defaults[name]
        if type(value) is not type(default):
            raise ConfigError(
                f"{where}: {name} is {value!r}, expected a {type(default).__name__} such as {default!r}"
            )
        if name.startswith("price_") or name == "dollars_per":
            _check_prices(where, name, value)
        values[name] = value
    config = Config(**values)
    if bool(config.gateway_tls_certificate) != bool(config.gateway_tls_key):
        raise ConfigError(f"{where}: gateway_tls_certificate and gateway_tls_key go together; one is empty")
    if not 0 < config.ports_first <= config.ports_last < 65536:
        raise ConfigError(f"{where}: ports_first..ports_last is {config.ports_first}..{config.ports_last}")
    return config


def _check_prices(where: str, name: str, value: Any) -> None:
    texts = value.values() if isinstance(value, dict) else [value]
    for text in texts:
        try:
            amount = Fraction(text)
        except (TypeError, ValueError, ZeroDivisionError):
            amount = Fraction(-1)
        if amount < 0 or (name == "dollars_per" and amount == 0):
            raise ConfigError(
                f'{where}: {name} has {text!r}, expected a decimal number in quotes such as "1.60"'
            )


def dump(config: Config) -> str:
    """The settings as TOML text, for `provider init`."""
    lines = ["# Settings of this provider. Prices are dollars a month; see docs/provider.md.", ""]
    tables = []
    for name, value in asdict(config).items():
        if isinstance(value, dict):
            rows = [f"{_quoted(key)} = {_toml(item)}" for key, item in value.items()]
            tables.append("\n".join([f"[{name}]", *rows]))
        else:
            lines.append(f"{name} = {_toml(value)}")
    return "\n".join([*lines, "", "\n\n".join(tables), ""])


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, list):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    return str(value)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
