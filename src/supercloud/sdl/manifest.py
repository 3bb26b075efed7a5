"""The manifest: the provider's half of an SDL file, its canonical bytes and hash, and the checks a provider repeats.

A manifest arrives as JSON from strangers. It is read into typed values (`parse`), checked on its own (`validate`) and
against the groups on the ledger (`cross_check`). Its version is the SHA-256 of its canonical form.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from supercloud.sdl.document import Place, SdlError

BYTES_MAX: Final = 1024 * 1024
SERVICES_MAX: Final = 1024
_ESCAPES: Final = str.maketrans(
    {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
)
SERVICE_NAME: Final = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
ENV_NAME: Final = re.compile(r"[-._a-zA-Z][-._a-zA-Z0-9]*")
HOST_LABEL: Final = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
HOST_CHARS_MAX: Final = 255


class ManifestError(Exception):
    """A manifest a provider can not accept; the text is what clients see."""


# --- Canonical form


def canonical(document: Any) -> bytes:
    """Sorted compact JSON with the characters escaped that Go's encoder escapes."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.translate(_ESCAPES).encode("utf-8", "replace")


def version(canonical_bytes: bytes) -> bytes:
    """SHA-256 of the canonical form."""
    return hashlib.sha256(canonical_bytes).digest()


# --- Typed values


class Storage(NamedTuple):
    """A volume: size in bytes; class is "ephemeral" unless it is persistent or in memory."""

    name: str
    size: int
    attributes: dict[str, str]

    @property
    def persistent(self) -> bool:
        """Whether it outlives its container."""
        return self.attributes.get("persistent") == "true"

    @property
    def in_memory(self) -> bool:
        """Whether it is memory and counts as such."""
        return self.attributes.get("class") == "ram"


class Resources(NamedTuple):
    """What one replica gets: CPU in thousandths of a core, memory in bytes."""

    id: int
    cpu: int
    memory: int
    gpu: int
    gpu_attributes: tuple[str, ...]
    storage: tuple[Storage, ...]


class HttpOptions(NamedTuple):
    """How the proxy treats a service; times in milliseconds, sizes in bytes."""

    max_body_size: int
    read_timeout: int
    send_timeout: int
    next_tries: int
    next_timeout: int
    next_cases: tuple[str, ...]


class Expose(NamedTuple):
    """One port and one place from which it may be reached."""

    port: int
    external: int
    proto: str
    service: str
    is_global: bool
    hosts: tuple[str, ...]
    http: HttpOptions
    ip: str

    @property
    def external_port(self) -> int:
        """The port others see."""
        return self.external or self.port

    @property
    def is_http(self) -> bool:
        """Whether it is reached by name through the proxy."""
        return self.is_global and self.proto == "TCP" and self.external_port == 80


class Mount(NamedTuple):
    """Where a volume appears."""

    name: str
    mount: str
    read_only: bool


class Credentials(NamedTuple):
    """Login of an image registry. Never log this value."""

    host: str
    email: str
    username: str
    password: str

    def __repr__(self) -> str:
        return f"Credentials({self.host!r})"


class Service(NamedTuple):
    """A service to run: `count` replicas."""

    name: str
    image: str
    command: tuple[str, ...]
    args: tuple[str, ...]
    env: tuple[str, ...]
    resources: Resources
    count: int  # type: ignore[assignment]
    expose: tuple[Expose, ...]
    mounts: tuple[Mount, ...]
    credentials: Credentials | None


class Group(NamedTuple):
    """The services of one placement."""

    name: str
    services: tuple[Service, ...]


class Manifest(NamedTuple):
    """A manifest that was read: typed, in normal form, and the hashes it may be known by."""

    groups: tuple[Group, ...]
    document: list[dict[str, Any]]
    versions: tuple[bytes, ...]

    def group(self, name: str) -> Group | None:
        """The group of that name."""
        return next((group for group in self.groups if group.name == name), None)


# --- Reading


def parse(body: bytes) -> Manifest:
    """Read a manifest. Raises ManifestError; the text begins with what clients look for."""
    if len(body) > BYTES_MAX:
        raise ManifestError(f"manifest has {len(body)} bytes, at most {BYTES_MAX} are accepted")
    try:
        document = json.loads(body)
        if not isinstance(document, list) or not all(isinstance(entry, dict) for entry in document):
            raise ManifestError("invalid manifest: expected a list of groups")
        normal = [_lower(entry) for entry in document]
        groups = tuple(_group(entry) for entry in normal)
    except (ValueError, TypeError, KeyError, RecursionError, AttributeError) as error:
        raise ManifestError(f"invalid manifest: {type(error).__name__} {error}") from error
    if sum(len(group.services) for group in groups) > SERVICES_MAX:
        raise ManifestError(f"invalid manifest: more than {SERVICES_MAX} services")
    as_received = version(canonical(document))
    return Manifest(groups, document, (as_received,))


def _lower(value: Any) -> Any:
    """Keys without case, as Go's decoder matches them."""
    if isinstance(value, dict):
        return {str(key).lower(): _lower(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_lower(item) for item in value]
    return value


def _group(entry: dict[str, Any]) -> Group:
    return Group(str(entry.get("name") or ""), tuple(_service(item) for item in entry.get("services") or ()))


def _service(entry: dict[str, Any]) -> Service:
    params = entry.get("params") or {}
    credentials = entry.get("credentials")
    return Service(
        name=_text(entry, "name"),
        image=_text(entry, "image"),
        command=_texts(entry, "command"),
        args=_texts(entry, "args"),
        env=_texts(entry, "env"),
        resources=_resources(entry.get("resources") or {}),
        count=_number(entry, "count"),
        expose=tuple(_expose(item) for item in entry.get("expose") or ()),
        mounts=tuple(
            Mount(_text(item, "name"), _text(item, "mount"), bool(item.get("readonly")))
            for item in params.get("storage") or ()
        ),
        credentials=Credentials(*(_text(credentials, name) for name in Credentials._fields))
        if credentials
        else None,
    )


def _resources(entry: dict[str, Any]) -> Resources:
    gpu = entry.get("gpu") or {}
    return Resources(
        id=_number(entry, "id"),
        cpu=_quantity((entry.get("cpu") or {}).get("units")),
        memory=_quantity((entry.get("memory") or {}).get("size")),
        gpu=_quantity(gpu.get("units")),
        gpu_attributes=tuple(_text(item, "key") for item in gpu.get("attributes") or ()),
        storage=tuple(
            Storage(
                _text(item, "name"),
                _quantity(item.get("size")),
                {_text(each, "key"): _text(each, "value") for each in item.get("attributes") or ()},
            )
            for item in entry.get("storage") or ()
        ),
    )


def _expose(entry: dict[str, Any]) -> Expose:
    http = entry.get("httpoptions") or {}
    return Expose(
        port=_number(entry, "port"),
        external=_number(entry, "externalport"),
        proto=_text(entry, "proto").upper() or "TCP",
        service=_text(entry, "service"),
        is_global=bool(entry.get("global")),
        hosts=_texts(entry, "hosts"),
        http=HttpOptions(
            _number(http, "maxbodysize"),
            _number(http, "readtimeout"),
            _number(http, "sendtimeout"),
            _number(http, "nexttries"),
            _number(http, "nexttimeout"),
            _texts(http, "nextcases"),
        ),
        ip=_text(entry, "ip"),
    )


def _text(entry: dict[str, Any], name: str) -> str:
    value = entry.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be text")
    return value


def _texts(entry: dict[str, Any], name: str) -> tuple[str, ...]:
    values = entry.get(name) or ()
    if not all(isinstance(value, str) for value in values):
        raise TypeError(f"{name} must be a list of texts")
    return tuple(values)


def _number(entry: dict[str, Any], name: str) -> int:
    value = entry.get(name) or 0
    if not isinstance(value, int) or not 0 <= value < 2**32:
        raise TypeError(f"{name} must be a number from 0 to 2^32 - 1")
    return value


def _quantity(entry: Any) -> int:
    text = entry["val"] if isinstance(entry, dict) else "0"
    if not isinstance(text, str) or not text.isascii() or not text.isdigit() or len(text) > 20:
        raise ValueError(f"quantity {text!r:.40} is no number")
    return int(text)


# --- Checking


def validate(document: Sequence[dict[str, Any]], file: str) -> None:
    """The checks of a manifest on its own, for an SDL file: raises SdlError naming the service."""
    try:
        check(parse(canonical(list(document))).groups)
    except ManifestError as error:
        raise SdlError(Place(file, 0, "services"), str(error).removeprefix("invalid manifest: ")) from error


def check(groups: Sequence[Group]) -> None:
    """Names, ports, hosts, at least one way in. Raises ManifestError."""
    if not groups:
        raise ManifestError("invalid manifest: zero groups")
    if len({group.name for group in groups}) != len(groups):
        raise ManifestError("invalid manifest: duplicate group name")
    hosts: set[str] = set()
    ways_in = 0
    for group in groups:
        if not group.services:
            raise ManifestError(f'invalid manifest: group "{group.name}" contains no services')
        for service in group.services:
            _check_service(service)
            for expose in service.expose:
                ways_in += expose.is_global
                _check_hosts(service, expose, hosts)
    if not ways_in:
        raise ManifestError("invalid manifest: zero global services: no port is exposed to the world")


def _check_service(service: Service) -> None:
    where = f'invalid manifest: service "{service.name}"'
    if not SERVICE_NAME.fullmatch(service.name) or len(service.name) > 63:
        raise ManifestError(
            f"{where} name is invalid; allowed: lower-case letters, digits and '-', beginning with a letter"
        )
    if not service.image:
        raise ManifestError(f"{where} has empty image name")
    if service.resources.id == 0:
        raise ManifestError(f"{where} has no resource id")
    for entry in service.env:
        name = entry.partition("=")[0]
        if not ENV_NAME.fullmatch(name):
            raise ManifestError(f'{where} defines an env. var. with an invalid name "{name[:60]}"')
    for expose in service.expose:
        if not 0 < expose.port <= 65535:
            raise ManifestError(f"{where} port value must be 0 < value <= 65535: found {expose.port}")
        if expose.proto not in ("TCP", "UDP"):
            raise ManifestError(f"{where} has an unsupported service protocol {expose.proto[:20]}")


def _check_hosts(service: Service, expose: Expose, hosts: set[str]) -> None:
    for host in expose.hosts:
        if not HOST_LABEL.fullmatch(host) or len(host) > HOST_CHARS_MAX:
            raise ManifestError(
                f'invalid manifest: service "{service.name}" has an invalid hostname "{host[:80]}"'
            )
        if host in hosts:
            raise ManifestError(f'invalid manifest: hostname "{host}" is duplicated')
        hosts.add(host)


def cross_check(manifest: Manifest, specs: Sequence[Any]) -> None:
    """Compare with the groups on the ledger (GroupSpec messages). Raises ManifestError."""
    by_name = {spec.name: spec for spec in specs}
    if len(manifest.groups) != len(by_name):
        raise ManifestError(
            f"manifest cross-validation error: group count mismatch {len(manifest.groups)} != {len(by_name)}"
        )
    for group in manifest.groups:
        spec = by_name.get(group.name)
        if spec is None:
            raise ManifestError(f'manifest cross-validation error: group "{group.name}" not in deployment')
        _cross_check_group(group, spec)


def _cross_check_group(group: Group, spec: Any) -> None:
    left = {unit.resource.id: unit.count for unit in spec.resources}
    units = {unit.resource.id: unit for unit in spec.resources}
    for service in group.services:
        unit = units.get(service.resources.id)
        where = f'manifest cross-validation error: group "{group.name}" service "{service.name}"'
        if unit is None:
            raise ManifestError(f"{where}: resources ID={service.resources.id} not found in deployment")
        left[service.resources.id] -= service.count
        if left[service.resources.id] < 0:
            raise ManifestError(f"{where}: over-utilized deployment resources")
        if _ledger_resources(unit.resource) != _comparable(service.resources):
            raise ManifestError(f"{where}: resources differ from the deployment's")
    for number, count in left.items():
        if count:
            raise ManifestError(
                f'manifest cross-validation error: group "{group.name}": under-utilized deployment resources ID={number}'
            )
    _cross_check_endpoints(group, spec)


def _cross_check_endpoints(group: Group, spec: Any) -> None:
    wanted: dict[int, int] = {}
    for unit in spec.resources:
        for endpoint in unit.resource.endpoints:
            wanted[endpoint.kind] = wanted.get(endpoint.kind, 0) + 1
    given: dict[int, int] = {}
    for service in group.services:
        for expose in service.expose:
            if expose.is_global:
                kind = 0 if expose.is_http else 1
                given[kind] = given.get(kind, 0) + 1
                if expose.ip:
                    given[2] = given.get(2, 0) + 1
    for kind, name in ((0, "HTTP endpoints"), (1, "endpoints"), (2, "IP endpoints")):
        difference = wanted.get(kind, 0) - given.get(kind, 0)
        if difference:
            word = "under" if difference > 0 else "over"
            raise ManifestError(
                f'manifest cross-validation error: group "{group.name}": {word}-utilized {name}'
            )


def _comparable(resources: Resources) -> tuple[Any, ...]:
    volumes = [(each.name, each.size, sorted(each.attributes.items())) for each in resources.storage]
    return resources.cpu, resources.memory, resources.gpu, sorted(resources.gpu_attributes), volumes


def _ledger_resources(resource: Any) -> tuple[Any, ...]:
    volumes = [
        (volume.name, int(volume.quantity.val or b"0"), sorted((a.key, a.value) for a in volume.attributes))
        for volume in resource.storage
    ]
    return (
        int(resource.cpu.units.val or b"0"),
        int(resource.memory.quantity.val or b"0"),
        int(resource.gpu.units.val or b"0"),
        sorted(attribute.key for attribute in resource.gpu.attributes),
        volumes,
    )
