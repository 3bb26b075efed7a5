"""SDL 2.0 and 2.1 as values: what the file says, checked on its own, before it is split into groups and manifest."""

from __future__ import annotations

from typing import NamedTuple

from supercloud.sdl.document import Value


class Attribute(NamedTuple):
    """A key and its value."""

    key: str
    value: str


class Volume(NamedTuple):
    """One storage volume; `attributes` is empty for a plain ephemeral one."""

    name: str
    size: int
    attributes: tuple[Attribute, ...]

    def attribute(self, key: str) -> str | None:
        """Value of one attribute."""
        return next((entry.value for entry in self.attributes if entry.key == key), None)

    @property
    def persistent(self) -> bool:
        """Whether it outlives its container."""
        return self.attribute("persistent") == "true"


class Compute(NamedTuple):
    """A compute profile: CPU in thousandths of a core, memory in bytes."""

    cpu: int
    cpu_attributes: tuple[Attribute, ...]
    memory: int
    gpu: int
    gpu_attributes: tuple[Attribute, ...]
    storage: tuple[Volume, ...]


class HttpOptions(NamedTuple):
    """How the proxy treats a service; times in milliseconds, sizes in bytes."""

    max_body_size: int = 1048576
    read_timeout: int = 60000
    send_timeout: int = 60000
    next_tries: int = 3
    next_timeout: int = 0
    next_cases: tuple[str, ...] = ("error", "timeout")
    proxy_buffer_size: int = 0


class To(NamedTuple):
    """Where an exposed port may be reached from."""

    service: str
    is_global: bool
    ip: str


class Expose(NamedTuple):
    """One entry of `expose`."""

    port: int
    external: int
    proto: str
    accept: tuple[str, ...] | None
    to: tuple[To, ...]
    http: HttpOptions
    value: Value


class Mount(NamedTuple):
    """Where a volume appears in the container."""

    name: str
    mount: str
    read_only: bool


class Params(NamedTuple):
    """`params` of a service; None marks parts that are absent."""

    storage: tuple[Mount, ...] | None
    permissions: tuple[str, ...] | None
    tee: str | None


class Credentials(NamedTuple):
    """Login of a private image registry."""

    host: str
    email: str
    username: str
    password: str


class Service(NamedTuple):
    """One service. None marks lists that are absent, which the manifest tells from empty ones."""

    name: str
    image: str
    command: tuple[str, ...] | None
    args: tuple[str, ...] | None
    env: tuple[str, ...] | None
    expose: tuple[Expose, ...]
    params: Params | None
    credentials: Credentials | None
    value: Value


class Price(NamedTuple):
    """What a unit may cost a block at most; `amount` is decimal text with 18 digits."""

    denom: str
    amount: str
    raw: int


class Placement(NamedTuple):
    """One placement profile."""

    name: str
    attributes: tuple[Attribute, ...]
    all_of: tuple[str, ...]
    any_of: tuple[str, ...]
    pricing: dict[str, Price]
    value: Value


class Deployed(NamedTuple):
    """One line of `deployment`: how many of a service run with which profile where."""

    service: str
    placement: str
    profile: str
    count: int  # type: ignore[assignment]
    value: Value


class Document(NamedTuple):
    """A whole file. `merges_units` is what 2.1 changed."""

    merges_units: bool
    services: dict[str, Service]
    computes: dict[str, Compute]
    placements: dict[str, Placement]
    deployed: tuple[Deployed, ...]
    endpoints: tuple[str, ...]
    reclamation_ns: int | None
    warnings: tuple[str, ...]
