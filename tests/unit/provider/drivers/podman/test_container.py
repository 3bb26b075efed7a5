"""Settings of containers: limits, ports, volumes, words, and when two of them are the same."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

from supercloud.provider.drivers.podman import container
from supercloud.provider.drivers.podman.container import Machine
from supercloud.sdl.manifest import Mount, Resources, Storage

PODMAN = Machine("me", 1000, 500, is_podman=True)
DOCKER = PODMAN._replace(is_podman=False)
PERSISTENT = {"persistent": "true", "class": "default"}


def _settings(make: ModuleType, machine: Machine = PODMAN, **changes: Any) -> dict[str, Any]:
    service = make.service(**changes)
    ports = {("web", 9000, "TCP"): 30001, ("web", 53, "UDP"): 30002}
    return container.settings(make.workload(service, ports=ports), service, 0, machine)


def test_a_container_can_do_little(make: ModuleType) -> None:
    host = _settings(make)["HostConfig"]
    assert host["Privileged"] is False
    assert host["SecurityOpt"] == ["no-new-privileges"]
    assert host["CapDrop"] == ["ALL"]
    assert not {"NET_RAW", "MKNOD", "SYS_ADMIN", "SETFCAP", "SETPCAP", "NET_ADMIN"} & set(host["CapAdd"])
    assert host["PidsLimit"] == container.PIDS_MAX
    assert host["RestartPolicy"] == {"Name": "no"}


def test_limits_are_what_was_asked_for(make: ModuleType) -> None:
    """Volumes in memory count as memory."""
    storage = (Storage("default", 10 * make.MI, {}), Storage("shm", 8 * make.MI, {"class": "ram"}))
    host = _settings(make, resources=Resources(1, 1500, 128 * make.MI, 0, (), storage))["HostConfig"]
    assert host["NanoCpus"] == 1_500_000_000
    assert host["Memory"] == host["MemorySwap"] == 136 * make.MI
    assert {limit["Name"]: limit["Hard"] for limit in host["Ulimits"]} == {"nofile": 1000, "nproc": 500}


def test_names_are_expanded_in_words_and_variables(make: ModuleType) -> None:
    service = make.service(
        env=("A=1", "B=$(A)-$(AKASH_OWNER)", "EMPTY"), command=("run", "$(B)"), args=("$$(A)",)
    )
    work = make.workload(service, environment={"AKASH_OWNER": "me", "A": "0"})
    made = container.settings(work, service, 0, PODMAN)
    assert dict(entry.split("=", 1) for entry in made["Env"]) == {
        "AKASH_OWNER": "me",
        "A": "1",
        "B": "1-me",
        "EMPTY": "",
    }
    assert (made["Entrypoint"], made["Cmd"]) == (["run", "1-me"], ["$(A)"])


def test_ports(make: ModuleType) -> None:
    """Web ports go to loopback, other global ones to the given port of the first replica, the rest nowhere."""
    exposes = (
        make.expose(8080, 80),
        make.expose(9000),
        make.expose(53, 0, "UDP"),
        make.expose(5432, is_global=False),
    )
    service = make.service(expose=exposes, count=2)
    work = make.workload(service, ports={("web", 9000, "TCP"): 30001, ("web", 53, "UDP"): 30002})
    first, second = (
        container.settings(work, service, index, PODMAN)["HostConfig"]["PortBindings"] for index in (0, 1)
    )
    web = {"8080/tcp": [{"HostIp": "127.0.0.1", "HostPort": ""}]}
    assert first == web | {
        "9000/tcp": [{"HostIp": "127.0.0.1", "HostPort": "30001"}],
        "53/udp": [{"HostIp": "127.0.0.1", "HostPort": "30002"}],
    }
    assert second == web


@pytest.mark.parametrize(
    ("exposes", "expected"),
    [
        ([(8080, 80, "TCP")], [("tcp", 80, 8080)]),
        ([(8080, 8080, "TCP"), (9000, 0, "TCP")], []),
        ([(8080, 80, "TCP"), (80, 8080, "TCP")], []),
        ([(8080, 80, "TCP"), (80, 80, "UDP")], [("tcp", 80, 8080)]),
    ],
)
def test_renamed_ports(
    make: ModuleType, exposes: list[tuple[int, int, str]], expected: list[tuple[str, int, int]]
) -> None:
    """Only names that lead elsewhere, and never a port that something listens on; found again in the labels."""
    made = _settings(make, expose=tuple(make.expose(*entry, is_global=False) for entry in exposes))
    assert container.renamed_of(made["Labels"]) == expected


def test_volumes(make: ModuleType) -> None:
    storage = (
        Storage("data", make.MI, PERSISTENT),
        Storage("ro", make.MI, PERSISTENT),
        Storage("scratch", make.MI, {}),
        Storage("fast", 2 * make.MI, {"class": "ram"}),
        Storage("shm", 3 * make.MI, {"class": "ram"}),
    )
    mounts = (
        Mount("data", "/data", False),
        Mount("ro", "/ro", True),
        Mount("scratch", "/tmp/x", False),
        Mount("fast", "/fast", False),
        Mount("shm", "/dev/shm/", False),
        Mount("unknown", "/nowhere", False),
    )
    service = make.service(resources=Resources(1, 100, make.MI, 0, (), storage), mounts=mounts, count=2)
    work = make.workload(service)
    made = container.settings(work, service, 1, PODMAN)
    data = container.volume_name(work.namespace, "web", 1, "data")
    assert made["HostConfig"]["Binds"] == [
        f"{data}:/data:rw",
        f"{container.volume_name(work.namespace, 'web', 1, 'ro')}:/ro:ro",
    ]
    assert made["HostConfig"]["Tmpfs"] == {"/fast": f"size={2 * make.MI},mode=1777,exec,rw"}
    assert made["HostConfig"]["ShmSize"] == 3 * make.MI
    assert made["Volumes"] == {"/tmp/x": {}}
    assert made["Labels"][container.LABEL_DISK] == str(make.MI)
    # Each replica has its own, and only those that outlive containers are made beforehand.
    assert len(container.volume_names(work)) == 4 and data in container.volume_names(work)


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({}, True),
        ({"env": ("A=1",)}, False),
        ({"image": "localhost/probe:2"}, False),
        ({"count": 2}, True),
        ({"resources": Resources(1, 200, 64 * 2**20, 0, (), ())}, False),
    ],
)
def test_digest_tells_whether_a_container_has_to_be_replaced(
    make: ModuleType, change: dict[str, Any], same: bool
) -> None:
    before, after = (_settings(make, **changes)["Labels"] for changes in ({}, change))
    assert (before[container.LABEL_SETTINGS] == after[container.LABEL_SETTINGS]) is same


def test_the_version_alone_changes_nothing(make: ModuleType) -> None:
    service = make.service()
    digests = {
        container.settings(make.workload(service, version=version), service, 0, PODMAN)["Labels"][
            container.LABEL_SETTINGS
        ]
        for version in ("v1", "v2")
    }
    assert len(digests) == 1


def test_gpus_are_asked_for_in_each_engines_way(make: ModuleType) -> None:
    service, work = make.service(), make.workload(make.service())
    requests = {
        machine.is_podman: container.settings(work, service, 0, machine, ("GPU-1", "GPU-2"))["HostConfig"][
            "DeviceRequests"
        ]
        for machine in (PODMAN, DOCKER)
    }
    assert requests[True] == [
        {"Driver": "cdi", "DeviceIDs": ["nvidia.com/gpu=GPU-1", "nvidia.com/gpu=GPU-2"]}
    ]
    assert requests[False][0]["DeviceIDs"] == ["GPU-1", "GPU-2"]
    assert "DeviceRequests" not in container.settings(work, service, 0, PODMAN)["HostConfig"]


def test_logs_are_bounded_where_the_engine_has_no_setting_for_it(make: ModuleType) -> None:
    assert _settings(make, DOCKER)["HostConfig"]["LogConfig"]["Config"]["max-size"] == "10m"
    assert "LogConfig" not in _settings(make)["HostConfig"]


def test_names_fit(make: ModuleType) -> None:
    work = make.workload(make.service("a" * 63))
    assert len(container.bridge_name(work.namespace)) <= 15
    settings = container.settings(work, work.services[0], 12, PODMAN)
    assert len(settings["Hostname"]) <= 63 and not settings["Hostname"].startswith("-")
    assert container.container_name(work.namespace, "web", 2).startswith("web-")
