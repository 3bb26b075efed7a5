"""A node that is killed, or whose CometBFT is, at a named point on a block's way to the disk.

Usage: python points.py HOME POINT MOMENT PASS VICTIM

POINT is one of POINTS, MOMENT before, after or within it (within: its transaction is made and not committed), PASS which
time it gets there once HOME.armed exists, VICTIM node or engine. Nothing in the node knows of this: the steps are wrapped
from outside.
"""

from __future__ import annotations

import itertools
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from supercloud.chain.app import SupercloudApp
from supercloud.node.engine import embedded
from supercloud.node.engine.cometbft.executed import WaitingResults
from supercloud.node.engine.signer import Signer
from supercloud.node.indexer.index import Index
from supercloud.node.mempool import Mempool
from supercloud.node.server import run
from supercloud.node.storage import trees
from supercloud.node.storage.blockstore import BlockStore
from supercloud.node.storage.environment import Environment
from supercloud.node.storage.lmdb import LmdbBackend


class Point(NamedTuple):
    """A step: the attribute that does it, and the folder of the transaction in it."""

    owner: Any
    name: str
    folder: str = ""


POINTS = {
    "proposal": Point(embedded, "write_durably"),
    "signature": Point(Signer, "sign_precommit"),
    "signing record": Point(Signer, "_save"),
    "execution": Point(SupercloudApp, "finalize_block"),
    "waiting results": Point(WaitingResults, "put"),
    "block": Point(BlockStore, "save", "blocks"),
    "state": Point(LmdbBackend, "apply", "state"),
    "mempool": Point(Mempool, "update"),
    "index": Point(Index, "add"),
    "trees": Point(trees.Writing, "finish"),
}
EMBEDDED = tuple(name for name in POINTS if name != "waiting results")
COMETBFT = ("execution", "block", "state", "index", "trees")


def moments(name: str) -> tuple[str, ...]:
    """When one can die at a point."""
    return ("before", "within", "after") if POINTS[name].folder else ("before", "after")


def arm(point: Point, moment: str, strike: Callable[[], None]) -> None:
    """Let something be struck whenever it gets to a point."""
    original = getattr(point.owner, point.name)
    if moment == "within":
        _arm_within(point, original, strike)
        return

    def wrapped(*args: Any, **named: Any) -> Any:
        if moment == "before":
            strike()
        result = original(*args, **named)
        if moment == "after":
            strike()
        return result

    setattr(point.owner, point.name, wrapped)


def _arm_within(point: Point, original: Any, strike: Callable[[], None]) -> None:
    write = Environment.write
    inside: list[str] = []

    def writing(self: Environment, work: Callable[[Any], Any], room: int = 0) -> Any:
        def working(txn: Any) -> Any:
            result = work(txn)
            if inside and self.folder.name == point.folder:
                strike()
            return result

        return write(self, working, room)

    def wrapped(*args: Any, **named: Any) -> Any:
        inside.append(point.name)
        try:
            return original(*args, **named)
        finally:
            inside.pop()

    Environment.write = writing  # type: ignore[method-assign]
    setattr(point.owner, point.name, wrapped)


def _kill_engine() -> None:
    for task in Path("/proc/self/task").iterdir():
        for child in (task / "children").read_text().split():
            if b"cometbft" in Path(f"/proc/{child}/cmdline").read_bytes():
                os.kill(int(child), signal.SIGKILL)


def arming(home: Path) -> Path:
    """The file whose being there arms a node."""
    return home.with_suffix(".armed")


def main(home: str, name: str, moment: str, turn: str, victim: str) -> int:
    """Run the node until it ends in one way or the other."""
    passes, armed = itertools.count(1), arming(Path(home))

    def strike() -> None:
        if not armed.exists() or next(passes) != int(turn):
            return
        if victim == "node":
            os.kill(os.getpid(), signal.SIGKILL)
        _kill_engine()

    arm(POINTS[name], moment, strike)
    return run(Path(home))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
