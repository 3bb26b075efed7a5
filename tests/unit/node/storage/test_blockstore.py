"""Blocks on disk: in order, whole, found by hash, forgotten from the oldest on, there after a crash."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from supercloud.node.storage.blockstore import BlockStore
from supercloud.node.storage.environment import HomeInUse


class Parts(NamedTuple):
    """Everything about one height."""

    block: bytes
    commit: bytes
    response: bytes
    state: bytes


def parts(height: int) -> Parts:
    return Parts(*(b"%s %d" % (name, height) for name in (b"block", b"commit", b"response", b"state")))


def name(height: int) -> bytes:
    return hashlib.sha256(b"%d" % height).digest()


def fill(store: BlockStore, first: int, last: int) -> None:
    for height in range(first, last + 1):
        store.save(height, name(height), parts(height))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[BlockStore]:
    made = BlockStore(tmp_path / "blocks", sync=False)
    yield made
    made.close()


def whole(store: BlockStore, height: int) -> tuple[bytes | None, ...]:
    return (store.block(height), store.commit(height), store.response(height), store.state(height))


def test_an_empty_store(store: BlockStore) -> None:
    assert (store.base, store.height) == (0, 0)
    assert whole(store, 1) == (None,) * 4
    assert store.height_of(name(1)) is None and store.height_of(b"") is None
    assert store.prune(100, 100) == 0


def test_what_is_saved_is_found_by_height_and_hash(store: BlockStore) -> None:
    fill(store, 1, 3)
    assert (store.base, store.height) == (1, 3)
    for height in (1, 2, 3):
        assert whole(store, height) == parts(height)
        assert store.height_of(name(height)) == height
    assert whole(store, 4) == (None,) * 4 and store.height_of(name(4)) is None
    assert store.size_bytes() > 0


def test_empty_parts_are_parts(store: BlockStore) -> None:
    store.save(1, name(1), Parts(b"", b"", b"", b""))
    assert whole(store, 1) == (b"",) * 4


@pytest.mark.parametrize("height", [1, 2, 4, 100])
def test_only_the_next_height_may_follow(store: BlockStore, height: int) -> None:
    fill(store, 1, 2)
    with pytest.raises(ValueError, match=f"block {height} after block 2"):
        store.save(height, name(9), parts(9))
    assert store.height == 2 and store.height_of(name(9)) is None
    assert whole(store, 2) == parts(2)


def test_a_store_may_begin_anywhere(store: BlockStore) -> None:
    fill(store, 1_000_000, 1_000_001)
    assert (store.base, store.height) == (1_000_000, 1_000_001)


@pytest.mark.parametrize("hash_", [b"", b"short", bytes(33)])
def test_a_hash_has_32_bytes(store: BlockStore, hash_: bytes) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        store.save(1, hash_, parts(1))
    assert store.height == 0


@pytest.mark.parametrize("height", [-1, 0, 2**64, 2**70])
def test_heights_that_can_not_be(store: BlockStore, height: int) -> None:
    fill(store, 1, 1)
    assert whole(store, height) == (None,) * 4


def test_the_oldest_are_forgotten_a_few_at_a_time(store: BlockStore) -> None:
    fill(store, 1, 10)
    assert store.prune(6, 3) == 3
    assert (store.base, store.height) == (4, 10)
    assert store.prune(6, 100) == 2
    assert (store.base, store.height) == (6, 10)
    assert store.prune(6, 100) == 0
    for height in range(1, 6):
        assert whole(store, height) == (None,) * 4 and store.height_of(name(height)) is None
    assert whole(store, 6) == parts(6) and store.height_of(name(6)) == 6
    fill(store, 11, 11)


def test_one_process_has_it(store: BlockStore, tmp_path: Path) -> None:
    with pytest.raises(HomeInUse):
        BlockStore(tmp_path / "blocks")


def test_it_is_there_after_reopening(tmp_path: Path) -> None:
    first = BlockStore(tmp_path / "b")
    fill(first, 1, 3)
    first.prune(2, 10)
    first.close()
    again = BlockStore(tmp_path / "b")
    assert (again.base, again.height) == (2, 3) and whole(again, 3) == parts(3)
    again.close()


@pytest.mark.node
def test_a_kill_leaves_whole_heights_only(tmp_path: Path) -> None:
    """kill -9 at any moment: what `save` returned from is there, of the next one all or nothing."""
    code = (
        "import sys, pathlib\n"
        "sys.path.insert(0, sys.argv[2])\n"
        "from test_blockstore import BlockStore, name, parts\n"
        "store = BlockStore(pathlib.Path(sys.argv[1]))\n"
        "for height in range(1, 100_000):\n"
        "    store.save(height, name(height), parts(height))\n"
        "    print(height, flush=True)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "b"), str(Path(__file__).parent)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    told = [int(process.stdout.readline()) for _ in range(20)]
    os.kill(process.pid, signal.SIGKILL)
    told += [int(line) for line in process.stdout.read().split()]
    process.wait()
    store = BlockStore(tmp_path / "b")
    assert told[-1] <= store.height <= told[-1] + 1
    for height in range(1, store.height + 1):
        assert whole(store, height) == parts(height) and store.height_of(name(height)) == height
    store.close()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 12), st.integers(0, 5)), max_size=15))
def test_any_order_of_saves_and_prunes(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[bool, int, int]]
) -> None:
    store = BlockStore(tmp_path_factory.mktemp("blocks"), sync=False)
    model: dict[int, Parts] = {}
    newest = 0
    for saves, before, most in steps:
        if saves:
            newest += 1
            store.save(newest, name(newest), parts(newest))
            model[newest] = parts(newest)
        elif before <= newest:
            gone = [height for height in sorted(model) if height < before][:most]
            assert store.prune(before, most) == len(gone)
            for height in gone:
                del model[height]
        assert (store.base, store.height) == (min(model, default=0), max(model, default=0))
    for height in range(newest + 2):
        assert whole(store, height) == model.get(height, (None,) * 4)
        assert store.height_of(name(height)) == (height if height in model else None)
    store.close()
