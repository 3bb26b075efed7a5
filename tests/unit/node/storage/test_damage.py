"""What a start notices of damage, before LMDB meets it."""

from __future__ import annotations

import random
import sys
from pathlib import Path
from typing import Any

import lmdb
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from small_home import HEIGHTS, STORES, data_file, grow

from supercloud.chain.store.multistore import MultiStore, StateCorrupt
from supercloud.node.storage import blockstore, environment
from supercloud.node.storage import lmdb as state
from supercloud.node.storage.blockstore import BlockStore
from supercloud.node.storage.damage import Shape, StorageDamaged, look_over
from supercloud.node.storage.lmdb import LmdbBackend
from supercloud.node.storage.pages import Pages
from supercloud.node.storage.seal import SEAL_BYTES
from supercloud.node.verify import VerifyError, verify

PAGE = 4096
SHAPES = {"state": state.SHAPE, "blocks": blockstore.SHAPE}


def start(home: Path) -> None:
    """As a node does after it was killed. Raises when something is wrong."""
    for store in SHAPES:
        (home / "data" / store / "LOCK").write_bytes(b"1\n")
    backend = LmdbBackend(home / "data" / "state", sync=False)
    try:
        MultiStore(backend, STORES)
    finally:
        backend.close()
    BlockStore(home / "data" / "blocks", sync=False).close()


def in_use(path: Path) -> set[int]:
    """Numbers of the pages that a table uses."""
    pages = Pages(path)
    for table in pages.tables.values():
        for _ in pages.records(table):
            pass
    found = {number for number, claimed in enumerate(pages._claimed) if claimed}
    pages.close()
    return found


@pytest.mark.parametrize("store", ["state", "blocks"])
@pytest.mark.parametrize("pattern", [b"\xa5", b"\0", None])
def test_every_page_that_the_last_commits_wrote(home: Path, store: str, pattern: bytes | None) -> None:
    path = data_file(home, store)
    former = path.read_bytes()
    grow(home, HEIGHTS + 1, HEIGHTS + 3)
    whole, used = path.read_bytes(), in_use(path)
    rng = random.Random(1)
    written = 0
    for number in sorted(used - {0, 1}):
        at = number * PAGE
        page = whole[at : at + PAGE]
        if former[at : at + PAGE] == page:
            continue
        written += 1
        bad = (
            pattern * PAGE if pattern else page[:8] + bytes(byte ^ rng.randrange(1, 255) for byte in page[8:])
        )
        path.write_bytes(whole[:at] + bad + whole[at + PAGE :])
        with pytest.raises((StorageDamaged, StateCorrupt)):
            start(home)
    assert written > 5
    path.write_bytes(whole)
    start(home)


@pytest.mark.parametrize("store", ["state", "blocks"])
def test_a_bit_anywhere_is_noticed_or_changes_nothing(home: Path, store: str) -> None:
    """The whole of a small home is looked at after an end that was not clean."""
    path = data_file(home, store)
    grow(home, HEIGHTS + 1, HEIGHTS + 1)
    whole, used = path.read_bytes(), in_use(path)
    before = verify(home)
    rng = random.Random(2)
    noticed = 0
    for number in sorted(used):
        at = number * PAGE + rng.randrange(PAGE)
        changed = bytearray(whole)
        changed[at] ^= 1 << rng.randrange(8)
        path.write_bytes(changed)
        try:
            start(home)
        except (StorageDamaged, StateCorrupt):
            noticed += 1
        else:
            assert verify(home) == before, f"page {number}"
    assert noticed > len(used) // 5


def test_a_long_value_that_claims_pages_of_others_is_noticed(home: Path) -> None:
    """LMDB would give them all away when the value goes. Bytes 10 and 12 of a page: its kind, and how many it begins."""
    path = data_file(home, "state")
    whole = path.read_bytes()
    long_values = [number for number in in_use(path) if whole[number * PAGE + 10] == 4]
    assert len(long_values) > 5
    for number in long_values:
        changed = bytearray(whole)
        changed[number * PAGE + 12] += 1
        path.write_bytes(changed)
        with pytest.raises((StorageDamaged, StateCorrupt)):
            start(home)


def test_a_start_after_a_clean_end_reads_a_part(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    leaf = Pages._leaf

    def counted(self: Pages, number: int, *given: Any) -> Any:
        read.append(number)
        return leaf(self, number, *given)

    monkeypatch.setattr(Pages, "_leaf", counted)
    monkeypatch.setattr(state, "HEIGHTS_LOOKED_AT", 1)
    counts = []
    for whole in (False, True):
        read.clear()
        look_over(home / "data" / "state", state.SHAPE, whole=whole)
        counts.append(len(read))
    assert 5 < counts[0] < counts[1]
    monkeypatch.setattr(state, "LEAVES_MAX", 3)
    read.clear()
    look_over(home / "data" / "state", state.SHAPE, whole=False)
    assert len(read) < counts[0], "and no more than a bound"
    monkeypatch.undo()
    found: list[bytes] = []
    find = Pages.find
    monkeypatch.setattr(Pages, "find", lambda self, *given: found.append(given[1]) or find(self, *given))
    look_over(home / "data" / "state", state.SHAPE, whole=False)
    every = len(found)
    found.clear()
    monkeypatch.setattr(state, "KEYS_LOOKED_AT_MAX", 3)
    look_over(home / "data" / "state", state.SHAPE, whole=False)
    assert 3 < len(found) < every, "of keys as well"


def test_an_end_that_was_not_clean_is_known(home: Path) -> None:
    lock = home / "data" / "state" / "LOCK"
    assert lock.read_bytes() == b""
    backend = LmdbBackend(home / "data" / "state")
    assert lock.read_bytes() != b""
    backend.close()
    assert lock.read_bytes() == b""
    data = data_file(home, "state")
    data.write_bytes(bytes(100) + data.read_bytes()[100:])
    for _ in range(2):
        with pytest.raises(StorageDamaged, match="page 0 is no beginning"):
            LmdbBackend(home / "data" / "state")
        assert lock.read_bytes() != b"", "the next one looks as closely"


def test_what_is_read_later_is_looked_at_only_after_a_second_end_that_was_not_clean(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = home / "data" / "state" / "LOCK"
    looked: list[bool] = []
    look = environment.look_over

    def noted(folder: Path, shape: Shape, *, whole: bool) -> None:
        looked.append(whole)
        look(folder, shape, whole=whole)

    monkeypatch.setattr(environment, "look_over", noted)

    def opened(read: bool = False) -> bool:
        """Whether an opening looked at all, of a process that then was killed."""
        backend = LmdbBackend(home / "data" / "state", read_later=True)
        if read:
            backend.all_read()
        content = lock.read_bytes()
        backend.close()
        lock.write_bytes(content)
        return looked[-1]

    assert [opened(), opened(), opened()] == [False, False, True]
    assert [opened(), opened(read=True), opened(), opened()] == [False, True, False, True]
    LmdbBackend(home / "data" / "state", read_later=True).close()
    assert [opened(), opened(), opened()] == [False, False, True]
    lock.write_bytes(b"1\n")
    LmdbBackend(home / "data" / "state").close()
    assert looked[-1], "nobody reads it later"


def test_who_is_killed_while_leaves_are_looked_at_has_not_looked_at_them(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = home / "data" / "state" / "LOCK"
    lock.write_bytes(b"1\n" + environment.UNREAD)
    looked: list[bool] = []
    look, left = environment.look_over, b""

    def killed(folder: Path, shape: Shape, *, whole: bool) -> None:
        nonlocal left
        looked.append(whole)
        left = lock.read_bytes()
        look(folder, shape, whole=whole)

    monkeypatch.setattr(environment, "look_over", killed)
    for _ in range(3):
        LmdbBackend(home / "data" / "state", read_later=True).close()
        lock.write_bytes(left)
    assert looked == [True, True, True]


def without_seals(home: Path) -> None:
    """The files as they were before records had seals."""
    for store, shape in SHAPES.items():
        with lmdb.open(str(home / "data" / store), max_dbs=8, map_size=2**28) as environment:
            tables = {name: environment.open_db(name.encode()) for name in shape.tables}
            with environment.begin(write=True) as txn:
                txn.delete(b"format")
                for name in shape.tables:
                    with txn.cursor(tables[name]) as cursor:
                        for key, record in cursor:
                            value = record[:-SEAL_BYTES]
                            if name == "meta":
                                value = value[: state.SPAN.size] + value[state.STATE.size :]
                            cursor.put(key, value)


def test_files_without_seals_get_them(home: Path) -> None:
    before = verify(home)
    without_seals(home)
    with pytest.raises(VerifyError, match="start the node once"):
        verify(home)
    start(home)
    assert verify(home)[:5] == before[:5]
    backend = LmdbBackend(home / "data" / "state")
    assert backend.latest() is not None
    assert list(backend.reader(HEIGHTS - 3).range("bank", b"", None))
    backend.close()
    grow(home, HEIGHTS + 1, HEIGHTS + 2)
    assert verify(home).height == HEIGHTS + 2


def test_a_damaged_record_is_noticed_when_it_is_read(home: Path) -> None:
    """Where the disk changes what nobody looked at at the start."""
    folder = home / "data" / "state"
    backend = LmdbBackend(folder)
    store = MultiStore(backend, STORES)
    environment = backend._environment

    def work(txn: Any) -> None:
        for name in ("history", "current"):
            with txn.cursor(environment.table(name)) as cursor:
                for key, record in cursor:
                    cursor.put(key, record[:1] + bytes((record[1] ^ 1,)) + record[2:])

    some = next(iter(backend.range("bank", b"", None)))[0]
    environment.write(work)
    for view in (store.at(HEIGHTS - 1), store):
        with pytest.raises(StorageDamaged, match=r"not what was written.*supercloud node reset"):
            list(view.range("bank", b"", None))
        with pytest.raises(StorageDamaged, match="not what was written"):
            view.get("bank", some)
    backend.close()


@pytest.mark.parametrize("words", [(b"current", b"currant"), (b"format", b"formal"), (b"sealed", b"seated")])
def test_names_of_tables_that_changed(home: Path, words: tuple[bytes, bytes]) -> None:
    """Otherwise the records would be taken for those of a file without seals."""
    path = data_file(home, "state")
    path.write_bytes(path.read_bytes().replace(*words))
    with pytest.raises(StorageDamaged, match="tables have other names"):
        start(home)
    with pytest.raises(StorageDamaged, match="tables have other names"):
        verify(home)
