"""Kept trees are read back whole, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from supercloud.chain.store.trunk import Kept
from supercloud.node.storage import trees

CHUNKS = [b"\x03acc" + bytes(100), b"\x04bank" + bytes(7)]


def found(path: Path) -> tuple[int, list[bytes]] | None:
    kept = trees.read(path)
    return kept and (kept.height, list(kept.chunks))


def test_what_was_saved_is_read_with_its_height(tmp_path: Path) -> None:
    path = tmp_path / "trees"
    assert found(path) is None
    trees.save(path, Kept(6, [b"former"]))
    assert found(path) == (6, [b"former"])
    trees.save(path, Kept(7, iter(CHUNKS)))
    assert found(path) == (7, CHUNKS)
    assert [each.name for each in tmp_path.iterdir()] == ["trees"]


@pytest.mark.parametrize("at", [0, 20, 60, 140, -1])
def test_a_damaged_file_is_none(tmp_path: Path, at: int) -> None:
    path = tmp_path / "trees"
    trees.save(path, Kept(7, CHUNKS))
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)
    assert found(path) is None
    path.write_bytes(content[:at])
    assert found(path) is None


def test_a_save_that_fails_leaves_what_there_was(tmp_path: Path) -> None:
    path = tmp_path / "trees"
    trees.save(path, Kept(7, CHUNKS))

    def full() -> Iterator[bytes]:
        yield CHUNKS[0]
        raise OSError("disk full")

    with pytest.raises(OSError, match="full"):
        trees.save(path, Kept(8, full()))
    assert found(path) == (7, CHUNKS)
    assert [each.name for each in tmp_path.iterdir()] == ["trees"]


def test_until_it_is_whole_the_former_one_is_there(tmp_path: Path) -> None:
    path = tmp_path / "trees"
    trees.save(path, Kept(7, CHUNKS))
    killed = trees.Writing(path, 8)
    killed.add(b"half")
    assert found(path) == (7, CHUNKS)
    # Whoever comes after a kill writes over what it left.
    trees.save(path, Kept(9, CHUNKS[1:]))
    assert found(path) == (9, CHUNKS[1:])
    abandoned = trees.Writing(path, 10)
    abandoned.add(b"half")
    abandoned.abandon()
    assert found(path) == (9, CHUNKS[1:]) and not path.with_suffix(".new").exists()
    killed._file.close()
