"""Kept trees come back as they were, and whatever else is in their place does no harm."""

from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from supercloud.chain.store import merkle, trunk

NOTHING = trunk.Later({}, lambda store, start, end: ())


def content(count: int) -> list[tuple[bytes, bytes]]:
    return sorted((hashlib.sha256(b"%d" % number).digest(), b"v") for number in range(count))


def test_trees_come_back_as_they_were() -> None:
    trees = {"acc": merkle.build(content(40_000)), "bank": merkle.build(content(1)), "empty": None}
    chunks = list(trunk.chunks(trees))
    found = trunk.trees(chunks, NOTHING)
    assert found == {"acc": trees["acc"], "bank": trees["bank"]}
    # Ten thousand and more nodes take a few dozen bytes each, not the four hundred a leaf of a whole tree.
    assert sum(map(len, chunks)) < 40_000 * 40


@given(st.lists(st.binary(max_size=90), max_size=4))
def test_other_bytes_do_no_harm(chunks: list[bytes]) -> None:
    found = trunk.trees(chunks, NOTHING)
    assert all(isinstance(store, str) for store in found)


def test_a_chunk_cut_short_makes_another_tree() -> None:
    tree = merkle.build(content(100))
    [chunk] = trunk.chunks({"acc": tree})
    assert merkle.root_hash(trunk.trees([chunk[:-1]], NOTHING)["acc"]) != merkle.root_hash(tree)


def test_stores_take_up_what_was_written_since_those_that_were_empty_too() -> None:
    now = {"acc": [*content(100), (b"\xff", b"new")], "bank": content(3), "gone": []}
    chunks = list(trunk.chunks({"acc": merkle.build(content(100)), "gone": merkle.build(content(2))}))
    written = {
        "acc": [b"\xff"],
        "bank": [key for key, _ in now["bank"]],
        "gone": [key for key, _ in content(2)],
    }

    def read(store: str, start: bytes, end: bytes | None) -> list[tuple[bytes, bytes]]:
        return [pair for pair in now[store] if start <= pair[0] and (end is None or pair[0] < end)]

    found = trunk.trees(chunks, trunk.Later(written, read))
    assert {store: merkle.root_hash(tree) for store, tree in found.items()} == {
        store: merkle.root_hash(merkle.build(pairs)) for store, pairs in now.items()
    }


def test_chunks_are_made_one_by_one() -> None:
    made = trunk.chunks({"acc": merkle.build(content(40_000)), "bank": ("no", "tree")})
    first = next(made)
    assert first == next(trunk.chunks({"acc": merkle.build(content(40_000))}))
