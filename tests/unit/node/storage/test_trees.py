"""Kept trees are read back whole, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from supercloud.node.storage import trees

CHUNKS = [b"\x03acc" + bytes(100), b"\x04bank" + bytes(7)]


def test_what_was_saved_is_read_at_its_height(tmp_path: Path) -> None:
    path = tmp_path / "trees"
    assert list(trees.read(path, 7)) == []
    trees.save(path, 6, [b"former"])
    trees.save(path, 7, iter(CHUNKS))
    assert list(trees.read(path, 7)) == CHUNKS
    assert list(trees.read(path, 6)) == list(trees.read(path, 8)) == []
    assert [each.name for each in tmp_path.iterdir()] == ["trees"]


@pytest.mark.parametrize("at", [0, 20, 60, 140, -1])
def test_a_damaged_file_is_none(tmp_path: Path, at: int) -> None:
    path = tmp_path / "trees"
    trees.save(path, 7, CHUNKS)
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)
    assert list(trees.read(path, 7)) == []
    path.write_bytes(content[:at])
    assert list(trees.read(path, 7)) == []


def test_a_save_that_fails_leaves_what_there_was(tmp_path: Path) -> None:
    path = tmp_path / "trees"
    trees.save(path, 7, CHUNKS)

    def full() -> Iterator[bytes]:
        yield CHUNKS[0]
        raise OSError("disk full")

    with pytest.raises(OSError, match="full"):
        trees.save(path, 8, full())
    assert list(trees.read(path, 7)) == CHUNKS
    assert [each.name for each in tmp_path.iterdir()] == ["trees"]
