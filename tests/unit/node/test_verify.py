"""Whatever page of a node's files is damaged: it is noticed, or the page holds nothing."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import lmdb
import pytest
from small_home import HEIGHTS, data_file, grow

from supercloud.node.storage.blockstore import BlockStore
from supercloud.node.storage.damage import StorageDamaged
from supercloud.node.storage.environment import HomeInUse, take_lock
from supercloud.node.storage.lmdb import LmdbBackend
from supercloud.node.verify import VerifyError, verify

PAGE = 4096


def contents(folder: Path) -> dict[bytes, list[tuple[bytes, bytes]]]:
    """All records by table, as LMDB reads them."""
    with lmdb.open(str(folder), readonly=True, lock=False, max_dbs=8) as environment:
        with environment.begin() as txn:
            names = [key for key, _ in txn.cursor() if key != b"format"]
        tables = {name: environment.open_db(name, create=False) for name in names}
        with environment.begin() as txn:
            return {name: list(txn.cursor(table)) for name, table in tables.items()}


def test_a_whole_home(home: Path) -> None:
    found = verify(home)
    assert (found.height, found.first_block, found.last_block) == (HEIGHTS, HEIGHTS - 8, HEIGHTS)
    assert found.records == sum(
        len(records) for store in ("state", "blocks") for records in contents(home / "data" / store).values()
    )
    backend = LmdbBackend(home / "data" / "state")
    latest = backend.latest()
    assert latest is not None and found.app_hash in latest[1].decode()
    backend.close()
    assert verify(home) == found


def test_nothing_to_verify(tmp_path: Path) -> None:
    with pytest.raises(VerifyError, match="no home"):
        verify(tmp_path)
    (tmp_path / "data").mkdir()
    assert verify(tmp_path).height == 0
    LmdbBackend(tmp_path / "data" / "state").close()
    BlockStore(tmp_path / "data" / "blocks").close()
    assert verify(tmp_path)[:4] == (0, "", 0, 0)


def test_a_node_that_runs_is_left_alone(home: Path) -> None:
    lock = take_lock(home / "data")
    with pytest.raises(HomeInUse):
        verify(home)
    assert lock > 0


Damage = Callable[[bytes, random.Random], bytes]


def one_bit(page: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(page))
    return page[:at] + bytes((page[at] ^ 1 << rng.randrange(8),)) + page[at + 1 :]


def head(page: bytes, rng: random.Random) -> bytes:
    return one_bit(page[:24], rng) + page[24:]


def run_of_bytes(page: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(page) - 64)
    return page[:at] + rng.randbytes(64) + page[at + 64 :]


def patterned(page: bytes, rng: random.Random) -> bytes:
    return rng.choice((b"\xa5", b"\0", b"\xff")) * len(page)


@pytest.mark.parametrize("damage", [one_bit, head, run_of_bytes, patterned])
@pytest.mark.parametrize("store", ["state", "blocks"])
def test_every_page_in_turn(home: Path, store: str, damage: Damage) -> None:
    path = data_file(home, store)
    whole, before = path.read_bytes(), contents(path.parent)
    rng = random.Random(store + damage.__name__)
    noticed = 0
    for at in range(0, len(whole), PAGE):
        path.write_bytes(whole[:at] + damage(whole[at : at + PAGE], rng) + whole[at + PAGE :])
        try:
            verify(home)
        except StorageDamaged as error:
            assert str(path.parent) in str(error) and "supercloud node reset" in str(error)
            noticed += 1
        else:
            # A free page, room that no record takes, or a field that says nothing.
            assert contents(path.parent) == before, f"page {at // PAGE}"
    assert noticed > len(whole) // PAGE // 12
    path.write_bytes(whole)
    verify(home)


@pytest.mark.parametrize("store", ["state", "blocks"])
def test_a_page_that_was_not_written(home: Path, store: str) -> None:
    """The disk kept, for every page in turn, what was there before the last heights."""
    path = data_file(home, store)
    former = path.read_bytes()
    grow(home, HEIGHTS + 1, HEIGHTS + 8)
    whole, before = path.read_bytes(), contents(path.parent)
    noticed = 0
    for at in range(0, len(whole), PAGE):
        path.write_bytes(whole[:at] + former[at : at + PAGE].ljust(PAGE, b"\0") + whole[at + PAGE :])
        try:
            found = verify(home)
        except StorageDamaged:
            noticed += 1
        else:
            # Without its beginning the last commit has not been made: its block is executed again.
            undone = at < 2 * PAGE and HEIGHTS + 7 <= found.height <= found.last_block
            assert undone or contents(path.parent) == before, f"page {at // PAGE}"
    assert noticed > 10


@pytest.mark.parametrize("store", ["state", "blocks"])
def test_a_file_that_ends_early(home: Path, store: str) -> None:
    path = data_file(home, store)
    whole = path.read_bytes()
    for size in (1, 100, PAGE, 2 * PAGE, len(whole) // 2):
        path.write_bytes(whole[:size])
        with pytest.raises(StorageDamaged, match="damaged"):
            verify(home)


def test_a_state_and_blocks_that_are_not_of_one_chain(home: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    grow(other, HEIGHTS - 5, HEIGHTS)
    shutil.copytree(other / "data" / "state", home / "data" / "state", dirs_exist_ok=True)
    with pytest.raises(StorageDamaged, match=f"block {HEIGHTS} has another app hash"):
        verify(home)
