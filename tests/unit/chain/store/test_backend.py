"""The backend in memory against the plainest model: a dictionary for every height."""

from __future__ import annotations

import random

import pytest

from supercloud.chain.store.backend import HeightUnavailable, MemoryBackend


def filled(heights: int, forget: int = 0) -> tuple[MemoryBackend, dict[int, dict[bytes, bytes]]]:
    rng = random.Random(heights)
    backend = MemoryBackend()
    content: dict[bytes, bytes] = {}
    past = {}
    for height in range(1, heights + 1):
        pairs = {
            b"%d" % rng.randrange(30): None if rng.random() < 0.4 else rng.randbytes(3) for _ in range(9)
        }
        before = max(height - forget, 0) if forget else 0
        backend.apply(height, {"s": sorted(pairs.items(), key=lambda pair: pair[0])}, b"%d" % height, before)
        content = {key: value for key, value in {**content, **pairs}.items() if value is not None}
        past[height] = content
    return backend, past


def test_every_height_is_readable() -> None:
    backend, past = filled(20)
    assert backend.latest() == (20, b"20")
    for height, content in past.items():
        reader = backend.reader(height)
        assert list(reader.range("s", b"", None)) == sorted(content.items())
        assert list(reader.range("s", b"1", b"25", reverse=True)) == sorted(
            ((key, value) for key, value in content.items() if b"1" <= key < b"25"), reverse=True
        )
        assert {key: reader.get("s", key) for key in content} == content
    assert list(backend.range("s", b"", None)) == sorted(past[20].items())
    assert backend.get("other", b"1") is None


def test_changes_lead_from_one_height_to_the_one_before() -> None:
    backend, past = filled(20)
    for height in range(2, 21):
        changed = {key for _, key in backend.changes(height)}
        differing = {
            key
            for key in {*past[height], *past[height - 1]}
            if past[height].get(key) != past[height - 1].get(key)
        }
        assert differing <= changed
    with pytest.raises(HeightUnavailable):
        list(backend.changes(1))  # nothing to go back to


def test_forgetting_leaves_what_is_still_readable() -> None:
    backend, past = filled(60, forget=5)
    for height in range(55, 61):
        assert list(backend.reader(height).range("s", b"", None)) == sorted(past[height].items())
    with pytest.raises(HeightUnavailable):
        backend.reader(54)
    # Deleted keys are gone for good: what is kept is the present and five heights.
    assert len(backend._keys["s"]) <= len({key for height in range(55, 61) for key in past[height]}) + 9


def test_pruning_in_steps_ends() -> None:
    backend, past = filled(40)
    old = backend.reader(3)
    steps = 0
    while backend.prune(40, 20):
        steps += 1
    assert steps > 5
    assert list(backend.reader(40).range("s", b"", None)) == sorted(past[40].items())
    with pytest.raises(HeightUnavailable):
        old.get("s", b"1")
    with pytest.raises(HeightUnavailable):
        list(old.range("s", b"", None))
    assert all(len(versions) == 1 for versions in backend._versions["s"].values())


def test_nothing_is_readable_before_the_first_height() -> None:
    backend = MemoryBackend()
    assert backend.latest() is None
    assert backend.reader(0).get("s", b"a") is None
    with pytest.raises(HeightUnavailable, match="height 1 is not available"):
        backend.reader(1)
    backend.apply(1000, {"s": [(b"a", b"b")]}, b"")
    with pytest.raises(HeightUnavailable, match="heights 1000 to 1000 are"):
        backend.reader(999)
