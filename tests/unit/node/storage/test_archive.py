"""node/storage/archive.py: what comes out is what went in, and nothing strange comes out at all."""

from __future__ import annotations

import errno
import io
import os
import stat
import tarfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
import pytest

from supercloud.node.storage.archive import MANIFEST, Archive, ArchiveError, Entry, Writing

FILES = {"config/a.toml": b"settings", "data/b/data.mdb": bytes(range(256)) * 5000, "data/empty": b""}


def write(path: Path, files: dict[str, bytes] = FILES) -> int:
    writing = Writing(path)
    try:
        for name, content in files.items():
            writing.add(name, [content[:100], content[100:]])
        return writing.finish({"kind": "letters", "height": 7})
    finally:
        writing.abandon()


def by_hand(path: Path, members: list[tuple[Any, bytes]], files: Any = None) -> Path:
    """An archive as somebody else would make it: headers or names, and contents; with a manifest that fits."""
    entries, made = [], io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for member, content in members:
            info = member if isinstance(member, tarfile.TarInfo) else tarfile.TarInfo(member)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
            entries.append(Entry(info.name, len(content), sha256(content).hexdigest())._asdict())
        manifest = orjson.dumps({"format": 1, "kind": "x", "files": entries if files is None else files})
        info = tarfile.TarInfo(MANIFEST)
        info.size = len(manifest)
        tar.addfile(info, io.BytesIO(manifest))
    path.write_bytes(made.getvalue())
    return path


def everything(path: Path, into: Path) -> None:
    with Archive(path) as archive:
        archive.unpack(into)


def test_what_went_in_comes_out(tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    assert write(path) == path.stat().st_size and stat.S_IMODE(path.stat().st_mode) == 0o600
    with Archive(path) as archive:
        assert archive.about == {"format": 1, "kind": "letters", "height": 7}
        archive.require("letters")
        with pytest.raises(ArchiveError, match="no backup, but 'letters'"):
            archive.require("backup")
        archive.unpack(tmp_path / "out", left_out=("data/empty",))
    assert {
        str(found.relative_to(tmp_path / "out")): found.read_bytes()
        for found in (tmp_path / "out").rglob("*")
        if found.is_file()
    } == {name: content for name, content in FILES.items() if name != "data/empty"}
    assert all(stat.S_IMODE(found.stat().st_mode) & 0o077 == 0 for found in (tmp_path / "out").rglob("*"))
    # Any tar reads it.
    with tarfile.open(path) as tar:
        assert tar.getnames() == [*FILES, MANIFEST]
    assert [found.name for found in tmp_path.iterdir() if found.is_file()] == ["a.tar"]


def test_it_has_its_name_only_once_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    path.write_bytes(b"former")

    def failing() -> Iterator[bytes]:
        yield b"some"
        raise OSError("the disk is gone")

    writing = Writing(path)
    with pytest.raises(OSError, match="the disk is gone"):
        try:
            writing.add("a", failing())
        finally:
            writing.abandon()
    assert path.read_bytes() == b"former" and os.listdir(tmp_path) == ["a.tar"]
    writing = Writing(path)
    with pytest.raises(ArchiveError, match="too long or too strange"):
        writing.add("../a", [])
    writing.abandon()
    write(path)
    with Archive(path) as archive:
        assert len(archive.entries) == 3


@pytest.mark.parametrize(
    "name",
    ["/etc/passwd", "../a", "a/../../b", "a/./b", "./a", "a//b", "a/", ".ssh/keys", "a b", "a\\b", "a\n"],
)
def test_strange_names_are_refused(name: str, tmp_path: Path) -> None:
    path = by_hand(tmp_path / "a.tar", [(name, b"x")])
    with pytest.raises(ArchiveError, match="name that it can not have"):
        everything(path, tmp_path / "out")
    assert os.listdir(tmp_path) == ["a.tar"]


@pytest.mark.parametrize(
    "kind",
    [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE],
)
def test_what_is_no_plain_file_is_refused(kind: bytes, tmp_path: Path) -> None:
    info = tarfile.TarInfo("a")
    info.type, info.linkname = kind, "/etc/passwd"
    with pytest.raises(ArchiveError, match="not a plain file"):
        everything(by_hand(tmp_path / "a.tar", [(info, b"")]), tmp_path / "out")


def test_long_names_of_other_forms_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="not a plain file"):
        everything(by_hand(tmp_path / "a.tar", [("a" * 200, b"x")]), tmp_path / "out")


def test_a_name_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="name that it can not have"):
        everything(by_hand(tmp_path / "a.tar", [("a", b"x"), ("a", b"y")]), tmp_path / "out")


def test_a_folder_that_is_a_file_too_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        everything(by_hand(tmp_path / "a.tar", [("a", b"x"), ("a/b", b"y")]), tmp_path / "out")


RIGHT = sha256(b"x").hexdigest()


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ([], "not what its manifest says"),
        ([{"name": "a", "size": 1, "sha256": RIGHT}] * 2, "not what its manifest says"),
        ([{"name": "b", "size": 1, "sha256": RIGHT}], "not what its manifest says"),
        ([{"name": "a", "size": 2, "sha256": RIGHT}], "not as long"),
        ([{"name": "a", "size": 1, "sha256": "00" * 32}], "another hash"),
        ([{"name": "a", "size": 1}], "not what its manifest says"),
        ([7], "not what its manifest says"),
        ({}, "says nothing of files"),
    ],
)
def test_the_manifest_is_kept_to(files: Any, why: str, tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match=why):
        everything(by_hand(tmp_path / "a.tar", [("a", b"x")], files), tmp_path / "out")


@pytest.mark.parametrize("length", [0, 100, 512, 1500, 600_000])
def test_what_was_cut_off_is_refused(length: int, tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    write(path)
    os.truncate(path, length)
    with pytest.raises(ArchiveError):
        Archive(path)


def test_every_changed_byte_of_the_contents_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    write(path, {"a": b"x" * 40, "b": b"y" * 40})
    whole = path.read_bytes()
    for at in (*range(512, 552), *range(1536, 1576)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(ArchiveError, match="another hash"):
            everything(path, tmp_path / f"out{at}")


def test_an_archive_of_another_format_or_none(tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    path.write_bytes(b"not a tar file" * 100)
    with pytest.raises(ArchiveError, match="no archive"):
        Archive(path)
    path.write_bytes(bytes(1024))
    with pytest.raises(ArchiveError, match="no manifest"):
        Archive(path)
    write(path)
    path.write_bytes(path.read_bytes().replace(b'"format": 1', b'"format": 2'))
    with pytest.raises(ArchiveError, match="format 2"):
        Archive(path)


def test_two_at_once_do_not_mix(tmp_path: Path) -> None:
    """A backup that takes longer than the time to the next one."""
    path = tmp_path / "a.tar"
    first = Writing(path)
    first.add("a", [b"first"])
    with pytest.raises(ArchiveError, match=r"another process is writing .*a\.tar\.part"):
        Writing(path)
    first.finish({"kind": "letters"})
    with Archive(path) as archive:
        assert b"".join(archive.content(archive.entries[0])) == b"first"
    assert write(path) == path.stat().st_size, "and then it is the next one's turn"


def test_what_a_kill_left_behind_is_written_anew(tmp_path: Path) -> None:
    (tmp_path / "a.tar.part").write_bytes(b"half")
    (tmp_path / "a.tar.part").chmod(0o666)
    write(tmp_path / "a.tar")
    assert stat.S_IMODE((tmp_path / "a.tar").stat().st_mode) == 0o600
    everything(tmp_path / "a.tar", tmp_path / "there")
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["a.tar"]


def test_a_full_disk_is_named_with_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writing = Writing(tmp_path / "a.tar")

    def full(descriptor: int, content: Any) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match=r"No space left on device: '.*a\.tar\.part'"):
        writing.add("a", [b"x"])
    writing.abandon()
    assert list(tmp_path.iterdir()) == []
