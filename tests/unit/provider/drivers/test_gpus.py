"""Which GPUs a replica gets."""

from __future__ import annotations

from types import ModuleType

import pytest

from supercloud.provider.drivers import gpus
from supercloud.provider.drivers.base import Gpu, PermanentError
from supercloud.sdl.manifest import Resources, Service

MACHINE = tuple(
    Gpu("nvidia", model, ram, "pcie", f"GPU-{number}")
    for number, (model, ram) in enumerate(
        [("t4", "16Gi"), ("a100", "80Gi"), ("t4", "16Gi"), ("a100", "80Gi")]
    )
)


def _service(make: ModuleType, count: int, *keys: str) -> Service:
    made: Service = make.service(resources=Resources(1, 100, 1, count, keys, ()))
    return made


@pytest.mark.parametrize(
    ("count", "keys", "taken", "expected"),
    [
        (0, (), set(), ()),
        (1, ("vendor/nvidia/model/a100",), set(), ("GPU-1",)),
        (1, ("vendor/nvidia/model/a100",), {"GPU-1"}, ("GPU-3",)),
        (2, ("vendor/nvidia/model/t4",), set(), ("GPU-0", "GPU-2")),
        (2, ("vendor/nvidia/model/*",), {"GPU-1"}, ("GPU-0", "GPU-2")),
        (3, ("vendor/nvidia/model/*",), set(), None),
        (1, ("vendor/nvidia/model/h100", "vendor/nvidia/model/t4"), set(), ("GPU-0",)),
        (1, ("vendor/nvidia/model/a100/ram/40Gi",), set(), None),
        (1, ("vendor/amd/model/*",), set(), None),
    ],
)
def test_choose(
    make: ModuleType, count: int, keys: tuple[str, ...], taken: set[str], expected: tuple[str, ...] | None
) -> None:
    """All of one kind, and never one that another container has."""
    if expected is None:
        with pytest.raises(PermanentError, match="web needs"):
            gpus.choose(MACHINE, taken, _service(make, count, *keys))
    else:
        assert gpus.choose(MACHINE, taken, _service(make, count, *keys)) == expected


@pytest.mark.parametrize(
    ("present", "taken", "expected"),
    [
        (("GPU-3",), set(), ("GPU-3",)),
        (("GPU-3",), {"GPU-3"}, ("GPU-1",)),
        (("GPU-0",), set(), ("GPU-1",)),
        (("GPU-9",), set(), ("GPU-1",)),
        ((), set(), ("GPU-1",)),
    ],
)
def test_an_update_keeps_what_still_fits(
    make: ModuleType, present: tuple[str, ...], taken: set[str], expected: tuple[str, ...]
) -> None:
    service = _service(make, 1, "vendor/nvidia/model/a100")
    assert gpus.keep_or_choose(MACHINE, taken, service, present) == expected
