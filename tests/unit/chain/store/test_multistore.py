"""The app hash follows the content, commits are whole, and every recent height can be proven, also after a restart."""

from __future__ import annotations

import json
import random
from collections.abc import Callable

import pytest

from supercloud.chain.store import merkle, multistore
from supercloud.chain.store.backend import HeightUnavailable, MemoryBackend, Writes
from supercloud.chain.store.multistore import PROOF_HEIGHTS, MultiStore, StateCorrupt, Unprovable
from supercloud.chain.store.trunk import Kept
from supercloud.sdk import ics23
from supercloud.types.errors import ProgrammerError

NAMES = ["market", "bank", "acc"]
Content = dict[tuple[str, bytes], bytes]


def random_block(rng: random.Random) -> dict[tuple[str, bytes], bytes | None]:
    return {
        (rng.choice(NAMES), b"%d" % rng.randrange(60)): None if rng.random() < 0.3 else rng.randbytes(6)
        for _ in range(rng.randrange(12))
    }


def run(store: MultiStore, height: int, block: dict[tuple[str, bytes], bytes | None]) -> bytes:
    branch = store.branch()
    for (name, key), value in block.items():
        if value is None:
            branch.delete(name, key)
        else:
            branch.set(name, key, value)
    app_hash = store.prepare(branch, height)
    store.commit()
    return app_hash


def chain(
    backend: MemoryBackend, heights: int, keep: int = 0
) -> tuple[MultiStore, dict[int, tuple[bytes, Content]]]:
    """A store after some random blocks, with the app hash and the content at each height."""
    rng = random.Random(heights)
    store = MultiStore(backend, NAMES, keep)
    content: Content = {}
    past = {}
    first = {(name, b"first"): b"v" for name in NAMES}
    for height in range(1, heights + 1):
        block = first if height == 1 else random_block(rng)
        app_hash = run(store, height, dict(block))
        for place, value in block.items():
            if value is None:
                content.pop(place, None)
            else:
                content[place] = value
        past[height] = app_hash, dict(content)
    return store, past


def check_proofs(store: MultiStore, height: int, app_hash: bytes, content: Content) -> None:
    for name in NAMES:
        for key in (b"first", b"0", b"17", b"nothing", b"59"):
            value, ops = store.prove(name, key, height)
            assert value == content.get((name, key))
            ics23.verify(ops, app_hash, name, key, value)


@pytest.mark.parametrize("budget", [0, 40, 1 << 17])
def test_the_last_hundred_heights_are_proven(monkeypatch: pytest.MonkeyPatch, budget: int) -> None:
    """Whatever number of trees stays in memory: what is not there is derived."""
    monkeypatch.setattr(multistore, "TREE_WRITES_KEPT", budget)
    store, past = chain(MemoryBackend(), PROOF_HEIGHTS + 20)
    for height in [*range(21, 149, 9), 148, 100, 50, 147, 21]:
        check_proofs(store, height, *past[height])
    with pytest.raises(HeightUnavailable):
        store.prove("bank", b"0", 20)
    with pytest.raises(HeightUnavailable):
        store.prove("bank", b"0", 149)


def test_proofs_and_app_hash_outlive_a_restart() -> None:
    backend = MemoryBackend()
    store, past = chain(backend, 40)
    for verify in (True, False):
        again = MultiStore(backend, NAMES, verify=verify)
        assert (again.height, again.app_hash) == (40, store.app_hash)
        for height in (40, 12, 39, 2, 25):
            check_proofs(again, height, *past[height])


def test_a_restarted_store_goes_on_as_the_running_one() -> None:
    backends = [MemoryBackend(), MemoryBackend()]
    stores = [MultiStore(backend, NAMES) for backend in backends]
    rng = random.Random(5)
    for height in range(1, 30):
        block = random_block(rng)
        stores[1] = MultiStore(backends[1], NAMES)
        assert run(stores[0], height, block) == run(stores[1], height, block)


def test_the_app_hash_depends_on_the_content_alone() -> None:
    together, apart = MultiStore(MemoryBackend(), NAMES), MultiStore(MemoryBackend(), NAMES)
    run(together, 1, {("bank", b"a"): b"1", ("acc", b"b"): b"2"})
    run(apart, 1, {("bank", b"a"): b"0", ("acc", b"x"): b"0"})
    run(apart, 2, {("bank", b"a"): b"1", ("acc", b"x"): None, ("acc", b"b"): b"2"})
    assert together.app_hash == apart.app_hash
    before = apart.app_hash
    run(apart, 3, {("market", b"a"): b"1"})
    assert apart.app_hash != before


def test_an_empty_block_changes_nothing() -> None:
    backend = MemoryBackend()
    store, past = chain(backend, 5)
    assert run(store, 6, {}) == past[5][0]
    # Neither does one that sets back what it changed, or removes what it made.
    branch = store.branch()
    branch.set("bank", b"new", b"v")
    branch.delete("bank", b"new")
    branch.set("bank", b"first", b"v")
    assert store.prepare(branch, 7) == past[5][0]
    store.commit()
    assert list(backend.changes(7)) == []


def test_prepare_alone_leaves_everything_as_it_was() -> None:
    backend = MemoryBackend()
    store, past = chain(backend, 3)
    branch = store.branch()
    branch.set("bank", b"first", b"half")
    assert store.prepare(branch, 4) != past[3][0]
    assert (store.height, store.app_hash, store.get("bank", b"first")) == (3, past[3][0], b"v")
    assert backend.latest() is not None and backend.latest()[0] == 3
    # The block is executed again, now with another outcome, which is the one that counts.
    branch = store.branch()
    branch.set("bank", b"first", b"whole")
    app_hash = store.prepare(branch, 4)
    store.commit()
    assert MultiStore(backend, NAMES).app_hash == app_hash
    assert backend.get("bank", b"first") == b"whole"
    with pytest.raises(ProgrammerError):
        store.commit()


class FailingBackend(MemoryBackend):
    """A disk that is full from some moment on."""

    full = False

    def apply(self, height: int, writes: Writes, meta: bytes, forget_before: int = 0) -> None:
        if self.full:
            raise OSError("full")
        super().apply(height, writes, meta, forget_before)


def test_a_commit_that_fails_leaves_the_last_height() -> None:
    backend = FailingBackend()
    store, past = chain(backend, 3)
    backend.full = True
    with pytest.raises(OSError, match="full"):
        run(store, 4, {("bank", b"first"): b"lost"})
    assert (store.height, store.app_hash, store.get("bank", b"first")) == (3, past[3][0], b"v")
    assert MultiStore(backend, NAMES).app_hash == past[3][0]


def damage_value(backend: MemoryBackend, meta: dict[str, object]) -> None:
    backend._versions["bank"][b"first"].append((5, b"other"))


def damage_root(backend: MemoryBackend, meta: dict[str, object]) -> None:
    meta["roots"]["bank"] = "00" * 32  # type: ignore[index]


def damage_hash(backend: MemoryBackend, meta: dict[str, object]) -> None:
    meta["app_hash"] = "00" * 32


@pytest.mark.parametrize(
    ("damage", "named"), [(damage_value, "store bank"), (damage_root, "store bank"), (damage_hash, "roots")]
)
def test_a_damaged_state_is_found_at_start(
    damage: Callable[[MemoryBackend, dict[str, object]], None], named: str
) -> None:
    backend = MemoryBackend()
    chain(backend, 5)
    assert backend._latest is not None
    height, raw = backend._latest
    meta = json.loads(raw)
    damage(backend, meta)
    backend._latest = (height, json.dumps(meta).encode())
    with pytest.raises(StateCorrupt, match=named):
        MultiStore(backend, NAMES)
    MultiStore(backend, NAMES, verify=False)  # reads go on; nothing is built on it
    with pytest.raises(StateCorrupt):
        MultiStore(backend, NAMES, verify=False).prove("bank", b"first", 5)


def test_a_store_that_is_empty_counts_with_kept_trees_too() -> None:
    backend = MemoryBackend()
    names = [*NAMES, "empty"]
    store = MultiStore(backend, names)
    for height in range(1, 5):
        run(store, height, {("acc", b"%d" % height): b"v"})
    again = MultiStore(backend, names, kept=store.kept_trees())
    assert again.taken_up == 0
    run(again, 5, {("acc", b"5"): b"v"})
    for height, app_hash in ((4, store.app_hash), (5, again.app_hash)):
        value, ops = again.prove("acc", b"1", height)
        ics23.verify(ops, app_hash, "acc", b"1", value)


def grown(backend: MemoryBackend, heights: int = 6) -> MultiStore:
    """A store whose trees have folded parts: many keys at the first height, few touched afterwards."""
    store = MultiStore(backend, NAMES)
    run(store, 1, {(name, b"%d" % number): b"v" for name in NAMES for number in range(300)})
    for height in range(2, heights + 1):
        block: dict[tuple[str, bytes], bytes | None] = {("bank", b"%d" % height): b"w", ("bank", b"9"): None}
        run(store, height, block)
    return store


def kept_of(store: MultiStore) -> Kept:
    """What a store keeps, to be read more than once."""
    kept = store.kept_trees()
    assert kept is not None
    return Kept(kept.height, list(kept.chunks))


def test_kept_trees_spare_a_start_the_reading_of_all_values(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = MemoryBackend()
    store = grown(backend)
    kept = kept_of(store)
    monkeypatch.setattr(backend, "range", lambda *given: pytest.fail("all values are read"))
    again = MultiStore(backend, NAMES, kept=kept)
    monkeypatch.undo()
    assert kept_of(again) == kept
    with pytest.raises(Unprovable, match="empty"):
        MultiStore(backend, [*NAMES, "new"], kept=kept).prove("new", b"299", 6)
    value, ops = again.prove("bank", b"299", 6)
    ics23.verify(ops, again.app_hash, "bank", b"299", value)
    for height, key in ((7, b"7"), (8, b"299"), (9, b"nothing")):
        block = {("acc", key): b"w", ("bank", b"9"): b"back", ("market", key): None}
        plain = MultiStore(backend, NAMES)
        branch = plain.branch()
        for (name, written), new in block.items():
            branch.set(name, written, new) if new else branch.delete(name, written)
        assert plain.prepare(branch, height) == run(again, height, block)
    assert MultiStore(MemoryBackend(), NAMES, verify=False).kept_trees() is None
    assert MultiStore(MemoryBackend(), NAMES).kept_trees() is None


@pytest.mark.parametrize("names", [NAMES, [*NAMES, "new"]])
def test_trees_of_an_earlier_height_take_up_what_was_written_since(names: list[str]) -> None:
    backend = MemoryBackend()
    store, rng = grown(backend), random.Random(3)
    kept = kept_of(store)
    store = MultiStore(backend, names)
    for height in range(7, 60):
        run(store, height, random_block(rng) | {(names[-1], b"%d" % height): b"w"})
        again = MultiStore(backend, names, kept=kept)
        assert again.taken_up is not None and again.taken_up >= height - 6
        assert kept_of(again) == kept_of(store) == kept_of(MultiStore(backend, names))
    # Not only roots: trees that blocks, proofs and the check go on from.
    list(again.check())
    block = random_block(rng)
    run(again, 60, block)
    value, ops = again.prove("bank", b"299", 60)
    ics23.verify(ops, again.app_hash, "bank", b"299", value)
    assert MultiStore(backend, names).app_hash == again.app_hash


def test_trees_that_come_later_are_waited_for() -> None:
    backend = MemoryBackend()
    kept = kept_of(grown(backend))
    store = MultiStore(backend, NAMES, later=True, kept=kept)
    assert store.get("bank", b"299") == b"v" and store.kept_trees() is None and store.taken_up is None
    branch = store.branch()
    branch.set("bank", b"1", b"w")
    for asked in (lambda: store.prove("bank", b"299", 6), lambda: store.prepare(branch, 7)):
        with pytest.raises(Unprovable, match="still being loaded"):
            asked()
    store.take(store.make_trees(kept))
    assert store.taken_up == 0 and kept_of(store) == kept
    value, ops = store.prove("bank", b"299", 6)
    ics23.verify(ops, store.app_hash, "bank", b"299", value)
    run(store, 7, {("bank", b"1"): b"w"})
    assert MultiStore(MemoryBackend(), NAMES, kept=kept).taken_up is None, "there is nothing they could be of"


def test_kept_trees_that_do_not_fit_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    backend, other = MemoryBackend(), MemoryBackend()
    store, stranger = grown(backend), grown(other, heights=7)
    kept = kept_of(store)
    for height in range(7, 20):
        run(store, height, {("acc", b"%d" % height): b"w"})
    chunks = list(kept.chunks)
    later = kept_of(store)

    def unused(trees: Kept) -> None:
        again = MultiStore(backend, NAMES, kept=trees)
        assert again.taken_up is None and again.app_hash == store.app_hash
        assert kept_of(again) == later

    unused(Kept(6, chunks[:1]))
    unused(Kept(6, [b"", *chunks, b"\x04bank"]))
    unused(Kept(6, [chunks[0][:-1] + b"!", *chunks[1:]]))
    unused(Kept(8, chunks))
    unused(Kept(20, chunks))
    unused(kept_of(stranger))
    assert MultiStore(backend, NAMES, kept=kept).taken_up == 13
    monkeypatch.setattr(multistore, "TAKEN_UP_MAX", 12)
    unused(kept)
    monkeypatch.undo()
    # What is pruned can not be taken up.
    backend.prune(8, 10_000)
    unused(kept)


def test_gathered_trees_are_the_same_and_new() -> None:
    backend = MemoryBackend()
    store, past = chain(backend, 12)
    twin, _ = chain(MemoryBackend(), 12)
    before = store._history[store.height][0]
    store.gather()
    after = store._history[store.height][0]
    assert {name: merkle.root_hash(tree) for name, tree in after.items()} == {
        name: merkle.root_hash(tree) for name, tree in before.items()
    }
    there = {id(node) for tree in before.values() for node in merkle.lowest_nodes(tree)}
    assert not there & {id(node) for tree in after.values() for node in merkle.lowest_nodes(tree)}
    assert store.taken_up is None and [None for _ in store.check()] == []
    # Heights of before are proven, and blocks go on as they would have.
    for height in (5, 12):
        check_proofs(store, height, *past[height])
    block = {("bank", b"%d" % number): b"new" for number in range(70)}
    assert run(store, 13, dict(block)) == run(twin, 13, dict(block))
    fresh = MultiStore(MemoryBackend(), NAMES)
    fresh.gather()
    assert run(fresh, 1, {("bank", b"k"): b"v"}) == run(
        MultiStore(MemoryBackend(), NAMES), 1, {("bank", b"k"): b"v"}
    )


def test_trees_may_be_kept_while_blocks_are_made() -> None:
    backend = MemoryBackend()
    store = grown(backend)
    kept = store.kept_trees()
    assert kept is not None and store.written == 300 * 3 + 6
    chunks = []
    for height, chunk in enumerate(kept.chunks, 7):
        chunks.append(chunk)
        run(store, height, {("market", b"%d" % height): b"w"})
    assert store.written == 300 * 3 + 6 + len(chunks)
    assert MultiStore(backend, NAMES, kept=Kept(6, chunks)).taken_up == len(chunks) == 3


def test_damage_below_kept_trees_is_found_when_a_block_comes_near() -> None:
    backend = MemoryBackend()
    kept = kept_of(grown(backend))
    backend._versions["bank"][b"150"].append((6, b"other"))
    again = MultiStore(backend, NAMES, kept=kept)
    run(again, 7, {("bank", b"2"): b"far away"})
    branch = again.branch()
    branch.set("bank", b"151", b"near")
    with pytest.raises(StateCorrupt, match="store bank"):
        again.prepare(branch, 8)
    with pytest.raises(StateCorrupt, match="store bank"):
        again.prove("bank", b"150", 7)


def test_a_check_finds_damage_wherever_it_is_while_blocks_are_made() -> None:
    backend = MemoryBackend()
    kept = kept_of(grown(backend))
    sound = MultiStore(backend, NAMES, kept=kept)
    steps = sum(1 for _ in sound.check())
    assert steps > 1
    checking = sound.check()
    for height in (7, 8):
        next(checking)
        run(sound, height, {("market", b"1"): b"%d" % height})
    assert len(list(checking)) == steps - 2
    for name in NAMES:
        for key in (b"0", b"150", b"99"):
            versions = backend._versions[name][key]
            versions.append((6, b"other"))
            with pytest.raises(StateCorrupt, match=f"store {name} at height 8"):
                list(sound.check())
            del versions[-1]
    assert list(MultiStore(backend, NAMES).check()) == []


def test_stores_may_come_and_go_with_an_upgrade() -> None:
    backend = MemoryBackend()
    _, past = chain(backend, 10)
    upgraded = MultiStore(backend, [*NAMES, "oracle"])
    assert upgraded.app_hash == past[10][0]
    app_hash = run(upgraded, 11, {("oracle", b"price"): b"1"})
    assert app_hash != past[10][0]
    upgraded = MultiStore(backend, [*NAMES, "oracle"])
    value, ops = upgraded.prove("oracle", b"price", 11)
    ics23.verify(ops, app_hash, "oracle", b"price", value)
    check_proofs(upgraded, 10, *past[10])
    with pytest.raises(Unprovable):
        upgraded.prove("oracle", b"price", 10)
    without = MultiStore(backend, NAMES)
    assert run(without, 12, {}) == past[10][0]
    assert MultiStore(backend, NAMES).app_hash == past[10][0]


def test_what_no_proof_can_show_is_said_to_be_so() -> None:
    store = MultiStore(MemoryBackend(), NAMES)
    run(store, 1, {("bank", b"a"): b"v", ("bank", b"c"): b""})
    ics23.verify(store.prove("bank", b"a", 1)[1], store.app_hash, "bank", b"a", b"v")
    for name, key in [("bank", b"c"), ("bank", b"b"), ("market", b"a"), ("nowhere", b"a")]:
        with pytest.raises(Unprovable):
            store.prove(name, key, 1)


def test_past_values_stay_until_pruned() -> None:
    store, past = chain(MemoryBackend(), 30, keep=10)
    for height in range(20, 31):
        view = store.at(height)
        for name in NAMES:
            expected = sorted(
                (key, value) for (store_name, key), value in past[height][1].items() if store_name == name
            )
            assert list(view.range(name, b"", None)) == expected
            assert list(view.range(name, b"", None, reverse=True)) == expected[::-1]
    for height in (0, 19, 31):
        with pytest.raises(HeightUnavailable):
            store.at(height)


def test_a_view_of_the_last_height_stays_there() -> None:
    store, past = chain(MemoryBackend(), 3)
    view = store.at(3)
    walk = view.range("bank", b"", None)
    run(store, 4, {("bank", b"first"): b"later", ("bank", b"0"): b"later", ("bank", b"~"): b"later"})
    expected = sorted((key, value) for (name, key), value in past[3][1].items() if name == "bank")
    assert list(walk) == expected
    assert view.get("bank", b"first") == b"v"


def test_the_cache_never_shows_an_old_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multistore, "CACHE_BYTES_MAX", 4000)
    rng = random.Random(1)
    backend = MemoryBackend()
    store = MultiStore(backend, NAMES)
    for height in range(1, 60):
        for _ in range(40):
            name, key = rng.choice(NAMES), b"%d" % rng.randrange(60)
            assert store.get(name, key) == backend.get(name, key)
        run(store, height, random_block(rng))
        entries = sum(map(len, [*store._young.values(), *store._old.values()]))
        assert entries * 160 <= 4000 + 200


def test_a_write_to_a_store_that_does_not_exist_halts() -> None:
    store = MultiStore(MemoryBackend(), NAMES)
    with pytest.raises(KeyError):
        store.get("nowhere", b"a")
    branch = store.branch()
    branch.set("nowhere", b"a", b"b")
    with pytest.raises(ProgrammerError):
        store.prepare(branch, 1)
