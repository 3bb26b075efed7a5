"""Reading everything a node has on disk, to see whether all of it is what was written.

Every page belongs to one tree or is free; every record has its seal; the values hash, from the bottom up, to the app hash
that was committed; what is current is the newest that history has; blocks follow one another and are found by their hashes;
and both agree on the app hash of the state's height. LMDB is not asked: a page that would make it fail has a name here.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from supercloud.chain.store import merkle, proof
from supercloud.node.engine.state import EngineState
from supercloud.node.storage import blockstore, lmdb
from supercloud.node.storage.damage import Shape, damaged, has_seals, pages_of
from supercloud.node.storage.environment import take_lock
from supercloud.node.storage.pages import Damaged, Pages, Record
from supercloud.node.storage.seal import unseal


class VerifyError(Exception):
    """There is nothing to verify, or nothing to verify it by."""


class Found(NamedTuple):
    """What is there, all of it whole."""

    height: int
    """Of the state; 0 when there is none."""
    app_hash: str
    first_block: int
    last_block: int
    records: int
    bytes: int


class _Tally:
    """The seals of a table's records, and how many there were."""

    def __init__(self) -> None:
        self.records = 0

    def unsealed(self, records: Iterable[Record]) -> Iterator[Record]:
        for key, record in records:
            self.records += 1
            yield key, unseal(key, record)


def verify(folder: Path) -> Found:
    """Read the home of a node that does not run. Raises StorageDamaged, VerifyError, HomeInUse."""
    data = folder / "data"
    if not data.is_dir():
        raise VerifyError(f"{folder} is no home of a node")
    lock = take_lock(data)
    try:
        tally = _Tally()
        height, app_hash = _state(data / "state", tally)
        first, last = _blocks(data / "blocks", tally, (height, app_hash))
        executed = folder / "cometbft" / "executed"
        if 0 < last < height and not (executed.is_dir() and any(executed.iterdir())):
            why = Damaged(f"the state is at height {height}, but blocks end at {last}")
            raise damaged(data / "blocks", why)
        size = sum(
            path.stat().st_size for name in ("state", "blocks") for path in (data / name).glob("*.mdb")
        )
        return Found(height, app_hash, first, last, tally.records, size)
    finally:
        os.close(lock)


def _require_seals(pages: Pages, folder: Path, shape: Shape) -> None:
    if not has_seals(pages, shape):
        raise VerifyError(f"{folder} was written by an earlier version; start the node once, then verify")


def _all_used(pages: Pages) -> None:
    pages.claim_free()
    if pages.unclaimed():
        raise Damaged(f"{pages.unclaimed()} pages are neither used nor free")


# --- The state


def _state(folder: Path, tally: _Tally) -> tuple[int, str]:
    """Height and app hash of a state. Raises StorageDamaged, VerifyError."""
    with pages_of(folder) as pages:
        if pages is None:
            return 0, ""
        _require_seals(pages, folder, lmdb.SHAPE)
        tables = pages.tables
        states = list(tally.unsealed(pages.records(tables["meta"])))
        written = set()
        for key, chunk in tally.unsealed(pages.records(tables["changed"])):
            written.add(key)
            for each in lmdb.unpack(chunk):
                if pages.find(tables["history"], each, unseal) is None:
                    raise Damaged(f"a value that height {lmdb.CHANGED.unpack(key)[0]} wrote is not there")
        history = tally.unsealed(pages.records(tables["history"]))
        roots = _roots(_newest(tally.unsealed(pages.records(tables["current"])), history))
        _all_used(pages)
        if not states:
            if roots or written:
                raise Damaged("there are values, but no height")
            return 0, ""
        told = states[0][1]
        meta = json.loads(told[lmdb.STATE.size :])
        empty = merkle.EMPTY_ROOT.hex()
        noted = {name: root for name, root in meta["roots"].items() if root != empty}
        if roots != noted:
            wrong = sorted(name for name in roots.keys() | noted.keys() if roots.get(name) != noted.get(name))
            raise Damaged(f"the values of {', '.join(wrong)} do not hash to what was committed")
        committed = [(name, bytes.fromhex(meta["roots"][name])) for name in sorted(meta["roots"])]
        if proof.app_hash(committed).hex() != meta["app_hash"]:
            raise Damaged("the stores do not hash to the app hash")
        return lmdb.STATE.unpack_from(told)[0], meta["app_hash"]


def _newest(current: Iterator[Record], history: Iterator[Record]) -> Iterator[Record]:
    """What is current, pair by pair with the newest version of each key in history. Raises Damaged."""
    versions = groupby(history, lambda record: record[0][: -lmdb.SUFFIX_BYTES])
    for key, value in current:
        store, _, name = key.partition(b"\0")
        base = store + b"\0" + lmdb.escape(name)
        for found, group in versions:
            newest = next(group)[1]
            if found == base or newest[0]:
                break
        else:
            raise Damaged(f"history lacks the key {key.hex()}")
        if found != base or newest != b"\1" + value:
            raise Damaged(f"history and what is current differ at the key {key.hex()}")
        yield key, value
    for found, group in versions:
        if next(group)[1][0]:
            raise Damaged(f"the key {found.hex()} is in history only")


def _roots(current: Iterable[Record]) -> dict[str, str]:
    """Roots of the stores that have values."""
    return {
        store.decode(): merkle.root_hash(
            merkle.build((key.partition(b"\0")[2], value) for key, value in pairs)
        ).hex()
        for store, pairs in groupby(current, lambda record: record[0].partition(b"\0")[0])
    }


# --- The blocks


def _blocks(folder: Path, tally: _Tally, state: tuple[int, str]) -> tuple[int, int]:
    """First and last height of the blocks, 0 when there are none. Raises StorageDamaged, VerifyError."""
    with pages_of(folder) as pages:
        if pages is None:
            return 0, 0
        _require_seals(pages, folder, blockstore.SHAPE)
        tables = [pages.tables[name] for name in blockstore.SHAPE.tables]
        if len({table.records for table in tables}) != 1:
            raise Damaged("parts of blocks are not there")
        *parts, hashes = (tally.unsealed(pages.records(table)) for table in tables)
        first = last = named = found = 0
        for blocks in zip(*parts, strict=True):
            keys = {key for key, _ in blocks}
            height = blockstore.HEIGHT.unpack(blocks[0][0])[0]
            if len(keys) != 1 or (last and height != last + 1):
                raise Damaged(f"parts of block {height} are not there")
            first, last = first or height, height
            named += int.from_bytes(blocks[0][1][: blockstore.HASH_BYTES] + blocks[0][0], "big")
            if height == state[0] and EngineState.from_bytes(blocks[3][1]).app_hash.hex() != state[1]:
                raise Damaged(f"its block {height} has another app hash than the state")
        for name, key in hashes:
            found += int.from_bytes(name + key, "big")
        if named != found:
            raise Damaged("blocks are not found by their hashes")
        _all_used(pages)
        return first, last
