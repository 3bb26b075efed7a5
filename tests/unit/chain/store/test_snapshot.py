"""Snapshots of a state: back to the same app hash, or refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supercloud.chain.store.backend import MemoryBackend
from supercloud.chain.store.multistore import MultiStore, StateCorrupt
from supercloud.chain.store.snapshot import SnapshotError, chunks, records
from supercloud.types.errors import ProgrammerError

NAMES = ["acc", "bank", "market"]
contents = st.dictionaries(
    st.tuples(st.sampled_from(NAMES), st.binary(min_size=1, max_size=20)), st.binary(max_size=40), max_size=30
)


def filled(content: dict[tuple[str, bytes], bytes], height: int = 7) -> MultiStore:
    store = MultiStore(MemoryBackend(), NAMES)
    branch = store.branch()
    for (name, key), value in content.items():
        branch.set(name, key, value)
    store.prepare(branch, height)
    store.commit()
    return store


def taken(store: MultiStore, chunk_bytes: int = 64) -> list[bytes]:
    return list(chunks(store._backend.reader(store.height), store.names, chunk_bytes))


@given(contents, st.integers(1, 200))
def test_back_to_the_same_state_and_on_from_it(content: dict[tuple[str, bytes], bytes], size: int) -> None:
    source, target = filled(content), MultiStore(MemoryBackend(), NAMES)
    assert target.get("bank", b"new") is None
    target.restore(7, records(taken(source, size)), source.app_hash)
    assert (target.height, target.app_hash) == (7, source.app_hash)
    assert {place: target.get(*place) for place in content} == content
    roots = []
    for store in (source, target):
        branch = store.branch()
        branch.set("bank", b"new", b"1")
        store.prepare(branch, 8)
        store.commit()
        roots.append(store.app_hash)
    assert roots[0] == roots[1] and target.get("bank", b"new") == b"1"
    assert MultiStore(target._backend, NAMES).app_hash == roots[0]


def test_chunks_are_bounded_by_whole_records() -> None:
    store = filled({("bank", b"%d" % number): bytes(20) for number in range(20)})
    made = taken(store, 100)
    assert len(made) > 3 and all(len(chunk) < 100 + 40 for chunk in made)
    assert sum(1 for _ in records(made)) == 20


def test_what_does_not_hash_right_leaves_nothing() -> None:
    source = filled({("bank", b"a"): b"1", ("acc", b"b"): b"2"})
    found = list(records(taken(source)))
    for wrong in (
        found[:1],
        [*found, ("market", b"c", b"3")],
        [("bank", b"a", b"9"), found[1]],
        [("x", b"a", b"")],
    ):
        target = MultiStore(MemoryBackend(), NAMES)
        with pytest.raises(StateCorrupt):
            target.restore(7, wrong, source.app_hash)
        assert target.height == 0 and target._backend.latest() is None
        target.restore(7, found, source.app_hash)
    with pytest.raises(ProgrammerError):
        source.restore(7, found, source.app_hash)


@pytest.mark.parametrize(
    "chunk",
    [
        b"\x04ban",
        b"\x04bank\x00\x05ab",
        b"\x04bank\x00\x01a\x00\x00\x01\x00b",
        b"\x01\xff\x00\x01a\x00\x00\x00\x00",
        b"\x00",
        b"\x04bank\x00\x00\x00\x00\x00\x00",
        b"\x04bank\x00\xf1" + bytes(241) + bytes(4),
    ],
)
def test_chunks_nobody_wrote(chunk: bytes) -> None:
    with pytest.raises(SnapshotError):
        list(records([chunk]))


def test_a_key_that_no_store_can_hold_is_refused_before_the_trees_see_it() -> None:
    chunk = b"\x04bank\x00\xf1" + bytes(241) + bytes(4)
    with pytest.raises(SnapshotError, match="a key of 241 bytes"):
        MultiStore(MemoryBackend(), NAMES).restore(7, records([chunk]), bytes(32))


def test_records_that_do_not_follow_one_another() -> None:
    (chunk,) = taken(filled({("bank", b"a"): b"1"}))
    with pytest.raises(SnapshotError, match="twice"):
        list(records([chunk, chunk]))
