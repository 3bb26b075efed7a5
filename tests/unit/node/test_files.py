"""Files that must be whole."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from supercloud.node.files import give, is_locked, sync, write_durably


def test_a_lock_is_seen_while_it_is_held(tmp_path: Path) -> None:
    path = tmp_path / "LOCK"
    assert not is_locked(path)
    with path.open("w") as holder:
        assert not is_locked(path)
        fcntl.flock(holder, fcntl.LOCK_EX)
        assert is_locked(path)
    assert not is_locked(path)


def test_content_is_replaced_whole_and_leaves_nothing_beside(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_durably(path, b"a long first content")
    write_durably(path, b"short")
    assert path.read_bytes() == b"short"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]
    assert path.stat().st_mode & 0o777 == 0o600


def test_it_is_on_the_disk_before_it_has_its_name_and_then_the_name_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    fsync, replace = os.fsync, os.replace

    def syncing(descriptor: int) -> None:
        seen.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
        fsync(descriptor)

    def replacing(source: Path, target: Path) -> None:
        seen.append("rename")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", syncing)
    monkeypatch.setattr(os, "replace", replacing)
    write_durably(tmp_path / "file", b"content")
    assert seen == ["file.new", "rename", tmp_path.name]
    sync(tmp_path / "file")
    assert seen[3:] == ["file"]


def test_what_can_not_be_written_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    write_durably(path, b"first")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_durably(path, b"second")
    assert path.read_bytes() == b"first"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_what_root_makes_is_whose_the_place_is(tmp_path: Path) -> None:
    (tmp_path / "own" / "below").mkdir(parents=True)
    (tmp_path / "own" / "below" / "file").touch()
    (tmp_path / "stranger").touch()
    (tmp_path / "own" / "link").symlink_to(tmp_path / "stranger")
    (tmp_path / "like").touch()
    give(tmp_path / "own", tmp_path / "like")
    assert (tmp_path / "own").stat().st_uid == 0
    os.chown(tmp_path / "like", 12345, 12346)
    give(tmp_path / "own", tmp_path / "like")
    for path in (tmp_path / "own", *(tmp_path / "own").rglob("*")):
        assert (path.lstat().st_uid, path.lstat().st_gid) == (12345, 12346)
    assert (tmp_path / "stranger").stat().st_uid == 0
