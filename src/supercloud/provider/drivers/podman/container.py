"""A workload's service as the engine's container settings. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from supercloud.provider.drivers.base import Workload, environment_of, expand
from supercloud.provider.drivers.podman import reference
from supercloud.sdl.manifest import Mount, Service, Storage

LABEL_OURS: Final = "akash.network"
LABEL_NAMESPACE: Final = "akash.network/namespace"
LABEL_SERVICE: Final = "akash.network/manifest-service"
LABEL_SCOPE: Final = "supercloud.agent"
LABEL_LEASE: Final = "supercloud.lease"
LABEL_REPLICA: Final = "supercloud.replica"
LABEL_SETTINGS: Final = "supercloud.settings"
LABEL_IMAGE: Final = "supercloud.image"
LABEL_GPUS: Final = "supercloud.gpus"
LABEL_DISK: Final = "supercloud.disk"
LABEL_RENAMED: Final = "supercloud.renamed-ports"

HOSTNAME_CHARS_MAX: Final = 63
PIDS_MAX: Final = 4096
STOP_TIMEOUT_S: Final = 10
SHARED_MEMORY: Final = "/dev/shm"
# What images need to change users, own files and bind low ports. Of Docker's default set these are left out: NET_RAW
# (forged packets), MKNOD (device nodes), AUDIT_WRITE, SETFCAP and SETPCAP (handing out capabilities).
CAPABILITIES: Final = (
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "NET_BIND_SERVICE",
    "SETGID",
    "SETUID",
    "SYS_CHROOT",
)
LOG_BYTES_MAX: Final = "10m"


class Machine(NamedTuple):
    """What of the engine's machine goes into every container: whose it is, and limits it can not exceed."""

    scope: str
    files_max: int
    processes_max: int
    is_podman: bool


def names(workload: Workload) -> Iterator[tuple[Service, int, str]]:
    """Service, replica number and container name of every replica."""
    for service in workload.services:
        for index in range(service.count):
            yield service, index, container_name(workload.namespace, service.name, index)


def container_name(namespace: str, service: str, index: int) -> str:
    """`<service>-<lease hash>-<n>`: consoles show the part before the first dash as the service."""
    return f"{service}-{namespace[:20]}-{index}"


def bridge_name(namespace: str) -> str:
    """The lease's network interface on this machine; interfaces have at most 15 characters."""
    return f"sc-{namespace[:12]}"


def settings(
    workload: Workload, service: Service, index: int, machine: Machine, gpus: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Settings of one container for the create call."""
    environment = environment_of(workload.environment, service.env)
    ports = dict(_ports(workload, service, index))
    made: dict[str, Any] = {
        "Image": reference.parse(service.image).text,
        "Env": [f"{name}={value}" for name, value in environment.items()],
        "Hostname": container_name(workload.namespace, service.name, index)[-HOSTNAME_CHARS_MAX:].lstrip("-"),
        "ExposedPorts": {port: {} for port in ports},
        "Volumes": {mount.mount: {} for mount, _ in _scratch(service)},
        "StopTimeout": STOP_TIMEOUT_S,
        "HostConfig": {
            **_limits(service, machine),
            "Binds": _binds(workload, service, index),
            "Tmpfs": _tmpfs(service),
            "NetworkMode": workload.namespace,
            "PortBindings": ports,
            "Privileged": False,
            "SecurityOpt": ["no-new-privileges"],
            "CapDrop": ["ALL"],
            "CapAdd": list(CAPABILITIES),
            # The driver starts again what ends, later each time: Podman itself would do so without a pause.
            "RestartPolicy": {"Name": "no"},
        },
        "NetworkingConfig": {"EndpointsConfig": {workload.namespace: {"Aliases": [service.name]}}},
    }
    if not machine.is_podman:
        made["HostConfig"]["LogConfig"] = {
            "Type": "json-file",
            "Config": {"max-size": LOG_BYTES_MAX, "max-file": "2"},
        }
    if gpus:
        made["HostConfig"]["DeviceRequests"] = [_gpu_request(gpus, machine)]
    if service.command:
        made["Entrypoint"] = [expand(word, environment) for word in service.command]
    if service.args:
        made["Cmd"] = [expand(word, environment) for word in service.args]
    made["Labels"] = _labels(workload, service, index, machine, gpus, made)
    return made


def _labels(
    workload: Workload,
    service: Service,
    index: int,
    machine: Machine,
    gpus: tuple[str, ...],
    made: dict[str, Any],
) -> dict[str, str]:
    digest = hashlib.sha256(json.dumps(made, sort_keys=True).encode()).hexdigest()
    return {
        LABEL_OURS: "true",
        LABEL_SCOPE: machine.scope,
        LABEL_LEASE: workload.lease,
        LABEL_NAMESPACE: workload.namespace,
        LABEL_SERVICE: service.name,
        LABEL_REPLICA: str(index),
        LABEL_GPUS: ",".join(gpus),
        LABEL_DISK: str(sum(volume.size for volume in service.resources.storage if is_scratch(volume))),
        LABEL_RENAMED: ",".join("/".join(map(str, entry)) for entry in renamed_ports(service)),
        LABEL_SETTINGS: digest,
    }


def _limits(service: Service, machine: Machine) -> dict[str, Any]:
    resources = service.resources
    # Volumes in memory count as memory of the container, so its limit grows by them.
    memory = resources.memory + sum(volume.size for volume in resources.storage if volume.in_memory)
    return {
        "NanoCpus": resources.cpu * 10**6,
        "Memory": memory,
        "MemorySwap": memory,
        "ShmSize": _shared_memory(service),
        "PidsLimit": PIDS_MAX,
        # Always said: an engine without CAP_SYS_RESOURCE fails on its own defaults, and on one limit without the other.
        "Ulimits": [
            {"Name": "nofile", "Soft": machine.files_max, "Hard": machine.files_max},
            {"Name": "nproc", "Soft": machine.processes_max, "Hard": machine.processes_max},
        ],
    }


def _gpu_request(gpus: tuple[str, ...], machine: Machine) -> dict[str, Any]:
    if machine.is_podman:
        return {"Driver": "cdi", "DeviceIDs": [f"nvidia.com/gpu={gpu}" for gpu in gpus]}
    return {"Driver": "nvidia", "DeviceIDs": list(gpus), "Capabilities": [["gpu", "compute", "utility"]]}


# --- Volumes


def is_scratch(volume: Storage) -> bool:
    """Whether a volume is only room on the disk that ends with its container."""
    return not volume.persistent and not volume.in_memory


def _mounted(service: Service) -> Iterator[tuple[Mount, Storage]]:
    volumes = {volume.name: volume for volume in service.resources.storage}
    for mount in service.mounts:
        if mount.name in volumes and mount.mount:
            yield mount, volumes[mount.name]


def _scratch(service: Service) -> Iterator[tuple[Mount, Storage]]:
    return ((mount, volume) for mount, volume in _mounted(service) if is_scratch(volume))


def _binds(workload: Workload, service: Service, index: int) -> list[str]:
    return [
        f"{volume_name(workload.namespace, service.name, index, volume.name)}:{mount.mount}"
        f":{'ro' if mount.read_only else 'rw'}"
        for mount, volume in _mounted(service)
        if volume.persistent
    ]


def _tmpfs(service: Service) -> dict[str, str]:
    return {
        mount.mount: f"size={volume.size},mode=1777,exec,{'ro' if mount.read_only else 'rw'}"
        for mount, volume in _mounted(service)
        if volume.in_memory and mount.mount.rstrip("/") != SHARED_MEMORY
    }


def _shared_memory(service: Service) -> int:
    """Size of /dev/shm: what a volume in memory mounted there asks for, else what engines usually give."""
    asked = [v.size for m, v in _mounted(service) if v.in_memory and m.mount.rstrip("/") == SHARED_MEMORY]
    return asked[0] if asked else 64 * 2**20


def volume_name(namespace: str, service: str, index: int, volume: str) -> str:
    """Name of one replica's volume: each has its own, as with stateful sets."""
    return f"{namespace}-{service}-{index}-{volume}"


def volume_names(workload: Workload) -> list[str]:
    """The volumes of a workload that outlive its containers."""
    return [
        volume_name(workload.namespace, service.name, index, volume.name)
        for service in workload.services
        for _, volume in _mounted(service)
        if volume.persistent
        for index in range(service.count)
    ]


# --- Ports


def _ports(workload: Workload, service: Service, index: int) -> Iterator[tuple[str, list[Mapping[str, str]]]]:
    """Web ports go to a loopback port the engine chooses, for the proxy; others to the port the lease was given, which
    leads to the first replica."""
    bindings: dict[str, list[Mapping[str, str]]] = {}
    for expose in service.expose:
        if not expose.is_global:
            continue
        found = bindings.setdefault(f"{expose.port}/{expose.proto.lower()}", [])
        if expose.is_http:
            binding = {"HostIp": "127.0.0.1", "HostPort": ""}
        elif index == 0:
            port = workload.ports[service.name, expose.port, expose.proto]
            binding = {"HostIp": workload.listen, "HostPort": str(port)}
        else:
            continue
        if binding not in found:
            found.append(binding)
    return iter((key, found) for key, found in bindings.items() if found)


def renamed_ports(service: Service) -> list[tuple[str, int, int]]:
    """(protocol, port peers use, port it listens on) where these differ; a port it listens on keeps its meaning."""
    listened = {(expose.proto, expose.port) for expose in service.expose}
    found = {
        (expose.proto.lower(), expose.external_port): expose.port
        for expose in service.expose
        if (expose.proto, expose.external_port) not in listened
    }
    return [(proto, external, port) for (proto, external), port in sorted(found.items())]


def renamed_of(labels: Mapping[str, str]) -> list[tuple[str, int, int]]:
    """`renamed_ports` again, from a container's labels."""
    entries = [entry.split("/") for entry in labels.get(LABEL_RENAMED, "").split(",") if entry]
    return [(proto, int(external), int(port)) for proto, external, port in entries]
