"""node/backup/taking.py: what is in a backup, and what never is."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import small_home

from supercloud.node.backup import taking
from supercloud.node.backup.standstill import StandstillError
from supercloud.node.backup.taking import KEYS, RECORD, BackupError, Taken, back_up, total_bytes
from supercloud.node.storage.archive import Archive
from supercloud.node.storage.blockstore import BlockStore
from supercloud.node.storage.environment import HomeInUse, take_lock
from supercloud.node.storage.lmdb import LmdbBackend
from supercloud.node.verify import verify

ALWAYS = ["data/state/data.mdb", "data/blocks/data.mdb", "config/config.toml", "config/genesis.json"]


def contents(path: Path) -> dict[str, bytes]:
    with Archive(path) as archive:
        return {entry.name: b"".join(archive.content(entry)) for entry in archive.entries}


def test_what_it_holds(home: Path, tmp_path: Path) -> None:
    told: list[int] = []
    taken = back_up(home, tmp_path / "b.tar", tell=told.append)
    found = verify(home)
    assert taken == Taken(
        str(tmp_path / "b.tar"),
        "c",
        small_home.HEIGHTS,
        found.app_hash,
        found.first_block,
        found.last_block,
        (tmp_path / "b.tar").stat().st_size,
        taken.seconds,
        0.0,
        False,
    )
    held = contents(tmp_path / "b.tar")
    assert list(held) == ["data/proposal.block", *ALWAYS]
    assert held["config/genesis.json"] == (home / "config" / "genesis.json").read_bytes()
    assert held["data/proposal.block"] == b"pending"
    with Archive(tmp_path / "b.tar") as archive:
        assert archive.about["app_hash"] == found.app_hash and archive.about["keys"] is False
    assert total_bytes(home) > sum(told) * 0.9 > 0


def test_no_secret_is_in_it(comet_home: Path, tmp_path: Path) -> None:
    back_up(comet_home, tmp_path / "b.tar")
    whole = (tmp_path / "b.tar").read_bytes()
    for name in (*KEYS, RECORD):
        assert name.encode() not in whole
        assert (comet_home / name).read_bytes() not in whole
    assert b"priv_key" not in whole and b"SECRET" not in whole


def test_what_cometbft_keeps(comet_home: Path, tmp_path: Path) -> None:
    back_up(comet_home, tmp_path / "b.tar")
    held = contents(tmp_path / "b.tar")
    assert list(held) == [
        "data/proposal.block",
        "data/state/data.mdb",
        "cometbft/executed/7",
        "cometbft/executed/first-state",
        "data/blocks/data.mdb",
        "cometbft/config/genesis.json",
        "cometbft/config/addrbook.json",
        "cometbft/data/blockstore.db/000001.ldb",
        "cometbft/data/blockstore.db/CURRENT",
        "cometbft/data/cs.wal/wal",
        "cometbft/data/state.db/000001.log",
        "config/config.toml",
        "config/genesis.json",
    ]
    assert held["cometbft/data/blockstore.db/000001.ldb"] == b"x" * 300_000


def test_keys_come_along_when_asked_for(home: Path, comet_home: Path, tmp_path: Path) -> None:
    taken = back_up(comet_home, tmp_path / "b.tar", with_keys=True)
    held = contents(tmp_path / "b.tar")
    assert taken.keys and all(held[name] == (comet_home / name).read_bytes() for name in (*KEYS, RECORD))
    # CometBFT writes the record, so it is of the moment of its other files.
    assert list(held).index(RECORD) > list(held).index("data/blocks/data.mdb")


def test_the_embedded_engines_record_is_no_newer_than_the_blocks(home: Path, tmp_path: Path) -> None:
    back_up(home, tmp_path / "b.tar", with_keys=True)
    assert next(iter(contents(tmp_path / "b.tar"))) == RECORD


def test_state_and_blocks_are_those_of_their_moment(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A block that comes between the two is only in the blocks: the copy of the state is the older one."""
    copy = LmdbBackend.copy

    def slowly(backend: LmdbBackend, descriptor: int) -> Any:
        made = copy(backend, descriptor)
        backend.close()
        small_home.grow(home, small_home.HEIGHTS + 1, small_home.HEIGHTS + 2)
        return made

    monkeypatch.setattr(LmdbBackend, "copy", slowly)
    taken = back_up(home, tmp_path / "b.tar")
    assert (taken.height, taken.last_block) == (small_home.HEIGHTS, small_home.HEIGHTS + 2)


def test_blocks_that_the_copied_state_needs_may_be_forgotten_meanwhile(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such a backup would start no node."""
    copy = LmdbBackend.copy

    def slowly(backend: LmdbBackend, descriptor: int) -> Any:
        made = copy(backend, descriptor)
        backend.close()
        small_home.grow(home, small_home.HEIGHTS + 1, small_home.HEIGHTS + 5)
        blocks = BlockStore(home / "data" / "blocks")
        blocks.prune(small_home.HEIGHTS + 2, 1000)
        blocks.close()
        return made

    monkeypatch.setattr(LmdbBackend, "copy", slowly)
    with pytest.raises(
        BackupError, match=rf"forgotten the blocks below {small_home.HEIGHTS + 2}: let it keep more"
    ):
        back_up(home, tmp_path / "b.tar")
    assert not list(tmp_path.glob("b.tar*"))


def test_what_grows_meanwhile_is_what_it_was(
    comet_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files of CometBFT are looked at once; what is appended, replaced or removed afterwards is not in the backup."""
    store = comet_home / "cometbft" / "data" / "blockstore.db"
    (store / "000002.log").write_bytes(b"z" * 400_000)
    looks = iter([None, None])

    def comet_of(folder: Path) -> None:
        # Asked before and after: the second time CometBFT has gone on.
        if next(looks, 1) is None and (store / "000001.ldb").exists():
            return
        raise AssertionError("asked too often")

    def after(folder: Path) -> None:
        (store / "000001.ldb").unlink()
        with (store / "000002.log").open("ab") as file:
            file.write(b"more")
        (store / "CURRENT").write_bytes(b"MANIFEST-000009\n")

    calls: list[Any] = [comet_of, after]
    monkeypatch.setattr(taking, "comet_of", lambda folder: calls.pop(0)(folder))
    back_up(comet_home, tmp_path / "b.tar")
    held = contents(tmp_path / "b.tar")
    assert held["cometbft/data/blockstore.db/000001.ldb"] == b"x" * 300_000
    assert held["cometbft/data/blockstore.db/000002.log"] == b"z" * 400_000
    assert held["cometbft/data/blockstore.db/CURRENT"] == b"MANIFEST-000001\n"


def test_a_home_whose_holder_can_not_be_seen(home: Path, tmp_path: Path) -> None:
    lock = take_lock(home / "data")
    try:
        # It is this very process, which is passed over.
        with pytest.raises(BackupError, match="can not be looked into"):
            back_up(home, tmp_path / "b.tar")
    finally:
        os.close(lock)
    assert not list(tmp_path.glob("b.tar*"))


def test_a_node_that_stands_does_not_start_meanwhile(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = BlockStore.copy

    def trying(store: BlockStore, descriptor: int) -> tuple[int, int]:
        with pytest.raises(HomeInUse):
            take_lock(home / "data")
        return copy(store, descriptor)

    monkeypatch.setattr(BlockStore, "copy", trying)
    back_up(home, tmp_path / "b.tar")
    os.close(take_lock(home / "data"))


def test_there_must_be_something(home: Path, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="is no home of a node that has ever run"):
        back_up(tmp_path / "nothing", tmp_path / "b.tar")
    (home / "data" / "blocks" / "data.mdb").unlink()
    with pytest.raises(BackupError, match="is no home of a node that has ever run"):
        back_up(home, tmp_path / "b.tar")
    assert not (tmp_path / "b.tar").exists()


def test_a_failure_leaves_nothing_behind(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(store: BlockStore, descriptor: int) -> Any:
        os.write(descriptor, b"some")
        raise OSError("no more")

    monkeypatch.setattr(BlockStore, "copy", failing)
    with pytest.raises(OSError, match="no more"):
        back_up(home, tmp_path / "b.tar")
    assert not list(tmp_path.glob("b.tar*"))


def test_a_cometbft_that_is_started_meanwhile_is_looked_at_again(
    comet_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[int] = []

    @contextmanager
    def hold(pid: int) -> Iterator[float]:
        held.append(pid)
        yield 0.0

    # Gone, then there; there both times.
    seen = [None, 7, 7, 7]
    monkeypatch.setattr(taking, "comet_of", lambda folder: seen.pop(0))
    monkeypatch.setattr(taking, "held", hold)
    assert back_up(comet_home, tmp_path / "b.tar").held_ms > 0 and held == [7]
    numbers = itertools.count(1)
    monkeypatch.setattr(taking, "comet_of", lambda folder: next(numbers))
    with pytest.raises(StandstillError, match="again and again"):
        back_up(comet_home, tmp_path / "b.tar")
