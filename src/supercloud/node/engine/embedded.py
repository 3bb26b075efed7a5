"""The embedded engine: this node is the one validator that decides.

A block goes through these steps, and a process that dies between any two of them picks up where it was:

    proposal file -> signing record -> FinalizeBlock -> block store (block, votes, results, state) -> Commit
    -> mempool, listeners (index, subscriptions)

The proposal reaches the disk before its signature exists, so after a crash the same block is voted for, never
another one at its height. Results reach the disk before the state machine commits, so that they can not be
lost. The index lags at worst and is filled from the blocks.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from supercloud.node.engine import block as blocks
from supercloud.node.engine.ports import Application, BlockStore, Committed, Listener, StoredBlock
from supercloud.node.engine.signer import Signer
from supercloud.node.engine.state import EngineState, Proposal, advance, genesis_state, propose
from supercloud.node.engine.validators import ValidatorSet
from supercloud.node.files import write_durably
from supercloud.node.genesis import Genesis
from supercloud.node.mempool import Mempool
from supercloud.pb.tendermint.abci import types_pb2 as abci
from supercloud.pb.tendermint.types import types_pb2

log = logging.getLogger(__name__)

PRUNE_BLOCKS = 8
"""Blocks forgotten per new block at most: pruning never holds a block up, and still catches up."""

VOTE_STEP_NS = 1_000_000
"""A vote is at least this much later than the block it is for."""


class EngineError(Exception):
    """The chain can not go on: storage, key and state machine disagree, or this node may not decide alone."""


@dataclass(frozen=True)
class Settings:
    """How the engine paces itself and what it keeps."""

    interval_s: float = 1.0
    blocks_kept: int = 0
    """0 keeps all."""
    halt_height: int = 0
    """Height after which no block is made; 0 is none."""


class Cadence:
    """When the next block is due: steady from `start_s`, and what was missed stays missed."""

    def __init__(self, interval_s: float, start_s: float) -> None:
        self._interval_s = interval_s
        self._due_s = start_s

    def rest(self, now_s: float) -> float:
        """Seconds from now, the end of a block, to the start of the next: one interval if that is past."""
        self._due_s += self._interval_s
        if self._due_s <= now_s:
            self._due_s = now_s + self._interval_s
        return self._due_s - now_s


class Embedded:
    """Proposes, executes and commits blocks at a steady cadence."""

    def __init__(
        self,
        app: Application,
        store: BlockStore,
        signer: Signer,
        genesis: Genesis,
        mempool: Mempool,
        *,
        folder: Path,
        settings: Settings,
        clock: Callable[[], int],
    ) -> None:
        self.listeners: list[Listener] = []
        self.state: EngineState
        """After the last committed block; set by `load`."""
        self.settings = settings
        self._app = app
        self._store = store
        self._signer = signer
        self._genesis = genesis
        self._mempool = mempool
        self._proposal_path = folder / "proposal.block"
        self._clock = clock
        self._last_commit: types_pb2.Commit

    # --- Start

    def load(self) -> None:
        """Bring storage, state machine and key to the same height. Raises EngineError."""
        info = self._app.info(abci.RequestInfo(version="0.38", block_version=blocks.BLOCK_PROTOCOL))
        at = info.last_block_height
        top = self._store.height
        if at > top:
            raise EngineError(
                f"the state is at height {at}, but blocks end at {top}: part of this home is older"
            )
        fresh = self._init_chain() if not at else None
        if top:
            self.state = self._state_at(top)
            if self.state.chain_id != self._genesis.chain_id:
                raise EngineError(
                    f"this home is of chain {self.state.chain_id}, not {self._genesis.chain_id}"
                )
            self._last_commit = types_pb2.Commit.FromString(_present(self._store.commit(top), top))
            self._replay(at)
        else:
            assert fresh is not None
            self.state = fresh
            self._last_commit = blocks.empty_commit()
        self._check_app_hash(at, info.last_block_app_hash)
        self._require_majority(self.state.validators)
        self._require_own_past()

    def _init_chain(self) -> EngineState:
        genesis = self._genesis
        validators = ValidatorSet.from_updates(genesis.validators)
        response = self._app.init_chain(
            abci.RequestInitChain(
                time=blocks.time_pb(genesis.time),
                chain_id=genesis.chain_id,
                consensus_params=genesis.consensus_params,
                validators=genesis.validators,
                app_state_bytes=genesis.app_state,
                initial_height=genesis.initial_height,
            )
        )
        if response.validators:
            validators = ValidatorSet.from_updates(response.validators)
        if not validators:
            raise EngineError("genesis names no validator")
        params = genesis.consensus_params
        if response.HasField("consensus_params"):
            params = response.consensus_params
        return genesis_state(
            chain_id=genesis.chain_id,
            initial_height=genesis.initial_height,
            time=genesis.time,
            validators=validators,
            params=params,
            app_hash=response.app_hash or genesis.app_hash,
        )

    def _replay(self, at: int) -> None:
        """Let the state machine, which is at height `at`, execute the stored blocks that it lacks."""
        first = at + 1 if at else self.state.initial_height
        if first <= self.state.height and first < self._store.base:
            raise EngineError(
                f"blocks from height {first} are needed for replay, but {self._store.base} is the lowest kept"
            )
        for height in range(first, self.state.height + 1):
            proposal = Proposal.from_bytes(_present(self._store.block(height), height))
            after = self._state_at(height)
            response = self._app.finalize_block(self._request(proposal, height, after))
            if response.app_hash != after.app_hash:
                raise EngineError(
                    f"replay of height {height} gives app hash {response.app_hash.hex()}, "
                    f"first it was {after.app_hash.hex()}"
                )
            self._app.commit(abci.RequestCommit())
            log.info("block replayed", extra={"height": height})

    def _check_app_hash(self, at: int, app_hash: bytes) -> None:
        if at and at == self.state.height and app_hash != self.state.app_hash:
            raise EngineError(
                f"the state at height {at} has app hash {app_hash.hex()}, not {self.state.app_hash.hex()}"
            )

    def _require_majority(self, validators: ValidatorSet) -> None:
        own = validators.powers().get(self._signer.address, 0)
        if own * 3 <= validators.power * 2:
            raise EngineError(
                f"this node's key has {own} of {validators.power} voting power; "
                "deciding alone takes more than two thirds"
            )

    def _require_own_past(self) -> None:
        """Refuse to go on from blocks older than the signing record: others may know those votes."""
        signed = self._signer.record.height
        pending = self._pending()
        ready = self.state.next_height if pending is not None else self.state.height
        if signed > ready:
            raise EngineError(
                f"the key has signed height {signed}, but blocks here end at {self.state.height}: this home "
                "was restored from an older copy, and going on would sign a second block at one height"
            )

    # --- Making blocks

    async def run(self) -> None:
        """Make blocks until cancelled or the halt height is reached."""
        loop = asyncio.get_running_loop()
        if not self.state.height:
            await asyncio.sleep(max(0, self.state.time - self._clock()) / 1e9)
        cadence = Cadence(self.settings.interval_s, loop.time())
        while not self._halted():
            self.step()
            await asyncio.sleep(cadence.rest(loop.time()))

    def _halted(self) -> bool:
        halt = self.settings.halt_height
        return bool(halt) and self.state.height >= halt

    def step(self) -> Committed:
        """Make one block. After an exception only a new start, which asks storage how far it got, helps."""
        state = self.state
        proposal = self._pending() or self._new_proposal()
        header = proposal.block.header
        vote_time = max(self._clock(), blocks.time_ns(header.time) + VOTE_STEP_NS)
        vote = self._signer.sign_precommit(state.chain_id, header.height, 0, proposal.id, vote_time)
        commit = self._commit_of(proposal, vote.time, vote.signature)
        response = self._app.finalize_block(self._request(proposal, header.height, None))
        if len(response.tx_results) != len(proposal.block.data.txs):
            raise EngineError("the state machine answers with another number of results than transactions")
        after = advance(state, proposal, response)
        self._store.save(
            header.height,
            proposal.id.hash,
            StoredBlock(
                proposal.serialised,
                commit.SerializeToString(deterministic=True),
                response.SerializeToString(deterministic=True),
                after.to_bytes(),
            ),
        )
        answer = self._app.commit(abci.RequestCommit())
        self.state, self._last_commit = after, commit
        self._mempool.update(header.height, proposal.block.data.txs, response.tx_results)
        committed = Committed(proposal.block, proposal.id, response)
        for listener in self.listeners:
            listener.block_committed(committed)
        self._prune(answer.retain_height)
        txs = len(proposal.block.data.txs)
        # Empty blocks only keep time; nobody wants a line a second about them.
        log.log(logging.INFO if txs else logging.DEBUG, "block", extra={"height": header.height, "txs": txs})
        self._require_majority(after.validators)
        return committed

    def _new_proposal(self) -> Proposal:
        state = self.state
        room = blocks.tx_bytes_max(_block_bytes_max(state), len(state.validators))
        request = abci.RequestPrepareProposal(
            max_tx_bytes=room,
            txs=self._mempool.reap(room),
            height=state.next_height,
            next_validators_hash=state.next_validators.hash,
            proposer_address=self._signer.address,
        )
        proposal = propose(state, [], self._last_commit, self._signer.address)
        request.time.CopyFrom(proposal.block.header.time)
        txs = self._app.prepare_proposal(request).txs
        if txs:
            proposal = propose(state, list(txs), self._last_commit, self._signer.address)
        write_durably(self._proposal_path, proposal.serialised)
        return proposal

    def _pending(self) -> Proposal | None:
        """The proposal on disk, if it is for the next height and follows the last block."""
        try:
            proposal = Proposal.from_bytes(self._proposal_path.read_bytes())
        except FileNotFoundError:
            return None
        header = proposal.block.header
        follows = blocks.BlockID.from_pb(header.last_block_id) == self.state.block_id
        fits = header.chain_id == self.state.chain_id and header.height == self.state.next_height
        return proposal if fits and follows else None

    def _commit_of(self, proposal: Proposal, time: int, signature: bytes) -> types_pb2.Commit:
        own = self._signer.address
        return blocks.make_commit(
            proposal.block.header.height,
            0,
            proposal.id,
            [
                blocks.commit_signature(own, time, signature)
                if validator.address == own
                else blocks.commit_absence()
                for validator in self.state.validators
            ],
        )

    def _request(
        self, proposal: Proposal, height: int, after: EngineState | None
    ) -> abci.RequestFinalizeBlock:
        """FinalizeBlock's request. In replay `after` is the state that the block led to the first time."""
        block = proposal.block
        if height == self.state.initial_height:
            voters: Sequence[abci.VoteInfo] = ()
        else:
            before = self._state_at(height - 1) if after is not None else self.state
            voters = _votes(before.last_validators, block.last_commit)
        request = abci.RequestFinalizeBlock(
            txs=block.data.txs,
            hash=proposal.id.hash,
            height=height,
            time=block.header.time,
            next_validators_hash=block.header.next_validators_hash,
            proposer_address=block.header.proposer_address,
        )
        request.decided_last_commit.round = block.last_commit.round
        request.decided_last_commit.votes.extend(voters)
        return request

    def _state_at(self, height: int) -> EngineState:
        return EngineState.from_bytes(_present(self._store.state(height), height))

    def _prune(self, retain_height: int) -> None:
        kept = self.settings.blocks_kept
        before = self.state.height - kept if kept else 0
        if retain_height:
            before = min(before, retain_height) if before > 0 else retain_height
        if before > self._store.base:
            self._store.prune(before, PRUNE_BLOCKS)


def _votes(validators: ValidatorSet, commit: types_pb2.Commit) -> list[abci.VoteInfo]:
    return [
        abci.VoteInfo(
            validator=abci.Validator(address=validator.address, power=validator.power),
            block_id_flag=entry.block_id_flag,
        )
        for validator, entry in zip(validators, commit.signatures, strict=True)
    ]


def _block_bytes_max(state: EngineState) -> int:
    limit = state.params.block.max_bytes
    return limit if limit > 0 else 104_857_600


def _present(stored: bytes | None, height: int) -> bytes:
    if stored is None:
        raise EngineError(f"the block store lacks height {height}")
    return stored
