"""GPUs reach containers through the engine, in all but the silicon: the file of devices describes cards of the test."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from supercloud.provider.drivers.base import Gpu
from supercloud.provider.drivers.podman import nvidia
from supercloud.sdl.manifest import Resources

from .conftest import BUSYBOX, Lab, podman_lab

pytestmark = [
    pytest.mark.podman,
    pytest.mark.xdist_group("drivers"),
    pytest.mark.skipif(os.geteuid() != 0, reason="devices are described in /etc"),
]
CARDS = tuple(Gpu("nvidia", "t4", "16Gi", "pcie", f"GPU-of-a-test-{number}") for number in (1, 2))
FILE = Path("/etc/cdi/supercloud-test.json")


@pytest.fixture
def described(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(nvidia, "listed", lambda: CARDS)
    FILE.parent.mkdir(exist_ok=True)
    devices = [_device(card) for card in CARDS]
    FILE.write_text(json.dumps({"cdiVersion": "0.5.0", "kind": nvidia.CDI_KIND, "devices": devices}))
    yield
    FILE.unlink()


@pytest.fixture
async def lab(probe_image: str, tmp_path: Path, described: None) -> AsyncIterator[Lab]:
    made = podman_lab(tmp_path / "engine")
    await made.driver.start()
    yield made
    await made.close()


def _device(card: Gpu) -> dict[str, Any]:
    nodes = [{"path": f"/dev/{card.id}", "hostPath": "/dev/null"}]
    return {"name": card.id, "containerEdits": {"deviceNodes": nodes}}


async def test_each_container_has_a_card_of_its_own_or_the_machine_offers_none(lab: Lab) -> None:
    machine = await lab.driver.fingerprint()
    if not machine.gpus:
        (sentence,) = (item for item in machine.unenforced if item.startswith("GPUs:"))
        assert "Podman 5.4" in sentence, "what an older one would drop in silence"
        return
    assert machine.gpus == CARDS and machine.capabilities.gives_gpus
    resources = Resources(1, 100, 64 * 2**20, 1, ("vendor/nvidia/model/t4",), ())
    seen = []
    for _ in CARDS:
        work = await lab.run(lab.service(resources=resources))
        seen.append((await lab.exec(work, "sh", "-c", f"{BUSYBOX} ls /dev | {BUSYBOX} grep GPU"))[1].split())
    assert seen == [[card.id] for card in CARDS]
