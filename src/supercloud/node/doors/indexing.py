"""Keeping an index up with the blocks."""

from __future__ import annotations

from supercloud.node.engine.history import History
from supercloud.node.engine.ports import Committed
from supercloud.node.indexer.index import Index

PRUNE_EVERY_BLOCKS = 100


class Indexing:
    """Adds every block to an index and forgets what is older than `kept` blocks (0: nothing). A Listener."""

    def __init__(self, index: Index, kept: int) -> None:
        self._index = index
        self._kept = kept

    def block_committed(self, committed: Committed) -> None:
        """Take in a block."""
        height = committed.block.header.height
        self._index.add(height, committed.block.data.txs, committed.response)
        if self._kept and height % PRUNE_EVERY_BLOCKS == 0:
            self._index.prune(height - self._kept)


def fill(index: Index, history: History) -> None:
    """Bring an index to the height of the blocks."""
    index.drop_above(history.height)
    for height in range(max(index.height + 1, history.base, 1), history.height + 1):
        entry, response = history.entry(height), history.response(height)
        if entry is not None and response is not None:
            index.add(height, entry.block.data.txs, response)
