"""Results of blocks that were executed before the blocks themselves could be had.

They survive a crash: the state machine never executes a block a second time, so its results exist once.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from supercloud.node.engine.state import EngineState, Proposal
from supercloud.node.files import write_durably
from supercloud.pb.tendermint.abci import types_pb2 as abci

_FIRST_STATE = "first-state"
_HASH_BYTES = 32


@dataclass
class Executed:
    """A block's results; the block itself and the engine's state after it once they are known."""

    height: int
    hash: bytes
    response: abci.ResponseFinalizeBlock
    block: Proposal | None = None
    after: EngineState | None = None


class WaitingResults:
    """One file a height, named by it: the block's hash, then FinalizeBlock's answer."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, executed: Executed) -> None:
        """Keep results; on return they survive a loss of power."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        content = executed.hash + executed.response.SerializeToString(deterministic=True)
        write_durably(self._folder / str(executed.height), content)

    def has(self, height: int) -> bool:
        """Whether results of a height wait."""
        return (self._folder / str(height)).exists()

    def after(self, height: int) -> Iterator[Executed]:
        """The results that wait, from the height after the given one on, without a gap."""
        while self.has(height + 1):
            height += 1
            content = (self._folder / str(height)).read_bytes()
            response = abci.ResponseFinalizeBlock.FromString(content[_HASH_BYTES:])
            yield Executed(height, content[:_HASH_BYTES], response)

    def clear(self) -> None:
        """Forget all results; they have been copied."""
        if not self._folder.exists():
            return
        for path in self._folder.iterdir():
            if path.name.isdecimal():
                with contextlib.suppress(FileNotFoundError):
                    path.unlink()

    # The state before the first block follows from InitChain's answer, which is given only once as well.

    def put_first_state(self, state: EngineState) -> None:
        """Keep the engine's state before the first block."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_durably(self._folder / _FIRST_STATE, state.to_bytes())

    def first_state(self) -> EngineState | None:
        """The engine's state before the first block."""
        path = self._folder / _FIRST_STATE
        return EngineState.from_bytes(path.read_bytes()) if path.exists() else None
