"""Keeping an index up with the blocks, also past a time in which its database was away."""

from __future__ import annotations

import logging

from supercloud.node.engine.history import History
from supercloud.node.engine.ports import Committed
from supercloud.node.indexer.port import IndexAway, SearchIndex

log = logging.getLogger(__name__)

PRUNE_EVERY_BLOCKS = 100
CATCH_UP_BLOCKS = 200
"""How many missed blocks are taken in with each new one, so that blocks do not wait for the index."""


class Indexing:
    """Adds every block to an index and forgets what is older than `kept` blocks (0: nothing). A Listener."""

    def __init__(self, index: SearchIndex, kept: int, history: History) -> None:
        self._index = index
        self._kept = kept
        self._history = history
        self._away = False

    def block_committed(self, committed: Committed) -> None:
        """Take in a block, after those that were missed."""
        height = committed.block.header.height
        try:
            self._index.ready()
            if self._index.height + 1 < height:
                fill(self._index, self._history, CATCH_UP_BLOCKS)
            if self._index.height + 1 >= height or not self._index.height:
                self._index.add(height, committed.block.data.txs, committed.response)
            if self._kept and height % PRUNE_EVERY_BLOCKS == 0:
                self._index.prune(height - self._kept)
        except IndexAway as error:
            if not self._away:
                log.warning("the index is behind until its database is back: %s", error)
            self._away = True
            return
        if self._away and self._index.height >= height:
            log.info("the index has caught up", extra={"height": height})
            self._away = False


def fill(index: SearchIndex, history: History, blocks_max: int = 0) -> None:
    """Bring an index to the height of the blocks, or `blocks_max` blocks nearer. Raises as the index does."""
    index.drop_above(history.height)
    first = max(index.height + 1, history.base, 1)
    last = history.height if not blocks_max else min(history.height, first + blocks_max - 1)
    for height in range(first, last + 1):
        entry, response = history.entry(height), history.response(height)
        if entry is not None and response is not None:
            index.add(height, entry.block.data.txs, response)
