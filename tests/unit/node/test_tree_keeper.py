"""Trees are kept when it is time, in steps, and never in place of a better file."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from supercloud.chain.store.backend import MemoryBackend
from supercloud.chain.store.multistore import MultiStore
from supercloud.node import tree_keeper
from supercloud.node.engine.ports import Committed
from supercloud.node.storage import trees
from supercloud.node.tree_keeper import TreeKeeper

COMMITTED = Committed(None, None, None)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree_keeper, "REST_S", 0)


def block(store: MultiStore, writes: int = 10) -> None:
    """The next height."""
    height = store.height + 1
    branch = store.branch()
    for number in range(writes):
        branch.set("acc", b"%d" % number, b"%d" % height)
    store.prepare(branch, height)
    store.commit()


async def until_kept(keeper: TreeKeeper, height: int) -> None:
    async with asyncio.timeout(30):
        while keeper.kept_height < height:  # noqa: ASYNC110 - it has no such event to wait for
            await asyncio.sleep(0.001)


async def test_after_so_many_writes(tmp_path: Path) -> None:
    backend, path = MemoryBackend(), tmp_path / "trees"
    store = MultiStore(backend, ["acc"])
    keeper = TreeKeeper(store, path, 100)
    task = asyncio.create_task(keeper.run())
    for height in range(1, 26):
        block(store)
        keeper.block_committed(COMMITTED)
        if height in (1, 11, 21):
            await until_kept(keeper, height)
        else:
            await asyncio.sleep(0)
            assert keeper.kept_height == (height - 1) // 10 * 10 + 1
    kept = trees.read(path)
    assert kept is not None and MultiStore(backend, ["acc"], kept=kept).taken_up == 10
    task.cancel()
    # What was taken up at the start counts.
    again = TreeKeeper(MultiStore(backend, ["acc"], kept=trees.read(path)), path, 10)
    again.block_committed(COMMITTED)
    task = asyncio.create_task(again.run())
    await until_kept(again, 25)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_before_the_history_ends(tmp_path: Path) -> None:
    backend, path = MemoryBackend(), tmp_path / "trees"
    store = MultiStore(backend, ["acc"], keep_heights=100)
    keeper = TreeKeeper(store, path, 10**6, 100)
    task = asyncio.create_task(keeper.run())
    for height in range(1, 160):
        block(store, 1)
        keeper.block_committed(COMMITTED)
        if height in (1, 51, 101, 151):
            await until_kept(keeper, height)
        await asyncio.sleep(0)
    assert keeper.kept_height == 151
    assert MultiStore(backend, ["acc"], kept=trees.read(path)).taken_up == 1
    task.cancel()


async def test_not_at_all_where_that_is_wanted(tmp_path: Path) -> None:
    store = MultiStore(MemoryBackend(), ["acc"])
    keeper = TreeKeeper(store, tmp_path / "trees", 0)
    task = asyncio.create_task(keeper.run())
    block(store, 1000)
    keeper.block_committed(COMMITTED)
    await asyncio.sleep(0.01)
    assert keeper.kept_height == 0 and trees.read(tmp_path / "trees") is None
    task.cancel()


async def test_blocks_are_made_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    backend, path = MemoryBackend(), tmp_path / "trees"
    store = MultiStore(backend, ["acc"])
    block(store, 20_000)
    steps = []

    async def rest(seconds: float) -> None:
        steps.append(seconds)
        block(store, 5)

    keeper = TreeKeeper(store, path, 10)
    monkeypatch.setattr(tree_keeper.asyncio, "sleep", rest)
    kept = store.kept_trees()
    assert kept is not None
    await keeper._write(kept)
    monkeypatch.undo()
    assert len(steps) > 2 and keeper.kept_height == 1
    assert MultiStore(backend, ["acc"], kept=trees.read(path)).app_hash == store.app_hash


async def test_who_is_cancelled_while_the_disk_works_leaves_a_whole_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, path = MultiStore(MemoryBackend(), ["acc"]), tmp_path / "trees"
    block(store)
    reached, loop = asyncio.Event(), asyncio.get_running_loop()
    finish = trees.Writing.finish

    def slow(writing: trees.Writing) -> None:
        loop.call_soon_threadsafe(reached.set)
        finish(writing)

    monkeypatch.setattr(trees.Writing, "finish", slow)
    keeper = TreeKeeper(store, path, 1)
    keeper.block_committed(COMMITTED)
    task = asyncio.create_task(keeper.run())
    await reached.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    kept = trees.read(path)
    assert kept is not None and kept.height == 1
    assert keeper.kept_height == 0, "nobody heard of it"


async def test_what_fails_while_it_is_cancelled_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    store = MultiStore(MemoryBackend(), ["acc"])
    block(store)
    reached, loop = asyncio.Event(), asyncio.get_running_loop()

    def full(writing: trees.Writing) -> None:
        loop.call_soon_threadsafe(reached.set)
        raise OSError("no room")

    monkeypatch.setattr(trees.Writing, "finish", full)
    keeper = TreeKeeper(store, tmp_path / "trees", 1)
    keeper.block_committed(COMMITTED)
    task = asyncio.create_task(keeper.run())
    await reached.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled() and "were not kept: no room" in caplog.text
    assert trees.read(tmp_path / "trees") is None


async def test_a_full_disk_ends_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    store = MultiStore(MemoryBackend(), ["acc"])
    keeper = TreeKeeper(store, tmp_path / "absent" / "trees", 1)
    task = asyncio.create_task(keeper.run())
    for _ in range(3):
        block(store)
        said = len(caplog.records)
        keeper.block_committed(COMMITTED)
        async with asyncio.timeout(30):
            while len(caplog.records) == said:  # noqa: ASYNC110 - a log has no event
                await asyncio.sleep(0)
    assert not task.done() and keeper.kept_height == 0 and caplog.text.count("were not kept") == 3
    task.cancel()
