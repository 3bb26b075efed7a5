"""A listener that may be kept waiting, in a thread of its own: blocks go on without it."""

from __future__ import annotations

import threading
from typing import Final

from supercloud.node.engine.ports import Committed, Listener

WAIT_S: Final = 0.1
"""How long a block waits for a listener that has nothing else to do: so whoever hears of it after that finds it told."""
CLOSE_S: Final = 5.0


class Alongside:
    """Tells a listener of blocks. While it is busy with one it misses those that come, but for the newest. A Listener.

    The listener has to make up for what it missed by itself; what it raises comes out at the next block.
    """

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._turn = threading.Condition()
        self._newest: Committed | None = None
        self._busy = self._closed = False
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="alongside", daemon=True)
        self._thread.start()

    def block_committed(self, committed: Committed) -> None:
        """Hand a block over."""
        with self._turn:
            if self._error is not None:
                raise self._error
            idle = not self._busy and self._newest is None
            self._newest = committed
            self._turn.notify_all()
            if idle:
                self._turn.wait_for(lambda: self._newest is None and not self._busy, WAIT_S)

    def close(self) -> None:
        """Let it finish the block that it has; what waits for an answer that does not come is left behind."""
        with self._turn:
            self._closed = True
            self._turn.notify_all()
        self._thread.join(CLOSE_S)

    def _run(self) -> None:
        while True:
            with self._turn:
                self._turn.wait_for(lambda: self._newest is not None or self._closed)
                committed, self._newest = self._newest, None
                if committed is None or self._closed:
                    return
                self._busy = True
            try:
                self._listener.block_committed(committed)
            except Exception as error:
                self._error = error
            with self._turn:
                self._busy = False
                self._turn.notify_all()
