"""An index is filled from the blocks, then kept up, then pruned."""

from pathlib import Path

from small_node import SmallNode, transfer

from supercloud.node.doors.indexing import PRUNE_EVERY_BLOCKS, Indexing, fill
from supercloud.node.indexer.index import Index
from supercloud.node.mempool import tx_hash


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
    small.engine.listeners.append(Indexing(index, 10))
    while small.engine.state.height < PRUNE_EVERY_BLOCKS - 1:
        small.block()
    assert index.find(tx_hash(raw)) is not None
    small.block()
    assert index.find(tx_hash(raw)) is None
    index.close()
