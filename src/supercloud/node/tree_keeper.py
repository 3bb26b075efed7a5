"""Keeping the trees of the state on disk while blocks are made, so that a start after a sudden end is quick too.

A start takes up on them what was written since (MultiStore.load). The trees of a height do not change while they are
written, a few milliseconds between two blocks at a time; a sudden end in the midst of it leaves the file of before.
"""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Final

from supercloud.node.storage import trees

if TYPE_CHECKING:
    from supercloud.chain.store.multistore import MultiStore
    from supercloud.chain.store.trunk import Kept
    from supercloud.node.engine.ports import Committed

log = logging.getLogger(__name__)

REST_S: Final = 0.03
"""Between two chunks, each of which takes some three milliseconds: a tenth of a core while it lasts."""


HEIGHTS_KEPT_MIN: Final = 100
"""Where history is shorter, it may be gone before the trees are written."""


class TreeKeeper:
    """A Listener of the engine that writes the trees to `path` after every `writes` writes to the state (0: never).

    Also before the history of `heights_kept` heights (0: all) ends in which a start finds what was written since.
    """

    def __init__(self, store: MultiStore, path: Path, writes: int, heights_kept: int = 0) -> None:
        self.kept_height = 0
        """Of the file that was written last; 0 when none was."""
        self._store = store
        self._path = path
        self._writes = writes
        self._woken = asyncio.Event()
        # Trees that were built of all values are on no disk yet.
        self._due_at = writes - store.taken_up if store.taken_up is not None else 0
        self._heights = heights_kept // 2 if heights_kept >= HEIGHTS_KEPT_MIN else 0
        self._due_height = store.height + self._heights

    @property
    def _due(self) -> bool:
        store = self._store
        return store.written >= self._due_at or bool(self._heights and store.height >= self._due_height)

    def block_committed(self, committed: Committed) -> None:
        """See whether it is time."""
        if self._writes and self._due:
            self._woken.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._woken.wait()
            self._woken.clear()
            kept = self._store.kept_trees()
            if kept is None or not self._due:
                continue
            self._due_at = self._store.written + self._writes
            self._due_height = kept.height + self._heights
            try:
                await self._write(kept)
            except OSError as error:
                log.warning("the trees of the state were not kept: %s", error)

    async def _write(self, kept: Kept) -> None:
        writing = trees.Writing(self._path, kept.height)
        try:
            for chunk in kept.chunks:
                writing.add(chunk)
                await asyncio.sleep(REST_S)
            # The flush may take long. Whoever cancels goes on to write the same file, so it comes to its end first.
            finishing = asyncio.ensure_future(asyncio.to_thread(writing.finish))
            try:
                await asyncio.shield(finishing)
            except asyncio.CancelledError:
                await asyncio.wait({finishing})
                if (error := finishing.exception()) is not None:
                    log.warning("the trees of the state were not kept: %s", error)
                raise
        finally:
            writing.abandon()
        self.kept_height = kept.height
        log.info("trees kept", extra={"height": kept.height})
