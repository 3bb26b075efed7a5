"""The whole state: named stores, each with its own tree, under one app hash.

`prepare` computes what a block makes of it and keeps the result in memory; `commit` makes it durable in one step of the
backend. A crash between the two leaves the last committed height, and the block is executed again.

Writing, and reading through `get` and `range`, is for one thread. `at` and `prove` read a committed height through the
backend, never the cache, and may be called from others.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final, NamedTuple

from supercloud.chain.store import merkle, proof, trunk
from supercloud.chain.store.backend import Backend, HeightUnavailable, Reader, Writes
from supercloud.chain.store.branch import Branch
from supercloud.pb.tendermint.crypto import proof_pb2
from supercloud.types.errors import ProgrammerError

PROOF_HEIGHTS: Final = 128
"""How far back proofs reach (values reach as far as pruning keeps them)."""
TREE_WRITES_KEPT: Final = 1 << 17
"""Trees of past heights stay in memory while they differ by at most so many writes (about 0.9 KB each); older ones are
derived on demand, and kept up to the same bound."""
CHECKED_AT_ONCE: Final = 64
"""Nodes that a step of `check` reads: some two milliseconds."""
TAKEN_UP_MAX: Final = 1 << 19
"""Writes that are taken up on kept trees at most; after more it is quicker, and takes less memory, to build them."""
CACHE_BYTES_MAX: Final = 256 * 2**20
CACHE_ENTRY_BYTES: Final = 160
"""What an entry costs beside its key and value."""
_ABSENT: Final = object()

Trees = Mapping[str, "merkle.Node | None"]


class StateCorrupt(Exception):
    """What the backend holds does not hash to what was committed."""


class Unprovable(Exception):
    """ICS-23 has no form for the proof that was asked for."""


class Made(NamedTuple):
    """Trees of the last height."""

    trees: Trees
    taken_up: int | None
    """As MultiStore has it."""


class _Prepared(NamedTuple):
    height: int
    writes: Writes
    written: int
    trees: Trees
    app_hash: bytes


class MultiStore:
    """Committed state of the stores in `names`, read through a bounded cache.

    `keep_heights` is how many past heights stay readable; 0 keeps all. The trees are built and checked against the
    committed app hash at once (some 4 us a key), or with `verify=False` when they are first needed: a process that
    only answers queries is open immediately. With `later` somebody calls `take(make_trees())`; until then nothing is
    proven, and nothing may be written. `kept` are trees that `kept_trees` gave at that height or an earlier one
    whose later writes are still known (half a microsecond a key, some 50 a key that was written since): other values
    are then checked when a write or a proof comes near them.
    """

    def __init__(
        self,
        backend: Backend,
        names: Sequence[str],
        keep_heights: int = 0,
        *,
        verify: bool = True,
        later: bool = False,
        kept: trunk.Kept | None = None,
    ) -> None:
        self._backend = backend
        self.names = sorted(names)
        self._keep_heights = keep_heights
        # Two generations: when the young one is full it becomes the old one, whose entries come back when read.
        self._young: dict[str, dict[bytes, bytes | None]] = {name: {} for name in self.names}
        self._old = self._young
        self._young_bytes = 0
        self._prepared: _Prepared | None = None
        self.taken_up: int | None = None
        """Writes that were taken up on kept trees; None where the trees were built of all values."""
        self.written = 0
        """Writes that were committed since the trees are there."""
        latest = backend.latest()
        self._meta: dict[str, Any] = json.loads(latest[1]) if latest else {"roots": {}, "since": {}}
        self.height = latest[0] if latest else 0
        committed = self._meta.get("app_hash")
        self.app_hash = bytes.fromhex(committed) if committed else self._hash(dict.fromkeys(self.names))
        # By height, oldest first: its trees and the number of writes that made them of the trees before.
        self._history: dict[int, tuple[Trees, int]] = {}
        self._derived: dict[int, tuple[Trees, int]] = {}
        self._later = later
        if verify and not later:
            self.take(self.make_trees(kept))

    def load(self) -> None:
        """Have the trees of the last height, built of all values unless they are there. Raises StateCorrupt, Unprovable."""
        if self._history:
            return
        if self._later:
            raise Unprovable("the trees of the state are still being loaded: ask again in a moment")
        self.take(self.make_trees())

    def take(self, made: Made) -> None:
        """Have trees of the last height that were made."""
        self._history[self.height] = made.trees, 0
        self.taken_up = made.taken_up
        self._later = False

    def make_trees(self, kept: trunk.Kept | None = None) -> Made:
        """The trees of the last height: of `kept` ones if they fit, of all values otherwise. Raises StateCorrupt.

        Another thread may do it, while nothing is written.
        """
        roots: dict[str, str] = self._meta["roots"]
        trees, taken_up = self._take_up(kept) if kept is not None and roots else ({}, None)
        if {name: merkle.root_hash(tree).hex() for name, tree in trees.items()} != roots:
            taken_up = None
            view: Reader = self._backend.reader(self.height)
            trees = {name: merkle.build(view.range(name, b"", None)) for name in self.names if name in roots}
        for name, tree in trees.items():
            if merkle.root_hash(tree).hex() != roots[name]:
                raise StateCorrupt(
                    f"store {name} at height {self.height} hashes to {merkle.root_hash(tree).hex()}, "
                    f"but {roots[name]} was committed"
                )
        committed = [(name, bytes.fromhex(roots[name])) for name in sorted(roots)]
        if committed and proof.app_hash(committed) != self.app_hash:
            raise StateCorrupt(f"the stores' roots at height {self.height} do not make {self.app_hash.hex()}")
        return Made(trees, taken_up)

    def _take_up(self, kept: trunk.Kept) -> tuple[Trees, int | None]:
        """Trees of the last height made of kept ones; nothing when what was written since is not known any more."""
        written: dict[str, dict[bytes, None]] = {}
        try:
            for height in range(kept.height + 1, self.height + 1):
                for store, key in self._backend.changes(height):
                    written.setdefault(store, {})[key] = None
                if sum(map(len, written.values())) > TAKEN_UP_MAX:
                    return {}, None
        except HeightUnavailable:
            return {}, None
        keys = {store: sorted(found) for store, found in written.items()}
        found = trunk.trees(kept.chunks, trunk.Later(keys, self._backend.range))
        trees = {name: found.get(name) for name in self.names if name in self._meta["roots"]}
        return trees, sum(map(len, keys.values()))

    def kept_trees(self) -> trunk.Kept | None:
        """The trees of the last height, folded, for a later start; None when they were not needed.

        Blocks may be made while the chunks are taken.
        """
        if not self.height or not self._history:
            return None
        return trunk.Kept(self.height, trunk.chunks(self._history[self.height][0]))

    def gather(self) -> None:
        """Make the trees anew, to lie together in memory: after a write of very many keys, when what that took is free.

        They were made while that was in use, wherever a little room was left between; so nearly all of it stays with this
        process. Half a microsecond a key.
        """
        kept = self.kept_trees()
        if kept is None:
            return
        chunks = list(kept.chunks)
        self._history.clear()
        self._derived.clear()
        self._history[self.height] = self.make_trees(kept._replace(chunks=chunks)).trees, 0

    def check(self) -> Iterator[None]:
        """Read everything that kept trees have taken on trust, a little at each step.

        Blocks may be made between the steps. Raises StateCorrupt; HeightUnavailable when pruning is quicker.
        """
        if self.taken_up is None:
            return
        height, trees = self.height, self._history[self.height][0]
        view = self._backend.reader(height)
        read = 0
        for name, tree in trees.items():
            source = _source(name, view)
            for node in merkle.lowest_nodes(tree):
                try:
                    merkle.unfold(node, source)
                except merkle.Unfoldable as error:
                    raise StateCorrupt(f"store {name} at height {height}: {error}") from error
                read += 1
                if read % CHECKED_AT_ONCE == 0:
                    yield

    def follow(self, height: int, app_hash: bytes) -> None:
        """Take a height that another process has committed as the last one. For a store that only reads."""
        self.height, self.app_hash = height, app_hash

    # --- Reading the last committed height

    def get(self, store: str, key: bytes) -> bytes | None:
        """Committed value under a key."""
        found = self._young[store].get(key, _ABSENT)
        if found is _ABSENT:
            return self._fetch(store, key)
        return found  # type: ignore[return-value]

    def range(
        self, store: str, start: bytes, end: bytes | None, reverse: bool = False
    ) -> Iterator[tuple[bytes, bytes]]:
        """Committed pairs in key order."""
        return self._backend.range(store, start, end, reverse) if self.height else iter(())

    def branch(self) -> Branch:
        """A branch on the last committed height."""
        return Branch(self)

    def branch_on(self, branch: Branch) -> Branch:
        """A branch on top of an uncommitted one."""
        return Branch(branch)

    def at(self, height: int) -> Branch:
        """A view of a committed height; what is written to it goes nowhere. Raises HeightUnavailable."""
        return Branch(self._backend.reader(height))

    # --- Writing

    def prepare(self, branch: Branch, height: int) -> bytes:
        """App hash of `height` if `branch` becomes it. Nothing is written."""
        self.load()
        trees = dict.fromkeys(self.names) | {
            name: tree for name, tree in self._history[self.height][0].items() if name in self._young
        }
        writes: dict[str, list[tuple[bytes, bytes | None]]] = {}
        count = 0
        for name, pairs in branch.writes():
            if name not in trees:
                raise ProgrammerError(f"a write to store {name}, which does not exist")
            # What a block sets back or removes again is no change.
            changed = (
                [pair for pair in pairs if self.get(name, pair[0]) != pair[1]]
                if self.height
                else [pair for pair in pairs if pair[1] is not None]
            )
            if changed:
                writes[name] = changed
                trees[name] = self._updated(name, trees[name], changed, self._backend)
                count += len(changed)
        app_hash = self._hash(trees)
        self._prepared = _Prepared(height, writes, count, trees, app_hash)
        return app_hash

    @staticmethod
    def _updated(
        name: str, tree: merkle.Node | None, writes: Sequence[merkle.Write], view: Reader
    ) -> merkle.Node | None:
        """A store's tree after writes; `view` shows what the tree is of. Raises StateCorrupt."""
        try:
            return merkle.update(tree, writes, _source(name, view))
        except merkle.Unfoldable as error:
            raise StateCorrupt(f"store {name}: {error}") from error

    def commit(self) -> None:
        """Make what was prepared durable and current."""
        if self._prepared is None:
            raise ProgrammerError("commit without prepare")
        height, writes, written, trees, app_hash = self._prepared
        since = self._meta["since"]
        meta = {
            "app_hash": app_hash.hex(),
            "roots": {name: merkle.root_hash(tree).hex() for name, tree in trees.items()},
            "since": {name: since.get(name, height) for name in trees},
        }
        forget_before = max(height - self._keep_heights, 0) if self._keep_heights else 0
        self._backend.apply(height, writes, json.dumps(meta, sort_keys=True).encode(), forget_before)
        if self.height:
            for name, pairs in writes.items():
                for key, value in pairs:
                    self._remember(name, key, value)
        self.height, self.app_hash, self._meta = height, app_hash, meta
        self._prepared = None
        self._history[height] = trees, written
        self.written += written
        self._drop_trees()

    def restore(self, height: int, records: Iterable[tuple[str, bytes, bytes]], app_hash: bytes) -> None:
        """Begin with the state of a height, which has to hash to `app_hash`. Only for a store that is empty.

        Nothing is written unless everything fits. Raises StateCorrupt.
        """
        if self.height or self._backend.latest() is not None:
            raise ProgrammerError("restore into a store that has a state")
        pairs: dict[str, list[tuple[bytes, bytes]]] = {}
        for name, key, value in records:
            if name not in self._young:
                raise StateCorrupt(f"a record of store {name}, which does not exist")
            pairs.setdefault(name, []).append((key, value))
        trees: Trees = {name: merkle.build(pairs.get(name, ())) for name in self.names}
        found = self._hash(trees)
        if found != app_hash:
            raise StateCorrupt(
                f"the records of height {height} hash to {found.hex()}, not to {app_hash.hex()}"
            )
        meta = {
            "app_hash": found.hex(),
            "roots": {name: merkle.root_hash(tree).hex() for name, tree in trees.items()},
            "since": dict.fromkeys(self.names, height),
        }
        self._backend.apply(height, pairs, json.dumps(meta, sort_keys=True).encode())
        self.height, self.app_hash, self._meta = height, found, meta
        self._history = {height: (trees, 0)}

    def _drop_trees(self) -> None:
        history = self._history
        out_of_reach = self.height - PROOF_HEIGHTS
        # Each past tree holds on to what the writes after it replaced.
        held = sum(count for _, count in history.values()) - history[next(iter(history))][1]
        while len(history) > 1:
            oldest = next(iter(history))
            if held <= TREE_WRITES_KEPT and oldest > out_of_reach:
                break
            del history[oldest]
            held -= history[next(iter(history))][1]
        for height in [each for each in list(self._derived) if each <= out_of_reach]:
            self._derived.pop(height, None)

    # --- Proving

    def prove(self, store: str, key: bytes, height: int) -> tuple[bytes | None, proof_pb2.ProofOps]:
        """Value of a key at a height and the proof of it, or of its absence, as CometBFT ProofOps.

        Raises HeightUnavailable; Unprovable for a store that is empty or does not exist at that height, and where an
        empty value would have to be shown. Verifiers refuse proofs of more than 128 steps.
        """
        view = self._backend.reader(height)
        trees = self._trees_at(height)
        root = trees.get(store)
        if root is None:
            raise Unprovable(f"store {store} is empty at height {height}")

        def shown(each: bytes) -> bytes:
            value = view.get(store, each)
            if not value:
                raise Unprovable(f"store {store} holds an empty value under {each.hex()} at height {height}")
            return value

        value, read = view.get(store, key), _source(store, view)
        try:
            key_proof = (
                proof.absence(root, key, shown, read)
                if value is None
                else proof.existence(root, key, shown(key), read)
            )
        except merkle.Unfoldable as error:
            raise StateCorrupt(f"store {store}: {error}") from error
        store_proof = proof.store_existence(self._roots(trees), store)
        return value, proof.operations(store, key, key_proof, store_proof)

    def _trees_at(self, height: int) -> Trees:
        """Trees of a height: kept ones, or derived from the nearest later ones by taking back what was written."""
        self.load()
        near = {**self._derived, **self._history}
        if height in near:
            return near[height][0]
        latest = self.height
        if not latest - PROOF_HEIGHTS < height <= latest:
            raise HeightUnavailable(height, latest - PROOF_HEIGHTS + 1, latest)
        nearest = min(each for each in near if each > height)
        keys: dict[str, dict[bytes, None]] = {}
        for each in range(height + 1, nearest + 1):
            for store, key in self._backend.changes(each):
                keys.setdefault(store, {})[key] = None
        view, later = self._backend.reader(height), self._backend.reader(nearest)
        trees = {
            name: self._updated(
                name, tree, [(key, view.get(name, key)) for key in sorted(keys.get(name, ()))], later
            )
            for name, tree in near[nearest][0].items()
            if self._meta["since"].get(name, 0) <= height
        }
        self._derived[height] = trees, sum(map(len, keys.values()))
        while len(self._derived) > 1 and sum(count for _, count in self._derived.values()) > TREE_WRITES_KEPT:
            del self._derived[next(iter(self._derived))]
        return trees

    def _roots(self, trees: Trees) -> list[tuple[str, bytes]]:
        return [(name, merkle.root_hash(trees[name])) for name in sorted(trees)]

    def _hash(self, trees: Trees) -> bytes:
        return proof.app_hash(self._roots(trees))

    # --- The cache

    def _fetch(self, store: str, key: bytes) -> bytes | None:
        if not self.height:
            # Before the first commit nothing is there, and nothing is remembered either.
            return None
        found = self._old[store].get(key, _ABSENT)
        value: bytes | None = self._backend.get(store, key) if found is _ABSENT else found  # type: ignore[assignment]
        self._remember(store, key, value)
        return value

    def _remember(self, store: str, key: bytes, value: bytes | None) -> None:
        self._young_bytes += CACHE_ENTRY_BYTES + len(key) + (len(value) if value else 0)
        if self._young_bytes > CACHE_BYTES_MAX // 2:
            self._old = self._young
            self._young = {name: {} for name in self.names}
            self._young_bytes = 0
        self._young[store][key] = value


def _source(store: str, view: Reader) -> merkle.Read:
    """Where a store's folded nodes are unfolded from."""
    return lambda key, leaves: islice(view.range(store, key, None), leaves)
