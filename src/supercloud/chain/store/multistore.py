"""The whole state: named stores, each with its own tree, under one app hash.

`prepare` computes what a block makes of it and keeps the result in memory; `commit` makes it durable in one step of the
backend. A crash between the two leaves the last committed height, and the block is executed again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

from supercloud.chain.store import merkle, proof
from supercloud.chain.store.backend import Backend, HeightUnavailable, Writes
from supercloud.chain.store.branch import Branch
from supercloud.types.errors import ProgrammerError

ROOTS_KEPT: Final = 128
"""Heights whose trees stay in memory for proofs."""
CACHE_ENTRIES_MAX: Final = 1 << 20
PRUNE_KEYS_PER_COMMIT: Final = 4096
_ABSENT: Final = object()


class StateCorrupt(Exception):
    """What the backend holds does not hash to the app hash that was committed."""


class MultiStore:
    """Committed state of the stores in `names` (sorted), read through a bounded cache.

    `keep_heights` is how many past heights stay readable; 0 keeps all.
    """

    def __init__(self, backend: Backend, names: Sequence[str], keep_heights: int = 0) -> None:
        self._backend = backend
        self.names = sorted(names)
        self._keep_heights = keep_heights
        self._cache: dict[str, dict[bytes, bytes | None]] = {name: {} for name in self.names}
        self._cached = 0
        self._prepared: tuple[int, Writes, dict[str, merkle.Node | None], bytes] | None = None
        latest = backend.latest()
        self.height = latest[0] if latest else 0
        self._trees = {name: merkle.build(backend.range(name, b"", None)) for name in self.names}
        self.app_hash = self._hash(self._trees)
        if latest and json.loads(latest[1])["app_hash"] != self.app_hash.hex():
            raise StateCorrupt(
                f"state at height {self.height} hashes to {self.app_hash.hex()}, but {latest[1].decode()} was committed"
            )
        self._history: dict[int, dict[str, merkle.Node | None]] = {self.height: self._trees}

    # --- Reading the last committed height

    def get(self, store: str, key: bytes) -> bytes | None:
        """Committed value under a key."""
        cache = self._cache[store]
        found = cache.get(key, _ABSENT)
        if found is _ABSENT:
            value = self._backend.get(store, key)
            self._remember(cache, key, value)
            return value
        return found  # type: ignore[return-value]

    def range(
        self, store: str, start: bytes, end: bytes | None, reverse: bool = False
    ) -> Iterator[tuple[bytes, bytes]]:
        """Committed pairs in key order."""
        return self._backend.range(store, start, end, reverse)

    def branch(self) -> Branch:
        """A branch on the last committed height."""
        return Branch(self)

    def branch_on(self, branch: Branch) -> Branch:
        """A branch on top of an uncommitted one."""
        return Branch(branch)

    def at(self, height: int) -> Branch:
        """A view of a committed height; what is written to it goes nowhere. Raises HeightUnavailable."""
        if height == self.height:
            return Branch(self._backend)
        return Branch(self._backend.reader(height))

    # --- Writing

    def prepare(self, branch: Branch, height: int) -> bytes:
        """App hash of `height` if `branch` becomes it. Nothing is written."""
        writes = branch.writes()
        trees = dict(self._trees)
        for name, pairs in writes.items():
            trees[name] = merkle.update(self._trees[name], pairs)
        app_hash = self._hash(trees)
        self._prepared = (height, writes, trees, app_hash)
        return app_hash

    def commit(self) -> None:
        """Make what was prepared durable and current."""
        if self._prepared is None:
            raise ProgrammerError("commit without prepare")
        height, writes, trees, app_hash = self._prepared
        meta = json.dumps({"app_hash": app_hash.hex()}, sort_keys=True).encode()
        self._backend.apply(height, writes, meta)
        for name, pairs in writes.items():
            cache = self._cache[name]
            for key, value in pairs:
                self._remember(cache, key, value)
        self.height, self.app_hash, self._trees = height, app_hash, trees
        self._prepared = None
        self._history[height] = trees
        self._history.pop(height - ROOTS_KEPT, None)
        if self._keep_heights and height > self._keep_heights:
            self._backend.prune(height - self._keep_heights, PRUNE_KEYS_PER_COMMIT)

    # --- Proving

    def prove(self, store: str, key: bytes, height: int) -> tuple[bytes | None, Any]:
        """Value of a key at a height and the proof of it, or of its absence.

        Raises HeightUnavailable, and KeyError for a store that does not exist or is empty at that height.
        """
        trees = self._trees_at(height)
        root = trees[store]
        if root is None:
            raise KeyError(f"store {store} is empty at height {height}")
        view = self.at(height)
        value = view.get(store, key)
        if value is not None:
            key_proof = proof.existence(root, key, value)
        else:
            key_proof = proof.absence(root, key, lambda neighbour: view.get(store, neighbour))
        store_proof = proof.store_existence(self._roots(trees), store)
        return value, proof.operations(store, key, key_proof, store_proof)

    def _trees_at(self, height: int) -> dict[str, merkle.Node | None]:
        """Trees of a height: kept ones, or, after a restart, built again from the values of that height."""
        found = self._history.get(height)
        if found is None:
            if height <= self.height - ROOTS_KEPT:
                raise HeightUnavailable(
                    f"proofs reach back {ROOTS_KEPT} heights from {self.height}, not to {height}"
                )
            view = self._backend.reader(height)
            found = {name: merkle.build(view.range(name, b"", None)) for name in self.names}
            self._history[height] = found
        return found

    def _roots(self, trees: dict[str, merkle.Node | None]) -> list[tuple[str, bytes]]:
        return [(name, merkle.root_hash(trees[name])) for name in self.names]

    def _hash(self, trees: dict[str, merkle.Node | None]) -> bytes:
        return proof.app_hash(self._roots(trees))

    def _remember(self, cache: dict[bytes, bytes | None], key: bytes, value: bytes | None) -> None:
        if key not in cache:
            self._cached += 1
            if self._cached > CACHE_ENTRIES_MAX:
                for each in self._cache.values():
                    each.clear()
                self._cached = 1
        cache[key] = value
