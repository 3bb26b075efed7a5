"""From a checked document to groups for the ledger and a manifest for the provider, in the network's JSON forms."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from supercloud.pb.akash.deployment.v1beta4 import groupspec_pb2
from supercloud.sdl import manifest
from supercloud.sdl.document import Place, SdlError
from supercloud.sdl.schema import Attribute, Compute, Deployed, Document, Expose, Placement, Service
from supercloud.types.dec import Dec

SHARED_HTTP: Final = 0
RANDOM_PORT: Final = 1
LEASED_IP: Final = 2
INGRESS_PORT: Final = 80
PRICE_RAW_MAX: Final = 10_000_000 * 10**18
MIB: Final = 2**20
TIB: Final = 2**40

Json = dict[str, Any]


class Built(NamedTuple):
    """Both halves of a deployment."""

    groups: list[Json]
    manifest: list[Json]
    denom: str


def build(document: Document, file: str) -> Built:
    """Groups and manifest. Raises SdlError for what the ledger or a provider would refuse."""
    sequence = _sequence_numbers(document)
    groups: dict[str, Any] = {}
    services: dict[str, list[Json]] = {}
    bound: dict[tuple[str, str], int] = {}
    tees: dict[str, str] = {}
    for line in document.deployed:
        service, compute = document.services[line.service], document.computes[line.profile]
        placement = document.placements[line.placement]
        group: Json = groups.setdefault(line.placement, _group(placement))
        _require_tee(group, service, compute, tees)
        exposes = _exposes(service, sequence)
        resources = {**_resources(compute), "endpoints": _endpoints(exposes)}
        _check_unit(line, compute)
        at = bound.get((line.placement, line.profile)) if document.merges_units else None
        if at is None:
            bound[line.placement, line.profile] = len(group["resources"])
            identified = {"id": len(group["resources"]) + 1, **resources}
            price = placement.pricing[line.profile]
            if price.raw > PRICE_RAW_MAX:
                raise line.value.refuse(f"unit price {price.amount} is too high", "at most 10000000 a block")
            group["resources"].append(
                {
                    "resource": identified,
                    "count": line.count,
                    "price": {"denom": price.denom, "amount": price.amount},
                }
            )
        else:
            unit = group["resources"][at]
            identified = {"id": unit["resource"]["id"], **resources}
            unit["count"] += line.count
            merged = unit["resource"]["endpoints"] + resources["endpoints"]
            unit["resource"] = {**unit["resource"], "endpoints": sorted(merged, key=_by_sequence)}
        services.setdefault(line.placement, []).append(_service(service, identified, line.count, exposes))
    names = sorted(groups)
    result: list[Json] = [
        {"name": name, "services": sorted(services[name], key=lambda item: str(item["name"]))}
        for name in names
    ]
    _check_totals(document)
    manifest.validate(result, file)
    return Built([groups[name] for name in names], result, _denom(document, file))


# --- Groups


def _group(placement: Placement) -> Json:
    return {
        "name": placement.name,
        "requirements": {
            "signed_by": {"all_of": list(placement.all_of) or None, "any_of": list(placement.any_of) or None},
            "attributes": _attributes(placement.attributes) or None,
        },
        "resources": [],
    }


def _attributes(attributes: Iterable[Attribute]) -> list[Json]:
    """Key and value; an empty one is left out, as Go's encoder does."""
    return [{name: text for name, text in entry._asdict().items() if text} for entry in attributes]


def _require_tee(group: Json, service: Service, compute: Compute, tees: dict[str, str]) -> None:
    kind = service.params.tee if service.params else None
    if kind is None:
        return
    if kind == "cpu-gpu" and not compute.gpu:
        raise service.value.refuse(
            f'sdl: tee type requires gpu resources: "{kind}" specified but no gpu resources defined'
        )
    known = tees.setdefault(group["name"], kind)
    if known != kind:
        raise service.value.refuse(
            f'sdl: conflicting tee types in the same placement group: group "{group["name"]}" has "{known}" and "{kind}"'
        )
    attributes = group["requirements"]["attributes"] or []
    if not any(entry.get("key") == "tee/type" for entry in attributes):
        attributes = sorted(
            [*attributes, {"key": "tee/type", "value": kind}], key=lambda entry: str(entry["key"])
        )
        group["requirements"]["attributes"] = attributes


def _resources(compute: Compute) -> Json:
    return {
        "cpu": _with_attributes({"units": _value(compute.cpu)}, compute.cpu_attributes),
        "memory": {"size": _value(compute.memory)},
        "storage": [
            _with_attributes({"name": volume.name, "size": _value(volume.size)}, volume.attributes)
            for volume in compute.storage
        ],
        "gpu": _with_attributes({"units": _value(compute.gpu)}, compute.gpu_attributes),
    }


def _value(number: int) -> Json:
    return {"val": str(number)}


def _with_attributes(document: Json, attributes: tuple[Attribute, ...]) -> Json:
    return {**document, "attributes": _attributes(attributes)} if attributes else document


def _check_unit(line: Deployed, compute: Compute) -> None:
    """Limits of one unit, which the ledger enforces too."""
    limits = [
        ("CPU", compute.cpu, 10, 384_000),
        ("GPU", compute.gpu, 0, 24),
        ("memory", compute.memory, MIB, 2 * TIB),
        *(("storage", volume.size, 5 * MIB, 32 * TIB) for volume in compute.storage),
    ]
    for what, found, low, high in limits:
        if not low <= found <= high:
            raise line.value.refuse(
                f"error: invalid unit {what} ({high} > {found} > {low} fails) in profile {line.profile}",
                f"{low} to {high}",
            )


def _check_totals(document: Document) -> None:
    cpu: dict[str, int] = {}
    for line in document.deployed:
        compute = document.computes[line.profile]
        total = cpu[line.placement] = cpu.get(line.placement, 0) + compute.cpu * line.count
        if line.count == 0:
            raise line.value.refuse(
                f"invalid total CPU ({384_000 * 50} > {total} > 0 fails): count is 0", "1 or more"
            )


# --- Endpoints


def _sequence_numbers(document: Document) -> dict[str, int]:
    """Numbers of IP endpoints. The network also counts the nameless targets of internal ports, and a name that is
    used twice gets its last place; both show in the manifest hash."""
    names = []
    for service in _deployed_services(document):
        for expose in service.expose:
            names += [to.ip for to in expose.to if not (to.is_global and not to.ip)]
    return {name: number for number, name in enumerate(sorted(names), 1)}


def _deployed_services(document: Document) -> list[Service]:
    names: list[str] = []
    for line in document.deployed:
        if line.service not in names:
            names.append(line.service)
    return [document.services[name] for name in names]


def _exposes(service: Service, sequence: dict[str, int]) -> list[Json]:
    """One entry for each target of each port, sorted as the network sorts them."""
    entries: list[Json] = []
    for expose in service.expose:
        targets = [(to.service, to.is_global, to.ip) for to in expose.to] or [("", False, "")]
        for target, is_global, ip in targets:
            number = sequence[ip] if is_global and ip else 0
            entries.append(_expose(expose, target, is_global, ip, number))
    return sorted(entries, key=_expose_order)


def _expose_order(entry: Json) -> tuple[str, int, str, bool]:
    return entry["service"], entry["port"], entry["proto"], not entry["global"]


def _expose(expose: Expose, target: str, is_global: bool, ip: str, number: int) -> Json:
    http = expose.http
    options: Json = {
        "maxBodySize": http.max_body_size,
        "readTimeout": http.read_timeout,
        "sendTimeout": http.send_timeout,
        "nextTries": http.next_tries,
        "nextTimeout": http.next_timeout,
        "nextCases": list(http.next_cases),
    }
    if http.proxy_buffer_size:
        options["proxyBufferSize"] = http.proxy_buffer_size
    return {
        "port": expose.port,
        "externalPort": expose.external,
        "proto": expose.proto,
        "service": target,
        "global": is_global,
        "hosts": None if expose.accept is None else list(expose.accept),
        "httpOptions": options,
        "ip": ip,
        "endpointSequenceNumber": number,
    }


def _endpoints(exposes: list[Json]) -> list[Json]:
    """What the ledger knows of ports: kinds only, in the order of the exposes."""
    endpoints: list[Json] = []
    for entry in exposes:
        if not entry["global"]:
            continue
        external = entry["externalPort"] or entry["port"]
        http = entry["proto"] == "TCP" and external == INGRESS_PORT
        endpoints.append({"sequence_number": 0} if http else {"kind": RANDOM_PORT, "sequence_number": 0})
        if entry["ip"]:
            endpoints.append({"kind": LEASED_IP, "sequence_number": entry["endpointSequenceNumber"]})
    return endpoints


def _by_sequence(endpoint: Json) -> int:
    return int(endpoint["sequence_number"])


# --- Manifest


def _service(service: Service, resources: Json, count: int, exposes: list[Json]) -> Json:
    document: Json = {
        "name": service.name,
        "image": service.image,
        "command": _list(service.command),
        "args": _list(service.args),
        "env": _list(service.env),
        "resources": resources,
        "count": count,
        "expose": exposes,
    }
    if service.params is not None:
        params: Json = {"storage": None}
        if service.params.storage:
            params["storage"] = [
                {"name": mount.name, "mount": mount.mount, "readOnly": mount.read_only}
                for mount in service.params.storage
            ]
        if service.params.permissions is not None:
            params["permissions"] = {"read": list(service.params.permissions)}
        if service.params.tee is not None:
            params["tee"] = {"type": service.params.tee, "attestation": True}
        document["params"] = params
    document["credentials"] = service.credentials._asdict() if service.credentials else None
    return document


def _list(texts: tuple[str, ...] | None) -> list[str] | None:
    return None if texts is None else list(texts)


def _denom(document: Document, file: str) -> str:
    denoms = {
        document.placements[line.placement].pricing[line.profile].denom: line for line in document.deployed
    }
    if len(denoms) > 1:
        raise SdlError(
            Place(file, 0, "profiles.placement"),
            f"inconsistent group denomination: {' and '.join(sorted(denoms))}",
            "one denomination for all groups",
        )
    return next(iter(denoms))


# --- Messages


def to_pb(group: Json) -> groupspec_pb2.GroupSpec:
    """A group in JSON form as a message for the ledger."""
    spec = groupspec_pb2.GroupSpec(name=group["name"])
    requirements = group["requirements"]
    spec.requirements.signed_by.all_of.extend(requirements["signed_by"]["all_of"] or ())
    spec.requirements.signed_by.any_of.extend(requirements["signed_by"]["any_of"] or ())
    _add_attributes(spec.requirements.attributes, requirements)
    spec.requirements.signed_by.SetInParent()
    for unit in group["resources"]:
        added = spec.resources.add(count=unit["count"])
        added.price.denom = unit["price"]["denom"]
        added.price.amount = Dec.from_text(unit["price"]["amount"]).to_wire()
        _fill_resources(added.resource, unit["resource"])
    return spec


def _fill_resources(target: Any, source: Json) -> None:
    target.id = source["id"]
    target.cpu.units.val = source["cpu"]["units"]["val"].encode()
    _add_attributes(target.cpu.attributes, source["cpu"])
    target.memory.quantity.val = source["memory"]["size"]["val"].encode()
    target.gpu.units.val = source["gpu"]["units"]["val"].encode()
    _add_attributes(target.gpu.attributes, source["gpu"])
    for volume in source["storage"]:
        added = target.storage.add(name=volume["name"])
        added.quantity.val = volume["size"]["val"].encode()
        _add_attributes(added.attributes, volume)
    for endpoint in source["endpoints"]:
        target.endpoints.add(
            kind=endpoint.get("kind", SHARED_HTTP), sequence_number=endpoint["sequence_number"]
        )


def _add_attributes(target: Any, source: Json) -> None:
    for attribute in source.get("attributes") or ():
        target.add(key=attribute.get("key", ""), value=attribute.get("value", ""))
