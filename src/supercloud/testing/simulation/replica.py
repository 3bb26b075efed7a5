"""A second node: makes the blocks of a tape again and requires the same of every one of them.

    python -m supercloud.testing.simulation.replica TAPE [--home DIR] [--seed N] [--warm]

With a home the state lies in LMDB and the node starts anew at random heights, also between executing a block
and committing it. `--warm` fills every cache first: transactions are checked, simulated and asked about before
their block. Another process has another order of hashes, so nothing may depend on that either.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from pathlib import Path

from supercloud.chain.app import Options, SupercloudApp, build_app
from supercloud.chain.baseapp.context import Profile
from supercloud.chain.store.backend import Backend, MemoryBackend
from supercloud.node.storage.lmdb import LmdbBackend
from supercloud.pb.tendermint.abci import types_pb2 as abci
from supercloud.testing.ledger import CHAIN_ID, stamp
from supercloud.testing.simulation.tape import Frame, Tape, outcome_of

RESTART_CHANCE = 0.04
KEEP_HEIGHTS = 30


class Differs(AssertionError):
    """The same block led to something else."""


class Replica:
    """An application of its own, on its own storage."""

    def __init__(self, tape: Tape, home: Path | None, seed: int, warm: bool) -> None:
        self._home = home
        self._warm = warm
        self._rng = random.Random(seed)
        self._backend: Backend = MemoryBackend()
        self.starts = 0
        self.app = self._start()
        self.app.init_chain(
            abci.RequestInitChain(
                chain_id=CHAIN_ID,
                time=stamp(tape.time),
                initial_height=1,
                app_state_bytes=json.dumps(tape.app_state).encode(),
            )
        )

    def _start(self) -> SupercloudApp:
        self.starts += 1
        if self._home is not None:
            if isinstance(self._backend, LmdbBackend):
                self._backend.close()
            self._backend = LmdbBackend(self._home, sync=False)
        return build_app(self._backend, Profile(), Options(keep_heights=KEEP_HEIGHTS))

    def play(self, frame: Frame) -> None:
        """Make one block again."""
        if self._warm:
            self._warm_up(frame)
        found = self._finalize(frame)
        # Before the first commit nothing is on disk, and the genesis would have to be given again.
        if frame.height > 1 and self._home is not None and self._rng.random() < RESTART_CHANCE:
            self.app = self._start()
            found = self._finalize(frame)
        if found != frame.outcome:
            wrong = {
                key: (found[key], frame.outcome[key]) for key in found if found[key] != frame.outcome[key]
            }
            raise Differs(f"block {frame.height}: here and there {wrong}")
        self.app.commit()
        if self._home is not None and self._rng.random() < RESTART_CHANCE:
            self.app = self._start()

    def _finalize(self, frame: Frame) -> dict[str, object]:
        request = abci.RequestFinalizeBlock(
            txs=frame.txs,
            height=frame.height,
            time=stamp(frame.time),
            proposer_address=b"p" * 20,
            misbehavior=frame.proofs,
        )
        request.decided_last_commit.votes.extend(frame.votes)
        return outcome_of(self.app.finalize_block(request))

    def _warm_up(self, frame: Frame) -> None:
        for raw in frame.txs:
            for _ in range(self._rng.randrange(3)):
                self.app.check_tx(abci.RequestCheckTx(tx=raw, type=abci.NEW))
            if self._rng.random() < 0.3:
                self.app.simulate(raw)
            if self._rng.random() < 0.2:
                self.app.check_tx(abci.RequestCheckTx(tx=raw, type=abci.RECHECK))


def main(arguments: list[str] | None = None) -> int:
    """Play a tape; says how many blocks it had, or where it differed."""
    parser = argparse.ArgumentParser(description="Make the blocks of a tape again and compare.")
    parser.add_argument("tape", type=Path)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--warm", action="store_true")
    given = parser.parse_args(arguments)
    tape = Tape(given.tape)
    replica = Replica(tape, given.home, given.seed, given.warm)
    blocks = 0
    try:
        for frame in tape:
            replica.play(frame)
            blocks += 1
    except Differs as error:
        print(error, file=sys.stderr)
        return 1
    print(
        json.dumps({"blocks": blocks, "starts": replica.starts, "app_hash": replica.app.store.app_hash.hex()})
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
