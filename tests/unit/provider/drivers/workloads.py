"""Services and workloads as tests need them."""

from __future__ import annotations

from typing import Any

from supercloud.provider.drivers.base import Workload, namespace
from supercloud.sdl.manifest import Expose, HttpOptions, Resources, Service, Storage

HTTP = HttpOptions(0, 0, 0, 0, 0, ())
LEASE = "akash1owner/7/1/1/akash1provider"
MI = 2**20


def expose(port: int, external: int = 0, proto: str = "TCP", is_global: bool = True) -> Expose:
    """One port."""
    return Expose(port, external, proto, "", is_global, (), HTTP, "")


def service(name: str = "web", **changes: Any) -> Service:
    """A small service; `changes` are its other fields."""
    made = Service(
        name=name,
        image="localhost/probe:1",
        command=(),
        args=(),
        env=(),
        resources=Resources(1, 100, 64 * MI, 0, (), (Storage("default", 32 * MI, {}),)),
        count=1,
        expose=(),
        mounts=(),
        credentials=None,
    )
    return made._replace(**changes)


def workload(*services: Service, **changes: Any) -> Workload:
    """A lease with these services."""
    made = Workload(LEASE, namespace(LEASE), "v1", services, {}, {}, "127.0.0.1")
    return made._replace(**changes)
