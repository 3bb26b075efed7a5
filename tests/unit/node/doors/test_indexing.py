"""An index is filled from the blocks, then kept up, then pruned; nothing is left out, however long it is away."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from small_node import SmallNode, transfer

from supercloud.node.doors import indexing
from supercloud.node.doors.indexing import CATCH_UP_BLOCKS, PRUNE_EVERY_BLOCKS, Indexing, fill
from supercloud.node.indexer.index import Index
from supercloud.node.indexer.port import IndexAway
from supercloud.node.mempool import tx_hash
from supercloud.pb.tendermint.abci import types_pb2 as abci


def test_an_index_that_lacks_blocks_is_filled(small: SmallNode, tmp_path: Path) -> None:
    small.block()
    raw = transfer(5, 0)
    small.block(raw)
    index = Index(tmp_path / "late.sqlite")
    fill(index, small.view.history)
    assert index.height == small.engine.state.height
    found = index.find(tx_hash(raw))
    assert found is not None and found.height == index.height
    fill(index, small.view.history)
    assert index.height == small.engine.state.height
    index.close()


def test_old_blocks_are_forgotten_now_and_then(small: SmallNode, tmp_path: Path) -> None:
    small.block()
    raw = transfer(5, 0)
    small.block(raw)
    index = Index(tmp_path / "short.sqlite")
    fill(index, small.view.history)
    small.engine.listeners.append(Indexing(index, 10, small.view.history))
    while small.engine.state.height < PRUNE_EVERY_BLOCKS - 1:
        small.block()
    assert index.find(tx_hash(raw)) is not None
    small.block()
    assert index.find(tx_hash(raw)) is None
    index.close()


class Shelf:
    """An index that remembers heights alone, and can be away."""

    def __init__(self) -> None:
        self.heights: list[int] = []
        self.away = False
        self.pruned: list[int] = []

    @property
    def height(self) -> int:
        return self.heights[-1] if self.heights else 0

    def ready(self) -> None:
        if self.away:
            raise IndexAway("away")

    def add(self, height: int, txs: Sequence[bytes], response: Any) -> None:
        self.ready()
        if height > self.height:
            self.heights.append(height)

    def prune(self, before: int) -> None:
        self.pruned.append(before)

    def drop_above(self, height: int) -> None:
        self.heights = [known for known in self.heights if known <= height]


class Block:
    def __init__(self, height: int) -> None:
        self.block = self.header = self.data = self
        self.height = height
        self.txs: list[bytes] = []
        self.response = abci.ResponseFinalizeBlock()


class Chain:
    base = 1

    def __init__(self, height: int = 0) -> None:
        self.height = height

    def entry(self, height: int) -> Block:
        return Block(height)

    def response(self, height: int) -> abci.ResponseFinalizeBlock:
        return abci.ResponseFinalizeBlock()

    def grow(self, listener: Indexing, blocks: int = 1) -> None:
        for _ in range(blocks):
            self.height += 1
            listener.block_committed(Block(self.height))


def test_every_block_once_and_old_ones_forgotten() -> None:
    shelf, chain = Shelf(), Chain()
    chain.grow(Indexing(shelf, 10, chain), 100)  # type: ignore[arg-type]
    assert shelf.heights == list(range(1, 101))
    assert shelf.pruned == [90]


def test_what_was_missed_comes_in_parts(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", indexing.__name__)
    shelf, chain = Shelf(), Chain()
    listener = Indexing(shelf, 0, chain)  # type: ignore[arg-type]
    chain.grow(listener, 2)
    shelf.away = True
    chain.grow(listener, 2 * CATCH_UP_BLOCKS)
    assert shelf.height == 2
    shelf.away = False
    chain.grow(listener)
    assert shelf.height == 2 + CATCH_UP_BLOCKS, "no gap is left by taking the newest first"
    chain.grow(listener, 2)
    assert shelf.heights == list(range(1, chain.height + 1))
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


def test_an_index_that_lost_everything_begins_with_what_is_kept() -> None:
    shelf, chain = Shelf(), Chain(50)
    chain.base = 40
    chain.grow(Indexing(shelf, 0, chain))  # type: ignore[arg-type]
    assert shelf.heights == list(range(40, 52))


def test_fills_and_goes_back() -> None:
    shelf, chain = Shelf(), Chain(9)
    fill(shelf, chain)  # type: ignore[arg-type]
    assert shelf.heights == list(range(1, 10))
    chain.height = 4
    fill(shelf, chain)  # type: ignore[arg-type]
    assert shelf.heights == [1, 2, 3, 4]
    chain.height = 9
    fill(shelf, chain, 3)  # type: ignore[arg-type]
    assert shelf.height == 7
