"""Rules between the parts of a file: every name leads somewhere, volumes have their mounts, ports do not collide."""

from __future__ import annotations

from supercloud.sdl.document import Place, SdlError
from supercloud.sdl.schema import Compute, Deployed, Document, Expose, Service


def check(document: Document, file: str) -> None:
    """Raise SdlError for the first thing that does not fit."""
    used: set[str] = set()
    ports: dict[tuple[str, int, str], str] = {}
    for line in document.deployed:
        service, compute = _resolve(document, line)
        for expose in service.expose:
            _check_addresses(document, service, expose, used, ports)
        _check_volumes(service, compute, document.merges_units)
    for endpoint in document.endpoints:
        if endpoint not in used:
            raise SdlError(
                Place(file, 0, f"endpoints.{endpoint}"), f'endpoint "{endpoint}" declared but never used'
            )
    if not document.deployed:
        raise SdlError(Place(file, 0, "deployment"), "nothing is deployed", "a service under deployment")


def _resolve(document: Document, line: Deployed) -> tuple[Service, Compute]:
    compute = document.computes.get(line.profile)
    if compute is None:
        raise line.value.refuse(
            f"no compute profile named {line.profile}", ", ".join(document.computes) or "none"
        )
    placement = document.placements.get(line.placement)
    if placement is None:
        raise line.value.refuse(
            f"no placement profile named {line.placement}", ", ".join(document.placements) or "none"
        )
    if line.profile not in placement.pricing:
        raise line.value.refuse(
            f"no pricing for profile {line.profile}", ", ".join(placement.pricing) or "none"
        )
    service = document.services.get(line.service)
    if service is None:
        raise line.value.refuse(
            f"no service profile named {line.service}", ", ".join(document.services) or "none"
        )
    return service, compute


def _check_addresses(
    document: Document,
    service: Service,
    expose: Expose,
    used: set[str],
    ports: dict[tuple[str, int, str], str],
) -> None:
    for to in expose.to:
        if not to.ip:
            continue
        if not to.is_global:
            raise expose.value.refuse(
                f'error on "{service.name}" if an IP is declared the directive must be declared as global'
            )
        if to.ip not in document.endpoints:
            raise expose.value.refuse(
                f'error on service "{service.name}" no endpoint named "{to.ip}" exists',
                ", ".join(document.endpoints) or "none declared",
            )
        used.add(to.ip)
        key = (to.ip, expose.external, expose.proto)
        if key in ports:
            raise expose.value.refuse(
                f'IP endpoint "{to.ip}" port: {expose.port} protocol: {expose.proto} specified by service '
                f'"{service.name}" already in use by "{ports[key]}"'
            )
        ports[key] = service.name


def _check_volumes(service: Service, compute: Compute, merges_units: bool) -> None:
    mounts = (
        {mount.name: mount for mount in (service.params.storage or ()) if service.params}
        if service.params
        else {}
    )
    volumes = {volume.name: volume for volume in compute.storage}
    taken: dict[str, str] = {}
    for mount in mounts.values():
        volume = volumes.get(mount.name)
        if volume is None:
            raise service.value.refuse(
                f'service "{service.name}" references to no-existing compute volume named "{mount.name}"',
                ", ".join(volumes),
            )
        if mount.mount in taken:
            raise service.value.refuse(
                f'duplicated mount point: mount "{mount.mount}" already in use by volume "{taken[mount.mount]}"'
            )
        taken[mount.mount] = mount.name
        if merges_units and mount.read_only and volume.attribute("class") == "ram":
            raise service.value.refuse(f'readOnly=true not allowed for class "ram" (volume "{mount.name}")')
    for volume in compute.storage:
        if volume.persistent and volume.name not in mounts and not (merges_units and not mounts):
            if merges_units:
                continue
            raise service.value.refuse(
                f"compute.storage.{volume.name} has persistent=true which requires "
                f"service.{service.name}.params.storage.{volume.name} to have mount"
            )
