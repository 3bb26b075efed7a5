"""A workload's service as the engine's container settings. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from supercloud.provider.drivers.base import Workload, expand
from supercloud.sdl.manifest import Service

LABEL_OURS: Final = "akash.network"
LABEL_LEASE: Final = "supercloud.lease"
LABEL_VERSION: Final = "supercloud.version"
LABEL_SERVICE: Final = "akash.network/manifest-service"
LABEL_NAMESPACE: Final = "akash.network/namespace"
LABEL_REPLICA: Final = "supercloud.replica"
LABEL_TOTAL: Final = "supercloud.total"
PIDS_MAX: Final = 4096
STOP_TIMEOUT_S: Final = 10
# What images need to change users and bind low ports, and no more: Docker's default set without raw sockets, device
# nodes, audit writes and file capabilities.
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
LOG_OPTIONS: Final = {"max-size": "10m"}


def names(workload: Workload) -> Iterator[tuple[Service, int, str]]:
    """Service, replica number and container name of every replica."""
    for service in workload.services:
        for index in range(service.count):
            yield service, index, container_name(workload.namespace, service.name, index)


def container_name(namespace: str, service: str, index: int) -> str:
    """`<service>-<lease hash>-<n>`: consoles show the part before the first dash as the service."""
    return f"{service}-{namespace[:20]}-{index}"


def settings(workload: Workload, service: Service, index: int, total: int) -> dict[str, Any]:
    """Settings of one container for the create call."""
    environment = _environment(workload, service)
    ports = dict(_ports(workload, service, index))
    settings: dict[str, Any] = {
        "Image": service.image,
        "Env": [f"{name}={value}" for name, value in environment.items()],
        "Labels": _labels(workload, service, index, total),
        "Hostname": service.name,
        "ExposedPorts": {port: {} for port in ports},
        "StopTimeout": STOP_TIMEOUT_S,
        "HostConfig": {
            **_limits(service),
            **_volumes(workload, service),
            "NetworkMode": workload.namespace,
            "PortBindings": ports,
            "Privileged": False,
            "SecurityOpt": ["no-new-privileges"],
            "CapDrop": ["ALL"],
            "CapAdd": list(CAPABILITIES),
            "RestartPolicy": {"Name": "always"},
        },
        "NetworkingConfig": {"EndpointsConfig": {workload.namespace: {"Aliases": [service.name]}}},
    }
    if service.command:
        settings["Entrypoint"] = [expand(word, environment) for word in service.command]
    if service.args:
        settings["Cmd"] = [expand(word, environment) for word in service.args]
    return settings


def _environment(workload: Workload, service: Service) -> dict[str, str]:
    environment = dict(workload.environment)
    for entry in service.env:
        name, _, value = entry.partition("=")
        environment[name] = value
    return {name: expand(value, environment) for name, value in environment.items()}


def _labels(workload: Workload, service: Service, index: int, total: int) -> dict[str, str]:
    return {
        LABEL_OURS: "true",
        LABEL_LEASE: workload.lease,
        LABEL_VERSION: workload.version,
        LABEL_NAMESPACE: workload.namespace,
        LABEL_SERVICE: service.name,
        LABEL_REPLICA: str(index),
        LABEL_TOTAL: str(total),
    }


def _limits(service: Service) -> dict[str, Any]:
    resources = service.resources
    # Volumes in memory count as memory of the container, so its limit grows by them.
    in_memory = sum(volume.size for volume in resources.storage if volume.in_memory)
    memory = resources.memory + in_memory
    return {
        "NanoCpus": resources.cpu * 10**6,
        "Memory": memory,
        "MemorySwap": memory,
        "PidsLimit": PIDS_MAX,
        # Engines without CAP_SYS_RESOURCE can only set both or neither.
        "Ulimits": [
            {"Name": "nofile", "Soft": 4096, "Hard": 4096},
            {"Name": "nproc", "Soft": 4096, "Hard": 4096},
        ],
    }


def _volumes(workload: Workload, service: Service) -> dict[str, Any]:
    volumes = {volume.name: volume for volume in service.resources.storage}
    binds: list[str] = []
    memory: dict[str, str] = {}
    for mount in service.mounts:
        volume = volumes.get(mount.name)
        if volume is None:
            continue
        mode = "ro" if mount.read_only else "rw"
        if volume.in_memory:
            memory[mount.mount] = f"size={volume.size},{mode}"
        else:
            binds.append(f"{volume_name(workload.namespace, service.name, volume.name)}:{mount.mount}:{mode}")
    return {"Binds": binds, "Tmpfs": memory}


def volume_name(namespace: str, service: str, volume: str) -> str:
    """Name of a lease's volume."""
    return f"{namespace}-{service}-{volume}"


def volume_names(workload: Workload) -> list[str]:
    """Volumes that a workload mounts, with those in memory left out."""
    found = []
    for service in workload.services:
        in_memory = {volume.name for volume in service.resources.storage if volume.in_memory}
        found += [
            volume_name(workload.namespace, service.name, mount.name)
            for mount in service.mounts
            if mount.name not in in_memory
        ]
    return found


def _ports(workload: Workload, service: Service, index: int) -> Iterator[tuple[str, list[Mapping[str, str]]]]:
    """Web ports go to a loopback port the engine chooses, for the proxy; others to the port the lease was given."""
    for expose in service.expose:
        if not expose.is_global:
            continue
        key = f"{expose.port}/{expose.proto.lower()}"
        if expose.is_http:
            yield key, [{"HostIp": "127.0.0.1", "HostPort": ""}]
        elif index == 0:
            port = workload.ports[service.name, expose.port, expose.proto]
            yield key, [{"HostIp": workload.listen, "HostPort": str(port)}]
