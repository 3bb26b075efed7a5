"""From YAML to a `schema.Document`: every key checked where it stands."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, TypeVar

from supercloud.sdl import units
from supercloud.sdl.document import Value, parse
from supercloud.sdl.resources import compute
from supercloud.sdl.schema import (
    Attribute,
    Compute,
    Credentials,
    Deployed,
    Document,
    Expose,
    HttpOptions,
    Mount,
    Params,
    Placement,
    Price,
    Service,
    To,
)

Result = TypeVar("Result")

TOP_LEVEL: Final = ("version", "include", "services", "profiles", "deployment", "endpoints", "reclamation")
U32_MAX: Final = 2**32 - 1
PORT_MAX: Final = 65535
ITEMS_MAX: Final = 2048
ENDPOINT_NAME: Final = re.compile(r"[a-z]+[a-z\-_0-9]+")
DENOM: Final = re.compile(r"[a-zA-Z][a-zA-Z0-9/:._-]{2,127}")
NEXT_CASES: Final = ("error", "timeout", "403", "404", "429", "500", "502", "503", "504", "off")
SERVICE_KEYS: Final = ("image", "command", "args", "env", "expose", "dependencies", "params", "credentials")
EXPOSE_KEYS: Final = ("port", "as", "proto", "accept", "to", "http_options")
_VERSION: Final = re.compile(r"\s*v?([0-9]{1,9})(?:\.([0-9]{1,9}))?(?:\.([0-9]{1,9}))?([-+].*)?\s*")


def read(content: str | bytes, file: str) -> Document:
    """Parse and check a file. Raises SdlError."""
    root = parse(content, file)
    if not root.is_map:
        raise root.refuse("no version found", "a mapping with version, services, profiles and deployment")
    fields = root.fields()
    for name, value in fields.items():
        if name not in TOP_LEVEL:
            raise value.refuse(f"sdl: unexpected field {name}", ", ".join(TOP_LEVEL))
    warnings: list[str] = []
    merges_units = _version(root, fields)
    profiles = fields["profiles"].fields() if "profiles" in fields else {}
    return Document(
        merges_units=merges_units,
        services=_each(
            fields.get("services"), lambda name, value: _service(name, value, merges_units, warnings)
        ),
        computes=_each(profiles.get("compute"), _compute),
        placements=_each(profiles.get("placement"), _placement),
        deployed=_deployed(fields.get("deployment")),
        endpoints=tuple(_each(fields.get("endpoints"), _endpoint)),
        reclamation_ns=_reclamation(fields.get("reclamation")),
        warnings=tuple(warnings),
    )


def _each(value: Value | None, make: Callable[[str, Value], Result]) -> dict[str, Result]:
    if value is None:
        return {}
    return {name: make(name, entry) for name, entry in value.fields().items()}


def _version(root: Value, fields: dict[str, Value]) -> bool:
    """Whether the rules of 2.1 apply."""
    value = fields.get("version")
    if value is None or value.is_null:
        raise root.refuse("no version found", 'version: "2.0" or "2.1"')
    match = _VERSION.fullmatch(value.text())
    if match is None:
        raise value.refuse(f"config: unsupported version {value.found()}", "2.0, 2.1")
    if match[4]:
        raise value.refuse(f"short version cannot contain pre-release: {value.found()}", "2.0, 2.1")
    number = (int(match[1]), int(match[2] or 0), int(match[3] or 0))
    if number == (2, 0, 0):
        return False
    if number >= (2, 1, 0):
        return True
    raise value.refuse(f"config: unsupported version {value.found()}", "2.0, 2.1")


# --- Services


def _service(name: str, value: Value, trims: bool, warnings: list[str]) -> Service:
    fields = value.fields()
    _warn_unknown(fields, SERVICE_KEYS, warnings)
    image = fields["image"].text() if "image" in fields else ""
    if not image:
        raise value.refuse(f'service "{name}" has empty image name', "image: NAME[:TAG]")
    return Service(
        name=name,
        image=image,
        command=_texts(fields.get("command")),
        args=_texts(fields.get("args")),
        env=_texts(fields.get("env")),
        expose=tuple(_expose(item, warnings) for item in _list(fields.get("expose"))),
        params=_params(fields.get("params")),
        credentials=_credentials(fields.get("credentials"), trims),
        value=value,
    )


def _warn_unknown(fields: dict[str, Value], known: tuple[str, ...], warnings: list[str]) -> None:
    for name, value in fields.items():
        if name not in known:
            warnings.append(str(value.refuse(f"key `{name}` has no meaning here", ", ".join(known))))


def _list(value: Value | None) -> list[Value]:
    items = value.items() if value is not None else []
    if value is not None and len(items) > ITEMS_MAX:
        raise value.refuse(f"{len(items)} entries", f"at most {ITEMS_MAX}")
    return items


def _texts(value: Value | None) -> tuple[str, ...] | None:
    """A list of texts; None when the key is absent or null."""
    if value is None or value.is_null:
        return None
    return tuple(item.text() for item in _list(value))


def _expose(value: Value, warnings: list[str]) -> Expose:
    fields = value.fields()
    _warn_unknown(fields, EXPOSE_KEYS, warnings)
    port = fields["port"].integer(0, U32_MAX) if "port" in fields else 0
    if not 0 < port <= PORT_MAX:
        raise fields.get("port", value).refuse(
            f"port value must be 0 < value <= 65535: found {port}", f"1 to {PORT_MAX}"
        )
    proto = fields["proto"].text() if "proto" in fields else ""
    if proto.upper() not in ("", "TCP", "UDP"):
        raise fields["proto"].refuse(f"unsupported service protocol: {fields['proto'].found()}", "tcp, udp")
    accept = fields.get("accept")
    return Expose(
        port=port,
        external=fields["as"].integer(0, PORT_MAX) if "as" in fields and not fields["as"].is_null else 0,
        proto=proto.upper() or "TCP",
        accept=_texts(accept),
        to=tuple(_to(item) for item in _list(fields.get("to"))),
        http=_http(fields.get("http_options")),
        value=value,
    )


def _to(value: Value) -> To:
    fields = value.fields()
    return To(
        service=fields["service"].text() if "service" in fields else "",
        is_global=fields["global"].boolean()
        if "global" in fields and not fields["global"].is_null
        else False,
        ip=fields["ip"].text() if "ip" in fields else "",
    )


def _http(value: Value | None) -> HttpOptions:
    default = HttpOptions()
    if value is None:
        return default
    fields = value.fields()

    def number(name: str, standard: int, limit: int) -> int:
        entry = fields.get(name)
        if entry is None or entry.is_null:
            return standard
        found = entry.integer(0, U32_MAX)
        if found > limit:
            raise entry.refuse(f"{name} is {found}", f"at most {limit}")
        return found or standard

    return HttpOptions(
        max_body_size=number("max_body_size", default.max_body_size, 104857600),
        read_timeout=number("read_timeout", default.read_timeout, 60000),
        send_timeout=number("send_timeout", default.send_timeout, 60000),
        next_tries=number("next_tries", default.next_tries, U32_MAX),
        next_timeout=number("next_timeout", default.next_timeout, U32_MAX),
        next_cases=_next_cases(fields.get("next_cases"), default),
        proxy_buffer_size=number("proxy_buffer_size", 0, 1048576),
    )


def _next_cases(value: Value | None, default: HttpOptions) -> tuple[str, ...]:
    cases = _texts(value)
    if not cases or value is None:
        return default.next_cases
    for case in cases:
        if case not in NEXT_CASES:
            raise value.refuse(f"next case is unknown: {case[:40]!r}", ", ".join(NEXT_CASES))
    if "off" in cases and len(cases) > 1:
        raise value.refuse('if "off" is specified, no other cases may be present', "off alone")
    return cases


def _params(value: Value | None) -> Params | None:
    if value is None or value.is_null:
        return None
    fields = value.fields()
    storage = None
    if "storage" in fields and not fields["storage"].is_null:
        storage = tuple(sorted(_mount(name, entry) for name, entry in fields["storage"].fields().items()))
    permissions = None
    if "permissions" in fields and not fields["permissions"].is_null:
        permissions = _texts(fields["permissions"].fields().get("read")) or ()
    tee = fields["tee"] if "tee" in fields and not fields["tee"].is_null else None
    return Params(storage or None, permissions, _tee(tee))


def _mount(name: str, value: Value) -> Mount:
    fields = value.fields()
    mount = fields["mount"].text() if "mount" in fields else ""
    if not mount.startswith("/"):
        raise value.refuse(
            f'invalid value for mount of "{name}": expected absolute path, found {mount[:60]!r}'
        )
    read_only = fields.get("readOnly")
    return Mount(name, mount, read_only.boolean() if read_only and not read_only.is_null else False)


def _tee(value: Value | None) -> str | None:
    if value is None:
        return None
    inner = value.fields().get("type") if value.is_map else value
    kind = inner.text() if inner is not None else ""
    if kind not in ("cpu", "cpu-gpu"):
        raise value.refuse(f"sdl: unsupported tee type: {kind[:40]!r}", "cpu, cpu-gpu")
    return kind


def _credentials(value: Value | None, trims: bool) -> Credentials | None:
    if value is None or value.is_null:
        return None
    fields = value.fields()
    texts = {
        name: fields[name].text() if name in fields else ""
        for name in ("host", "email", "username", "password")
    }
    for name in ("host", "username", "password"):
        if not texts[name].strip():
            raise value.refuse(f"missing {name.capitalize()} in credentials", "host, username and password")
    if trims:
        return Credentials(**{name: text.strip() for name, text in texts.items()})
    return Credentials(texts["host"], "", texts["username"], texts["password"])


# --- Profiles


def _compute(name: str, value: Value) -> Compute:
    resources = value.fields().get("resources")
    return compute(resources if resources is not None else value, resources is not None)


def _placement(name: str, value: Value) -> Placement:
    fields = value.fields()
    attributes = fields["attributes"].fields() if "attributes" in fields else {}
    signed = fields["signedBy"].fields() if "signedBy" in fields else {}
    return Placement(
        name=name,
        attributes=tuple(sorted(Attribute(key, entry.as_attribute()) for key, entry in attributes.items())),
        all_of=_texts(signed.get("allOf")) or (),
        any_of=_texts(signed.get("anyOf")) or (),
        pricing=_each(fields.get("pricing"), _price),
        value=value,
    )


def _price(name: str, value: Value) -> Price:
    fields = value.fields()
    denom = fields["denom"].text() if "denom" in fields else ""
    if not DENOM.fullmatch(denom):
        raise value.refuse(f"invalid denom {denom[:40]!r}", "a denomination such as uakt")
    if "amount" not in fields:
        raise value.refuse("price has no amount", "amount: a decimal number above zero")
    text, raw = units.price(fields["amount"])
    return Price(denom, text, raw)


# --- The rest


def _deployed(value: Value | None) -> tuple[Deployed, ...]:
    """Lines sorted by service, then placement: the order in which groups are built."""
    lines = []
    for service, placements in (value.fields() if value is not None else {}).items():
        for placement, entry in placements.fields().items():
            fields = entry.fields()
            lines.append(
                Deployed(
                    service=service,
                    placement=placement,
                    profile=fields["profile"].text() if "profile" in fields else "",
                    count=fields["count"].integer(0, U32_MAX) if "count" in fields else 0,
                    value=entry,
                )
            )
    return tuple(sorted(lines, key=lambda line: (line.service, line.placement)))


def _endpoint(name: str, value: Value) -> str:
    if not ENDPOINT_NAME.fullmatch(name):
        raise value.refuse(
            f'endpoint named "{name}" is not a valid name', "lower-case letters, digits, - and _"
        )
    kind = value.fields().get("kind")
    if kind is None or not kind.text():
        raise value.refuse(f'endpoint named "{name}" has no kind', "kind: ip")
    if kind.text() != "ip":
        raise kind.refuse(f'endpoint named "{name}", unknown kind {kind.found()}', "ip")
    return name


def _reclamation(value: Value | None) -> int | None:
    if value is None or value.is_null:
        return None
    window = value.fields().get("min_window")
    if window is None:
        raise value.refuse("reclamation has no min_window", "min_window: a duration such as 24h")
    return units.duration_ns(window)
