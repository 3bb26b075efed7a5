"""Images: when they are pulled, when not, what a failed pull says, and which of them are removed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aiodocker
import pytest

from supercloud.provider.drivers.base import PermanentError, TemporaryError
from supercloud.provider.drivers.podman import images
from supercloud.provider.drivers.podman.images import Images, Limits
from supercloud.sdl.manifest import Credentials

DIGEST = "registry.example/app@sha256:" + "ab" * 32
GIB = 2**30
LOGIN = Credentials("registry.example", "", "alice", "secret")
DAY_S = 24 * 3600


class Registry:
    """An engine's images, and the registry it pulls from."""

    def __init__(self) -> None:
        self.images = self
        self.here: dict[str, str] = {}
        self.pulled: list[tuple[str, Any]] = []
        self.steps: list[dict[str, str]] = [{"status": "Downloading", "progress": "1/2"}, {"status": "Done"}]
        self.hangs = False
        self.keeps = 0
        """Status with which a removal is refused."""

    async def inspect(self, name: str) -> dict[str, str]:
        if name not in self.here:
            raise aiodocker.DockerError(404, "no such image")
        return {"Id": self.here[name]}

    async def pull(self, name: str, *, auth: Any, stream: bool) -> AsyncIterator[dict[str, str]]:
        self.pulled.append((name, auth))
        if self.hangs:
            await asyncio.Event().wait()
        for step in self.steps:
            yield step
        self.here[name] = f"id {len(self.pulled)}"

    async def delete(self, name: str) -> None:
        if self.keeps:
            raise aiodocker.DockerError(self.keeps, "no")
        del self.here[name]


class Disk:
    """How much is free, and what time it is."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.free = 100 * GIB
        self.now_s = 1_000_000
        usage = lambda path: SimpleNamespace(free=self.free)
        monkeypatch.setattr(images, "shutil", SimpleNamespace(disk_usage=usage))
        monkeypatch.setattr(images, "time", SimpleNamespace(time=lambda: float(self.now_s)))


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


@pytest.fixture
def registry() -> Any:
    return Registry()


def of(folder: Path, pull_timeout_s: float = 5.0) -> Images:
    return Images(folder / "images.json", folder, Limits(pull_timeout_s, 10 * GIB))


def wants(image: str, credentials: Credentials | None = None) -> Any:
    return SimpleNamespace(image=image, credentials=credentials)


async def test_what_is_here_is_not_pulled_unless_its_name_moves(
    tmp_path: Path, disk: Disk, registry: Any
) -> None:
    ours = of(tmp_path)
    for image in ("registry.example/app:1", DIGEST):
        first = await ours.ensure(registry, wants(image), None)
        assert await ours.ensure(registry, wants(image), None) == first
    assert [name for name, _ in registry.pulled] == ["registry.example/app:1", DIGEST]
    moving = [await ours.ensure(registry, wants("registry.example/app"), None) for _ in range(2)]
    assert moving == ["id 3", "id 4"]


async def test_a_digest_is_what_the_engine_is_asked_for(tmp_path: Path, disk: Disk, registry: Any) -> None:
    """A tag beside it has no say: what the registry calls so today is not what was pinned."""
    tagged = DIGEST.replace("@", ":latest@")
    registry.here["registry.example/app:latest"] = "another"
    assert await of(tmp_path).ensure(registry, wants(tagged), None) == "id 1"
    assert [name for name, _ in registry.pulled] == [DIGEST]


async def test_progress_is_told(tmp_path: Path, disk: Disk, registry: Any) -> None:
    told: list[str] = []
    await of(tmp_path).ensure(registry, wants("registry.example/app:1"), told.append)
    assert told == ["registry.example/app:1: Downloading 1/2", "registry.example/app:1: Done"]


async def test_a_pull_that_does_not_end_is_ended(tmp_path: Path, disk: Disk, registry: Any) -> None:
    registry.hangs = True
    ours = of(tmp_path, pull_timeout_s=0.02)
    with pytest.raises(PermanentError, match=r"app:1 can not be pulled: not finished after 0.02 s"):
        await ours.ensure(registry, wants("registry.example/app:1"), None)


async def test_a_full_disk_is_known_before_the_pull(tmp_path: Path, disk: Disk, registry: Any) -> None:
    disk.free = 9 * GIB
    with pytest.raises(TemporaryError, match="only 9216 MiB of disk are free"):
        await of(tmp_path).ensure(registry, wants("registry.example/app:1"), None)
    assert not registry.pulled


@pytest.mark.parametrize("image", ["registry.example/app:1", "localhost/app"])
async def test_what_can_not_be_had_is_named(tmp_path: Path, disk: Disk, registry: Any, image: str) -> None:
    registry.steps = [{"error": "manifest unknown"}]
    with pytest.raises(PermanentError, match=image):
        await of(tmp_path).ensure(registry, wants(image), None)
    assert not registry.here


async def test_without_its_registry_an_image_that_is_here_has_to_do(
    tmp_path: Path, disk: Disk, registry: Any
) -> None:
    ours = of(tmp_path)
    first = await ours.ensure(registry, wants("registry.example/app"), None)
    registry.steps = [{"error": "no route to host"}]
    assert await ours.ensure(registry, wants("registry.example/app"), None) == first


async def test_what_came_by_a_login_is_for_those_who_have_it(
    tmp_path: Path, disk: Disk, registry: Any
) -> None:
    ours = of(tmp_path)
    await ours.ensure(registry, wants("registry.example/app:1", LOGIN), None)
    assert registry.pulled[0][1]["password"] == "secret"
    await ours.ensure(registry, wants("registry.example/app:1", LOGIN), None)
    assert len(registry.pulled) == 1
    registry.steps = [{"error": "unauthorized"}]
    with pytest.raises(PermanentError, match="unauthorized"):
        await ours.ensure(registry, wants("registry.example/app:1"), None)
    assert "secret" not in (tmp_path / "images.json").read_text()


async def test_what_nobody_uses_is_removed_in_time(tmp_path: Path, disk: Disk, registry: Any) -> None:
    ours = of(tmp_path)
    registry.here["registry.example/operators:1"] = "not ours"
    for name in ("used", "unused"):
        await ours.ensure(registry, wants(f"registry.example/{name}:1"), None)
    used = {"registry.example/used:1"}
    disk.now_s += DAY_S
    assert await ours.collect(registry, used) == []
    disk.now_s += 1
    # The ledger of what is ours is read by the next process too.
    assert await of(tmp_path).collect(registry, used) == ["registry.example/unused:1"]
    assert set(registry.here) == {"registry.example/operators:1", *used}


async def test_what_can_not_be_removed_is_tried_again(tmp_path: Path, disk: Disk, registry: Any) -> None:
    ours = of(tmp_path)
    await ours.ensure(registry, wants("registry.example/app:1"), None)
    disk.now_s += DAY_S + 1
    registry.keeps = 409
    assert await ours.collect(registry, set()) == []
    registry.keeps = 404
    assert await ours.collect(registry, set()) == []
    registry.keeps = 0
    assert await ours.collect(registry, set()) == [], "one that is gone already is forgotten"


async def test_a_short_disk_keeps_nothing_that_is_unused(tmp_path: Path, disk: Disk, registry: Any) -> None:
    ours = of(tmp_path)
    await ours.ensure(registry, wants("registry.example/app:1"), None)
    disk.free = 19 * GIB
    assert await ours.collect(registry, set()) == [], "its container may be about to be made"
    disk.now_s += 601
    disk.free = 20 * GIB
    assert await ours.collect(registry, set()) == []
    disk.free = 19 * GIB
    assert await ours.collect(registry, set()) == ["registry.example/app:1"]
    assert not registry.here


async def test_an_image_is_pulled_once_for_all_who_want_it(tmp_path: Path, disk: Disk, registry: Any) -> None:
    ours = of(tmp_path)
    image = wants("registry.example/app:1")
    assert set(await asyncio.gather(*(ours.ensure(registry, image, None) for _ in range(3)))) == {"id 1"}


@pytest.mark.parametrize("content", ["", "[]", '{"a": 1}', json.dumps({"a": {"used_s": "x", "login": ""}})])
async def test_a_damaged_ledger_only_means_that_images_stay(
    tmp_path: Path, disk: Disk, registry: Any, content: str
) -> None:
    (tmp_path / "images.json").write_text(content)
    assert await of(tmp_path).collect(registry, set()) == []
