"""The disk backend answers like the one in memory, now and at past heights."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from supercloud.chain.store.backend import HeightUnavailable, MemoryBackend
from supercloud.chain.store.multistore import MultiStore
from supercloud.node.storage.environment import Environment, HomeInUse
from supercloud.node.storage.lmdb import LmdbBackend


def random_key(rng: random.Random) -> bytes:
    return bytes(rng.choice(b"a\x00\xff\x01") for _ in range(rng.randint(1, 5)))


def random_writes(rng: random.Random) -> dict[str, list[tuple[bytes, bytes | None]]]:
    writes: dict[str, list[tuple[bytes, bytes | None]]] = {}
    for store in ("bank", "market"):
        pairs = {
            random_key(rng): None if rng.random() < 0.3 else rng.randbytes(8)
            for _ in range(rng.randint(1, 30))
        }
        writes[store] = sorted(pairs.items(), key=lambda pair: pair[0])
    return writes


@pytest.mark.parametrize("seed", range(4))
def test_same_answers_as_memory(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    disk, memory = LmdbBackend(tmp_path / "state", sync=False), MemoryBackend()
    for height in range(1, 25):
        writes = random_writes(rng)
        disk.apply(height, writes, b"m%d" % height)
        memory.apply(height, writes, b"m%d" % height)
    assert disk.latest() == memory.latest()
    for height in (None, 1, 7, 24):
        ours = disk if height is None else disk.reader(height)
        model = memory if height is None else memory.reader(height)
        for store in ("bank", "market"):
            for reverse in (False, True):
                assert list(ours.range(store, b"", None, reverse)) == list(
                    model.range(store, b"", None, reverse)
                )
                assert list(ours.range(store, b"a", b"a\xff", reverse)) == list(
                    model.range(store, b"a", b"a\xff", reverse)
                )
            for _ in range(50):
                key = random_key(rng)
                assert ours.get(store, key) == model.get(store, key)
    disk.close()


def test_pruning_keeps_what_later_heights_see(tmp_path: Path) -> None:
    rng = random.Random(7)
    disk, memory = LmdbBackend(tmp_path / "state", sync=False), MemoryBackend()
    for height in range(1, 41):
        writes = random_writes(rng)
        disk.apply(height, writes, b"")
        memory.apply(height, writes, b"")
        if height > 10:
            disk.prune(height - 10, 10_000)
    for height in range(31, 41):
        for store in ("bank", "market"):
            assert list(disk.reader(height).range(store, b"", None)) == list(
                memory.reader(height).range(store, b"", None)
            )
    with pytest.raises(HeightUnavailable):
        disk.reader(5)
    with pytest.raises(HeightUnavailable):
        disk.reader(41)
    disk.close()


def test_a_reopened_state_has_the_same_app_hash(tmp_path: Path) -> None:
    rng = random.Random(3)
    backend = LmdbBackend(tmp_path / "state", sync=False)
    store = MultiStore(backend, ["bank", "market"])
    for height in range(1, 12):
        branch = store.branch()
        for name, pairs in random_writes(rng).items():
            for key, value in pairs:
                branch.set(name, key, value) if value is not None else branch.delete(name, key)
        store.prepare(branch, height)
        store.commit()
    backend.close()
    reopened = LmdbBackend(tmp_path / "state", sync=False)
    assert MultiStore(reopened, ["bank", "market"]).app_hash == store.app_hash
    reopened.close()


def test_two_processes_can_not_share_a_home(tmp_path: Path) -> None:
    backend = LmdbBackend(tmp_path / "state")
    with pytest.raises(HomeInUse):
        LmdbBackend(tmp_path / "state")
    backend.close()


def test_the_map_grows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("supercloud.node.storage.environment.MAP_BYTES_FIRST", 1 << 20)
    backend = LmdbBackend(tmp_path / "state", sync=False)
    for height in range(1, 5):
        backend.apply(height, {"bank": [(b"%06d" % at, bytes(1000)) for at in range(1000)]}, b"")
    assert backend.get("bank", b"000999") == bytes(1000)
    backend.close()


def written(backend: LmdbBackend, heights: range) -> None:
    """The same 200 values anew at every height, and no history of them."""
    for height in heights:
        writes = {"bank": [(b"%06d" % at, bytes(1000)) for at in range(200)]}
        backend.apply(height, writes, b"", forget_before=height)


def test_after_a_large_write_the_files_are_opened_anew_and_nobody_notices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("supercloud.node.storage.lmdb.RENEWED_KEYS", 100)
    opened: list[object] = []
    renew = Environment.renew
    monkeypatch.setattr(Environment, "renew", lambda self, then: (opened.append(self), renew(self, then)))
    backend = LmdbBackend(tmp_path / "state", sync=False)
    keys = [b"%03d" % number for number in range(150)]
    backend.apply(1, {"bank": [(key, b"1") for key in keys[:99]]}, b"m")
    walk = backend.reader(1).range("bank", b"", None)
    first = [next(walk) for _ in range(10)]
    assert not opened
    backend.apply(2, {"bank": [(key, b"2") for key in keys]}, b"m")
    assert len(opened) == 1
    # A walk of before goes on, a block after is written and read, and the folder is still held.
    assert [key for key, _ in (*first, *walk)] == keys[:99]
    backend.apply(3, {"bank": [(keys[0], None)]}, b"m3")
    assert backend.get("bank", keys[0]) is None and backend.get("bank", keys[149]) == b"2"
    assert backend.reader(1).get("bank", keys[0]) == b"1" and backend.latest() == (3, b"m3")
    assert len(opened) == 1
    with pytest.raises(HomeInUse):
        LmdbBackend(tmp_path / "state")
    backend.close()


def test_a_walk_that_takes_long_does_not_keep_the_file_from_reusing_its_pages(tmp_path: Path) -> None:
    backend = LmdbBackend(tmp_path / "state", sync=False)
    written(backend, range(1, 20))
    before = backend.size_bytes()
    walk = backend.range("bank", b"", None)
    assert next(walk)[0] == b"000000"
    written(backend, range(20, 60))
    assert backend.size_bytes() < before + 200_000, "less than one height takes"
    assert [key for key, _ in walk][-1] == b"000199", "and the walk goes on"
    backend.close()


HOLD = """
import sys, lmdb
environment = lmdb.open(sys.argv[1], readonly=True, max_dbs=4)
with environment.begin() as txn:
    txn.stat()
    print("reading", flush=True)
    sys.stdin.read()
"""


def test_a_reader_that_died_does_not_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process holds the state of one moment and is killed; its place is found and freed."""
    monkeypatch.setattr("supercloud.node.storage.environment.READER_CHECK_WRITES", 1)
    backend = LmdbBackend(tmp_path / "state", sync=False)
    written(backend, range(1, 20))
    reader = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "state")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with reader:
        assert reader.stdout is not None and reader.stdout.readline() == "reading\n"
        before = backend.size_bytes()
        written(backend, range(20, 40))
        held = backend.size_bytes()
        assert held > before, "a reader that lives does keep it"
        reader.kill()
    written(backend, range(40, 100))
    assert backend.size_bytes() < held + (held - before) // 2
    backend.close()


FILLING = """
import resource, sys
from pathlib import Path
from supercloud.node.storage.environment import StorageFull
from supercloud.node.storage.lmdb import LmdbBackend
backend = LmdbBackend(Path(sys.argv[1]), sync=False)
backend.apply(1, {"bank": [(b"a", b"x")]}, b"")
size = backend.size_bytes() + int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
try:
    backend.apply(2, {"bank": [(b"%d" % each, bytes(1000)) for each in range(100)]}, b"")
except StorageFull as error:
    print(error, backend.latest()[0], backend.get("bank", b"1"))
"""


@pytest.mark.parametrize("room", [0, 1, 4095, 4096, 10_000])
def test_what_the_disk_does_not_take_whole_is_a_full_disk(tmp_path: Path, room: int) -> None:
    """The last page fits in part: the system writes that part and says so, as a disk does that has just become full."""
    ended = subprocess.run(
        [sys.executable, "-c", FILLING, str(tmp_path), str(room)], capture_output=True, text=True, check=True
    )
    assert ended.stdout.rstrip().endswith("and start again 1 None"), ended.stdout
    backend = LmdbBackend(tmp_path)
    assert (backend.latest() or (0,))[0] == 1
    backend.apply(2, {"bank": [(b"b", b"y")]}, b"")
    backend.close()
