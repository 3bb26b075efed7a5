"""Snapshots on disk: whole or not there, the newest kept."""

from __future__ import annotations

import fcntl
import os
from hashlib import sha256
from pathlib import Path

import pytest

from supercloud.node.storage.snapshots import Snapshot, SnapshotBusy, SnapshotFiles


def test_what_is_saved_is_found_newest_first(tmp_path: Path) -> None:
    files = SnapshotFiles(tmp_path / "s", kept=2)
    assert files.all() == []
    for height in (10, 20, 30):
        made = files.save(height, [b"a", b"b%d" % height])
    assert made == Snapshot(30, sha256(b"a").digest() + sha256(b"b30").digest())
    assert [each.height for each in files.all()] == [30, 20] and files.all()[0] == made
    assert made.chunks == 2 and made.hash_of(1) == sha256(b"b30").digest() and made.hash_of(2) == b""
    assert files.chunk(30, 1) == b"b30"
    assert files.chunk(30, 2) is None and files.chunk(10, 0) is None


def test_one_that_is_being_fetched_stays_until_nobody_fetches_it(tmp_path: Path) -> None:
    files = SnapshotFiles(tmp_path / "s", kept=1)
    files.save(10, [b"a", b"b"])
    for height in (20, 30):
        assert files.chunk(10, 0) == b"a" and files.chunk(15, 0) is None and files.chunk(10, 7) is None
        files.save(height, [b"c"])
        assert [each.height for each in files.all()] == [height, 10]
    files.save(40, [b"d"])
    assert [each.height for each in files.all()] == [40]


def test_one_that_was_not_finished_is_none(tmp_path: Path) -> None:
    files = SnapshotFiles(tmp_path, kept=2)

    def broken() -> object:
        yield b"a"
        raise OSError("disk")

    with pytest.raises(OSError, match="disk"):
        files.save(10, broken())  # type: ignore[arg-type]
    assert files.all() == [] and list(tmp_path.iterdir()) == []
    assert files.save(10, [b"x"]).hash == sha256(sha256(b"x").digest()).digest()


def test_chunks_arrive_in_any_order_and_once_counts_once(tmp_path: Path) -> None:
    files = SnapshotFiles(tmp_path, kept=1)
    files.expect()
    assert [files.receive(number, b"%d" % number) for number in (2, 0, 2, 1)] == [1, 2, 2, 3]
    assert list(files.received(3)) == [b"0", b"1", b"2"]
    files.expect()
    assert files.receive(0, b"") == 1
    files.finish()
    assert files.all() == []


def test_one_from_elsewhere_is_whole_or_not_there(tmp_path: Path) -> None:
    files = SnapshotFiles(tmp_path, kept=1)
    files.save(20, [b"aa", b"b"])
    assert files.add(10, [b"c"]).height == 10
    # It is older, and the node keeps but one of its own making; none goes before the next is made.
    assert [each.height for each in files.all()] == [20, 10]
    assert (files.size_bytes(20), files.size_bytes(10), files.size_bytes(5)) == (3, 1, 0)

    def broken() -> object:
        yield b"a"
        raise OSError("disk")

    with pytest.raises(OSError, match="disk"):
        files.add(30, broken())  # type: ignore[arg-type]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["10", "20"]
    files.save(40, [b"d"])
    assert [each.height for each in files.all()] == [40]


def test_what_a_kill_left_behind_is_in_nobodys_way_and_goes(tmp_path: Path) -> None:
    """Half a snapshot under its name, as nodes of before left it, and one on its way to it."""
    for name in ("10", "10.new", "15.new", "17"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "0").write_bytes(b"half")
    files = SnapshotFiles(tmp_path, kept=2)
    assert files.all() == []
    files.add(10, [b"whole"])
    assert files.chunk(10, 0) == b"whole"
    files.save(20, [b"x"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["10", "20"]


def test_what_another_process_is_writing_stays(tmp_path: Path) -> None:
    files = SnapshotFiles(tmp_path, kept=2)
    (tmp_path / "10.new").mkdir()
    (tmp_path / "10.new" / "0").write_bytes(b"half")
    theirs = os.open(tmp_path / "10.new", os.O_RDONLY)
    fcntl.flock(theirs, fcntl.LOCK_EX)
    with pytest.raises(SnapshotBusy, match="another process is writing a snapshot of height 10"):
        files.add(10, [b"mine"])
    files.save(20, [b"x"])
    assert (tmp_path / "10.new" / "0").read_bytes() == b"half"
    os.close(theirs)
    assert files.add(10, [b"mine"]).chunks == 1


def test_it_is_on_the_disk_before_it_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    fsync, rename = os.fsync, Path.rename

    def syncing(descriptor: int) -> None:
        seen.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
        fsync(descriptor)

    def renaming(path: Path, target: Path) -> Path:
        seen.append(f"{path.name} > {target.name}")
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", syncing)
    monkeypatch.setattr(Path, "rename", renaming)
    SnapshotFiles(tmp_path / "s", kept=1).save(10, [b"a", b"b"])
    assert seen == ["0", "1", "hashes", "10.new", "10.new > 10", "s"]


def test_one_that_is_being_forgotten_is_offered_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = SnapshotFiles(tmp_path, kept=1)
    files.save(10, [b"a"])

    def killed(place: Path, ignore_errors: bool) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("shutil.rmtree", killed)
    with pytest.raises(KeyboardInterrupt):
        files.save(20, [b"b"])
    assert [each.height for each in files.all()] == [20]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_one_that_root_puts_in_can_be_read_by_the_nodes_account(tmp_path: Path) -> None:
    os.chown(tmp_path, 12345, 12345)
    SnapshotFiles(tmp_path / "snapshots", kept=1).add(10, [b"a"])
    made = [tmp_path / "snapshots", *(tmp_path / "snapshots").rglob("*")]
    assert len(made) == 4 and {path.stat().st_uid for path in made} == {12345}
