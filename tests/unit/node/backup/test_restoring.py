"""node/backup/restoring.py: a home comes back whole, or not at all, and never ready to sign a height twice."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
import small_home

from supercloud.node.backup.restoring import RestoreError, restore
from supercloud.node.backup.taking import KEYS, KIND, RECORD, back_up
from supercloud.node.config import load, render
from supercloud.node.storage.archive import Archive, Writing
from supercloud.node.verify import verify


@pytest.fixture
def backup(comet_home: Path, tmp_path: Path) -> Path:
    back_up(comet_home, tmp_path / "b.tar")
    return tmp_path / "b.tar"


@pytest.fixture
def with_keys(comet_home: Path, tmp_path: Path) -> Path:
    back_up(comet_home, tmp_path / "k.tar", with_keys=True)
    return tmp_path / "k.tar"


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_it_is_what_it_was(comet_home: Path, backup: Path, tmp_path: Path) -> None:
    made = restore(backup, tmp_path / "r")
    before, after = verify(comet_home), verify(tmp_path / "r")
    assert before._replace(bytes=0) == after._replace(bytes=0) and after.bytes <= before.bytes
    assert (made.chain_id, made.height, made.app_hash) == ("c", small_home.HEIGHTS, before.app_hash)
    assert made.last_block == before.last_block
    for name in files(tmp_path / "r") - {
        f"data/{part}" for part in ("LOCK", "state/data.mdb", "blocks/data.mdb")
    }:
        assert (tmp_path / "r" / name).read_bytes() == (comet_home / name).read_bytes(), name
    assert stat.S_IMODE((tmp_path / "r" / "data").stat().st_mode) == 0o700


def test_what_is_left_to_do_is_said(backup: Path, with_keys: Path, tmp_path: Path) -> None:
    steps = restore(backup, tmp_path / "r").next
    assert len(steps) == 2 and KEYS[0] in steps[0] and KEYS[1] in steps[0] and RECORD in steps[1]
    # The keys alone: a record may be too old, and without one nothing is signed.
    steps = restore(with_keys, tmp_path / "k").next
    assert len(steps) == 1 and RECORD in steps[0]
    assert all((tmp_path / "k" / name).exists() for name in KEYS)
    assert not (tmp_path / "k" / RECORD).exists()


def test_the_record_comes_back_where_somebody_answers_for_it(
    comet_home: Path, backup: Path, with_keys: Path, tmp_path: Path
) -> None:
    assert restore(with_keys, tmp_path / "k", with_record=True).next == []
    assert (tmp_path / "k" / RECORD).read_bytes() == (comet_home / RECORD).read_bytes()
    with pytest.raises(RestoreError, match="holds no record"):
        restore(backup, tmp_path / "r", with_record=True)
    with pytest.raises(RestoreError, match="not to a new one"):
        restore(with_keys, tmp_path / "r", with_record=True, new_keys=True)
    assert not (tmp_path / "r").exists()


def test_new_keys_are_new(comet_home: Path, with_keys: Path, backup: Path, tmp_path: Path) -> None:
    for name, file in (("k", with_keys), ("b", backup)):
        assert restore(file, tmp_path / name, new_keys=True).next == []
        for key in KEYS:
            assert (tmp_path / name / key).read_bytes() != (comet_home / key).read_bytes()
        assert b'"height": "0"' in (tmp_path / name / RECORD).read_bytes()


def test_where_a_remote_signer_signs_no_key_is_missing(comet_home: Path, tmp_path: Path) -> None:
    path = comet_home / "config" / "config.toml"
    config = load(path, {})
    config.engine.kind, config.p2p.signer_listen = "cometbft", "127.0.0.1:26659"
    path.write_text(render(config))
    back_up(comet_home, tmp_path / "b.tar")
    (step,) = restore(tmp_path / "b.tar", tmp_path / "r").next
    assert KEYS[1] in step and KEYS[0] not in step


def test_a_folder_that_has_something_is_left_alone(backup: Path, tmp_path: Path) -> None:
    for place in (tmp_path / "r", backup):
        if place != backup:
            place.mkdir()
            (place / "mine").write_bytes(b"x")
        with pytest.raises(RestoreError, match="is not empty"):
            restore(backup, place)
    assert files(tmp_path / "r") == {"mine"}
    (tmp_path / "r" / "mine").unlink()
    assert restore(backup, tmp_path / "r").height == small_home.HEIGHTS


def test_a_damaged_backup_leaves_nothing_behind(backup: Path, tmp_path: Path) -> None:
    content = bytearray(backup.read_bytes())
    content[content.index(b"votes")] ^= 1
    backup.write_bytes(content)
    (tmp_path / "there").mkdir()
    for place in ("r", "there"):
        with pytest.raises(RestoreError, match="another hash"):
            restore(backup, tmp_path / place)
    assert not (tmp_path / "r").exists() and os.listdir(tmp_path / "there") == []


@pytest.mark.parametrize(
    ("kind", "name", "why"),
    [
        ("something else", "config/genesis.json", "no backup of a node"),
        (KIND, "bin/sh", "belongs to no home"),
        (KIND, "config", "belongs to no home"),
        (KIND, "config/config.toml", "no genesis document"),
    ],
)
def test_what_is_no_home_is_refused(kind: str, name: str, why: str, tmp_path: Path) -> None:
    writing = Writing(tmp_path / "b.tar")
    writing.add(name, [b"x"])
    writing.finish({"kind": kind})
    with pytest.raises(RestoreError, match=why):
        restore(tmp_path / "b.tar", tmp_path / "r")
    assert not (tmp_path / "r").exists()


def test_a_disk_without_room_is_named(backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.statvfs(tmp_path)
    full = os.statvfs_result((*real[:4], 0, *real[5:]))
    monkeypatch.setattr(os, "statvfs", lambda path: full)
    with pytest.raises(RestoreError, match="the disk has fewer left"):
        restore(backup, tmp_path / "r" / "deep")
    assert not (tmp_path / "r").exists()


def test_what_a_manifest_says_of_itself_is_believed_as_far_as_it_is_of_use(
    backup: Path, tmp_path: Path
) -> None:
    with Archive(backup) as archive:
        content = {entry.name: b"".join(archive.content(entry)) for entry in archive.entries}
        about = dict(archive.about)
    writing = Writing(tmp_path / "other.tar")
    for name, each in content.items():
        writing.add(name, [each])
    writing.finish(about | {"height": [7], "last_block": "many"})
    made = restore(tmp_path / "other.tar", tmp_path / "r")
    assert (made.height, made.last_block) == (0, 0) and verify(tmp_path / "r").height == small_home.HEIGHTS


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_what_root_restores_belongs_to_whom_the_folder_is(backup: Path, tmp_path: Path) -> None:
    (tmp_path / "r").mkdir()
    os.chown(tmp_path / "r", 12345, 12345)
    restore(backup, tmp_path / "r", new_keys=True)
    assert {path.stat().st_uid for path in (tmp_path / "r").rglob("*")} == {12345}
