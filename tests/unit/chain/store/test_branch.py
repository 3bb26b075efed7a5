"""A branch behaves like a dictionary of which one keeps copies."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from supercloud.chain.store.backend import KEY_BYTES_MAX, MemoryBackend
from supercloud.chain.store.branch import Branch
from supercloud.types.errors import InvalidRequest

STORE = "s"
keys = st.binary(min_size=1, max_size=2).map(lambda raw: bytes(byte % 4 for byte in raw))
values = st.binary(min_size=1, max_size=2)
Model = dict[bytes, bytes]


def walked(model: Model, start: bytes, end: bytes | None, reverse: bool) -> list[tuple[bytes, bytes]]:
    chosen = [(key, model[key]) for key in sorted(model) if start <= key and (end is None or key < end)]
    return chosen[::-1] if reverse else chosen


class Branches(RuleBasedStateMachine):
    """Random writes, nested marks, reverts and branches on branches, against plain dictionaries."""

    @initialize(committed=st.dictionaries(keys, values, max_size=8))
    def commit(self, committed: Model) -> None:
        backend = MemoryBackend()
        backend.apply(1, {STORE: sorted(committed.items())}, b"")
        self.levels: list[tuple[Branch, Model, list[tuple[int, Model]]]] = [(Branch(backend), committed, [])]

    @property
    def top(self) -> tuple[Branch, Model, list[tuple[int, Model]]]:
        return self.levels[-1]

    @rule(key=keys, value=values)
    def set(self, key: bytes, value: bytes) -> None:
        branch, model, _ = self.top
        branch.set(STORE, key, value)
        model[key] = value

    @rule(key=keys)
    def delete(self, key: bytes) -> None:
        branch, model, _ = self.top
        branch.delete(STORE, key)
        model.pop(key, None)

    @rule()
    def mark(self) -> None:
        branch, model, marks = self.top
        marks.append((branch.mark(), dict(model)))

    @precondition(lambda self: self.top[2])
    @rule(data=st.data())
    def revert(self, data: Any) -> None:
        branch, model, marks = self.top
        at = data.draw(st.integers(0, len(marks) - 1))
        mark, before = marks[at]
        del marks[at:]
        branch.revert(mark)
        model.clear()
        model.update(before)

    @rule()
    def branch_on(self) -> None:
        branch, model, _ = self.top
        self.levels.append((Branch(branch), dict(model), []))

    @precondition(lambda self: len(self.levels) > 1)
    @rule()
    def drop(self) -> None:
        self.levels.pop()

    @rule(start=st.just(b"") | keys, end=st.none() | keys, reverse=st.booleans())
    def walk(self, start: bytes, end: bytes | None, reverse: bool) -> None:
        branch, model, _ = self.top
        assert list(branch.range(STORE, start, end, reverse)) == walked(model, start, end, reverse)

    @rule(key=keys)
    def get(self, key: bytes) -> None:
        branch, model, _ = self.top
        assert branch.get(STORE, key) == model.get(key)

    @invariant()
    def lower_levels_see_nothing(self) -> None:
        if len(self.levels) > 1:
            branch, model, _ = self.levels[-2]
            assert list(branch.range(STORE, b"", None)) == walked(model, b"", None, False)


TestBranches = Branches.TestCase
TestBranches.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


def test_writes_are_sorted_and_name_deletions() -> None:
    branch = Branch(MemoryBackend())
    branch.set("b", b"2", b"x")
    branch.set("b", b"1", b"y")
    branch.set("a", b"1", b"z")
    branch.delete("a", b"0")
    mark = branch.mark()
    branch.set("c", b"1", b"gone")
    branch.revert(mark)
    expected = [("a", [(b"0", None), (b"1", b"z")]), ("b", [(b"1", b"y"), (b"2", b"x")])]
    assert list(branch.writes()) == expected
    assert len(list(branch.range("b", b"", None))) == 2  # now the keys are kept in order
    branch.set("b", b"0", b"w")
    expected[1][1].insert(0, (b"0", b"w"))
    assert list(branch.writes()) == expected


def test_writing_while_walking_does_not_disturb_the_walk() -> None:
    branch = Branch(MemoryBackend())
    for number in range(5):
        branch.set(STORE, bytes([number]), b"v")
    seen = []
    for key, _ in branch.range(STORE, b"", None):
        seen.append(key)
        branch.delete(STORE, key)
        branch.set(STORE, bytes([key[0] + 10]), b"new")
    assert seen == [bytes([number]) for number in range(5)]
    assert [key[0] for key, _ in branch.range(STORE, b"", None)] == [10, 11, 12, 13, 14]


@pytest.mark.parametrize("size", [0, KEY_BYTES_MAX + 1])
def test_keys_that_no_store_can_hold_are_refused_when_written(size: int) -> None:
    branch = Branch(MemoryBackend())
    with pytest.raises(InvalidRequest):
        branch.set(STORE, b"k" * size, b"v")
    with pytest.raises(InvalidRequest):
        branch.delete(STORE, b"k" * size)
    assert branch.get(STORE, b"k" * size) is None
    assert list(branch.writes()) == []
    branch.set(STORE, b"k" * KEY_BYTES_MAX, b"v")


@given(st.dictionaries(keys, values), st.lists(keys))
def test_a_reverted_branch_is_as_if_nothing_had_been(committed: Model, touched: list[bytes]) -> None:
    backend = MemoryBackend()
    backend.apply(1, {STORE: sorted(committed.items())}, b"")
    branch = Branch(backend)
    for key in touched:
        branch.set(STORE, key, b"new")
        list(branch.range(STORE, b"", None))
        branch.delete(STORE, key)
    branch.revert(0)
    assert list(branch.range(STORE, b"", None)) == sorted(committed.items())
    assert list(branch.writes()) == []


def test_what_is_settled_is_undone_no_more() -> None:
    branch = Branch(MemoryBackend())
    branch.set("bank", b"a", b"1")
    branch.settle()
    mark = branch.mark()
    branch.set("bank", b"a", b"2")
    branch.set("bank", b"b", b"2")
    branch.revert(mark)
    assert dict(branch.writes()) == {"bank": [(b"a", b"1")]}
