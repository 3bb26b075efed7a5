"""The ABCI verbs: what a consensus engine, embedded or CometBFT 0.38, calls in the order of the protocol.

    init_chain -> (check_tx* | prepare_proposal | process_proposal)* -> finalize_block -> commit -> ...

Nothing is on disk before `commit`. A node that dies between `finalize_block` and `commit` gets the same block
again and computes the same app hash.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from supercloud.chain.baseapp import founding, proposals
from supercloud.chain.baseapp.context import BlockInfo, Context, Event, Mode, Profile
from supercloud.chain.baseapp.events import BlockResponse
from supercloud.chain.baseapp.execution import GAS_UNLIMITED, Ante, Executor, Outcome
from supercloud.chain.baseapp.genesis import GenesisError, Module
from supercloud.chain.baseapp.timestamps import to_ns
from supercloud.chain.store.gas import GasMeter
from supercloud.codec.json import from_text
from supercloud.pb.tendermint.abci import types_pb2 as abci
from supercloud.pb.tendermint.types import params_pb2
from supercloud.types.errors import ChainError, OutOfGas, ProgrammerError

if TYPE_CHECKING:
    from supercloud.chain.baseapp.router import Router
    from supercloud.chain.store.branch import Branch
    from supercloud.chain.store.multistore import MultiStore
    from supercloud.codec.tx import DecodedTx

STORE = "base"
"""Store of what belongs to no module: chain id and the time and proposer of the block at its height."""

_CHAIN_ID = b"\x00"
_BLOCK = b"\x01"
_INT64_MAX = 2**63 - 1
_IN_OTHERS = ("vesting",)
"""Modules of the network whose document is empty, for auth keeps what is theirs."""


class ConsensusParams(Protocol):
    """The module that keeps the consensus parameters."""

    def params(self, ctx: Context) -> params_pb2.ConsensusParams:
        """Current parameters; shared, not to be changed."""

    def set_params(self, ctx: Context, params: params_pb2.ConsensusParams) -> None:
        """Replace them."""


@dataclass(frozen=True)
class Wiring:
    """What an application is made of. Each order is consensus."""

    name: str
    version: str
    router: Router
    decode: Callable[[bytes], DecodedTx]
    ante: Ante
    consensus: ConsensusParams
    genesis_order: Sequence[Module]
    begin_order: Sequence[Module]
    end_order: Sequence[Module]
    after_genesis: Callable[[Context], None]
    choose: Callable[[Context], Sequence[abci.ValidatorUpdate]]
    """What the founders' transactions changed in who decides blocks."""


class BaseApp:
    """A deterministic replicated application behind the ABCI verbs."""

    def __init__(
        self,
        store: MultiStore,
        profile: Profile,
        wiring: Wiring,
        *,
        retain_blocks: int = 0,
        on_defect: Callable[[BaseException], None] | None = None,
    ) -> None:
        self.store = store
        self.profile = profile
        self.router = wiring.router
        self.version = wiring.version
        self._wiring = wiring
        self._retain_blocks = retain_blocks
        self._executor = Executor(wiring.router, wiring.decode, wiring.ante, profile, on_defect)
        # The branch of the block being decided; the state of genesis, and where to go back to in it.
        self._decided: Branch | None = None
        self._genesis: tuple[Branch, int] | None = None
        self._initial_height = 1
        self._check: Branch = store.branch()
        self._check_block = self.block_at(store.height)
        # The same one height on, for simulations; made when the first of a height comes.
        self._ahead: tuple[Branch, BlockInfo] | None = None
        self._chain_id = self._check_block.chain_id

    # --- Handshake

    @property
    def chain_id(self) -> str:
        """The chain's id; empty before init_chain."""
        return self._chain_id

    def info(self, request: abci.RequestInfo) -> abci.ResponseInfo:
        """The last committed height and its app hash."""
        return abci.ResponseInfo(
            data=self._wiring.name,
            version=self._wiring.version,
            last_block_height=self.store.height,
            last_block_app_hash=self.store.app_hash,
        )

    def init_chain(self, request: abci.RequestInitChain) -> abci.ResponseInitChain:
        """Build the state before the first block from the genesis document. Nothing is committed yet."""
        if self.store.height:
            raise ProgrammerError("init_chain on a chain that has blocks")
        documents = from_text(request.app_state_bytes)
        if not isinstance(documents, dict):
            raise GenesisError("app_state is not an object")
        known = {module.name for module in self._wiring.genesis_order} | {founding.NAME}
        known |= {name for name in _IN_OTHERS if not documents.get(name)}
        strange = sorted(name for name in documents if name not in known)
        if strange:
            raise GenesisError(f"app_state has documents of unknown modules: {', '.join(strange)}")
        branch = self.store.branch()
        params = request.consensus_params
        block = BlockInfo(request.chain_id, 0, to_ns(request.time), b"", params)
        ctx = Context(block, branch, GasMeter(GAS_UNLIMITED), Mode.GENESIS, self.profile)
        kv = ctx.kv(STORE)
        kv.set(_CHAIN_ID, request.chain_id.encode())
        kv.set(_BLOCK, _block_record(block.time, b""))
        self._wiring.consensus.set_params(ctx, params)
        chosen: list[abci.ValidatorUpdate] = []
        for module in self._wiring.genesis_order:
            # A large document weighs more than the state it makes: it goes when it was read.
            document = documents.pop(module.name, None)
            if document is None and module.required:
                raise GenesisError(f"app_state has no document of module {module.name}")
            try:
                updates = module.init(ctx, document or {})
            except ChainError as error:
                raise GenesisError(f"{module.name}: {error}") from error
            branch.settle()
            if updates:
                chosen.extend(updates)
        chosen = self._found(ctx, founding.transactions(documents.get(founding.NAME) or {}), chosen)
        self._wiring.after_genesis(ctx)
        _check_chosen(request.validators, chosen)
        self._chain_id = request.chain_id
        self._initial_height = max(request.initial_height, 1)
        self._genesis = (branch, branch.mark())
        self._check_block = BlockInfo(
            request.chain_id, self._initial_height, block.time, b"", self._wiring.consensus.params(ctx)
        )
        self._check, self._ahead = self.store.branch_on(branch), None
        return abci.ResponseInitChain(validators=chosen, app_hash=self.store.app_hash)

    def _found(
        self, ctx: Context, txs: Sequence[bytes], chosen: list[abci.ValidatorUpdate]
    ) -> list[abci.ValidatorUpdate]:
        """Execute the founders' transactions; returns who decides the first block."""
        if not txs:
            return chosen
        for number, raw in enumerate(txs):
            outcome = self._executor.run(ctx.block, ctx.branch, raw, Mode.DELIVER)
            if outcome.failure is not None:
                words = f"{founding.NAME}: transaction {number}: {outcome.failure.log}"
                raise GenesisError(f"{words} ({outcome.failure.codespace} {outcome.failure.code})")
        powers = {update.pub_key.ed25519: update for update in chosen}
        powers |= {update.pub_key.ed25519: update for update in self._wiring.choose(ctx)}
        return [update for update in powers.values() if update.power]

    # --- Mempool

    def check_tx(self, request: abci.RequestCheckTx) -> abci.ResponseCheckTx:
        """Run the ante on the check state: on top of the last block and of what was accepted since."""
        outcome = self.check(request.tx, recheck=request.type == abci.RECHECK)
        # Events tell what happened; a check makes nothing happen, so it has none.
        response = abci.ResponseCheckTx(
            gas_wanted=min(outcome.gas_wanted, _INT64_MAX), gas_used=outcome.gas_used
        )
        if outcome.failure is not None:
            response.codespace, response.code, response.log = outcome.failure
        return response

    def check(self, raw: bytes, *, recheck: bool = False) -> Outcome:
        """`check_tx` for a caller in the same process."""
        mode = Mode.RECHECK if recheck else Mode.CHECK
        return self._executor.run(self._check_block, self._check, raw, mode)

    def simulate(self, raw: bytes) -> Outcome:
        """Run a transaction, which may lack signatures, as the next block would, and undo it."""
        branch, block = self._ahead = self._ahead or self._next_block()
        mark = branch.mark()
        try:
            return self._executor.run(block, branch, raw, Mode.SIMULATE)
        finally:
            branch.revert(mark)

    def _next_block(self) -> tuple[Branch, BlockInfo]:
        """The check state as the messages of the next block find it, as far as that is known.

        One height on, with what begins a block done: otherwise a withdrawal simulated in the block of the one
        before is priced as paying nothing.
        """
        last = self._check_block
        height = last.height + 1 if self.store.height else last.height
        block = BlockInfo(last.chain_id, height, last.time, last.proposer, last.consensus)
        block.votes, block.app_hash = last.votes, last.app_hash
        block.next_validators_hash = last.next_validators_hash
        branch = self.store.branch_on(self._check)
        ctx = Context(block, branch, GasMeter(GAS_UNLIMITED), Mode.BLOCK, self.profile)
        for module in self._wiring.begin_order:
            if module.begin_block is not None:
                module.begin_block(ctx)
        return branch, block

    # --- Consensus

    def prepare_proposal(self, request: abci.RequestPrepareProposal) -> abci.ResponsePrepareProposal:
        """Choose what goes into a block of ours: the given order, within the limits of bytes and gas."""
        response = abci.ResponsePrepareProposal()
        # An answer without its oneof set stops CometBFT, also when there is nothing to propose.
        response.SetInParent()
        gas_max = proposals.block_gas_max(self._check_block.consensus)
        response.txs.extend(
            proposals.select(request.txs, self._executor.decode, request.max_tx_bytes, gas_max)
        )
        return response

    def process_proposal(self, request: abci.RequestProcessProposal) -> abci.ResponseProcessProposal:
        """Judge a block of someone else."""
        params = self._check_block.consensus
        good = proposals.acceptable(
            request.txs,
            self._executor.decode,
            proposals.block_bytes_max(params),
            proposals.block_gas_max(params),
        )
        verdict = abci.ResponseProcessProposal.ACCEPT if good else abci.ResponseProcessProposal.REJECT
        return abci.ResponseProcessProposal(status=verdict)

    def extend_vote(self, request: abci.RequestExtendVote) -> abci.ResponseExtendVote:
        """Votes carry nothing of ours."""
        return abci.ResponseExtendVote()

    def verify_vote_extension(
        self, request: abci.RequestVerifyVoteExtension
    ) -> abci.ResponseVerifyVoteExtension:
        """Accept the empty extension, the only one there is."""
        good = not request.vote_extension
        kinds = abci.ResponseVerifyVoteExtension
        return abci.ResponseVerifyVoteExtension(status=kinds.ACCEPT if good else kinds.REJECT)

    def finalize_block(self, request: abci.RequestFinalizeBlock) -> abci.ResponseFinalizeBlock:
        """Execute a decided block. An exception here stops the node: all nodes meet it alike."""
        self._expect_height(request.height)
        branch = self._fresh_branch()
        time = to_ns(request.time)
        block = BlockInfo(self._chain_id, request.height, time, request.proposer_address, _NO_PARAMS)
        block.hash = request.hash
        block.votes = request.decided_last_commit.votes
        block.misbehavior = request.misbehavior
        block.app_hash = self.store.app_hash
        block.next_validators_hash = request.next_validators_hash
        ctx = Context(block, branch, GasMeter(GAS_UNLIMITED), Mode.BLOCK, self.profile)
        params = block.consensus = self._wiring.consensus.params(ctx)
        answer = BlockResponse()
        for module in self._wiring.begin_order:
            if module.pre_block is not None:
                module.pre_block(ctx)
        # An upgrade may have changed them, and they hold from this block on.
        block.consensus = self._wiring.consensus.params(ctx)
        answer.add_events(_taken(ctx))
        for module in self._wiring.begin_order:
            if module.begin_block is not None:
                module.begin_block(ctx)
        answer.add_events(_taken(ctx), "BeginBlock")
        self._execute(block, branch, request.txs, answer)
        changes: list[abci.ValidatorUpdate] = []
        for module in self._wiring.end_order:
            if module.end_block is not None:
                changes.extend(module.end_block(ctx) or ())
        answer.add_events(_taken(ctx), "EndBlock")
        response = answer.message()
        response.validator_updates.extend(changes)
        ctx.kv(STORE).set(_BLOCK, _block_record(time, request.proposer_address))
        params_after = self._wiring.consensus.params(ctx)
        if params_after != params:
            response.consensus_param_updates.CopyFrom(params_after)
            block.consensus = params_after
        self._decided, self._decided_block = branch, block
        response.app_hash = self.store.prepare(branch, request.height)
        return response

    def commit(self, request: abci.RequestCommit | None = None) -> abci.ResponseCommit:
        """Make the decided block durable and start a new check state on top of it."""
        if self._decided is None:
            raise ProgrammerError("commit without finalize_block")
        self.store.commit()
        self._check_block = self._decided_block
        self._decided = self._genesis = None
        self._check, self._ahead = self.store.branch(), None
        retain = self.store.height - self._retain_blocks if self._retain_blocks else 0
        return abci.ResponseCommit(retain_height=max(retain, 0))

    def forget(self) -> None:
        """Go back to what was committed: who had blocks executed and transactions checked since is gone, with both."""
        self._decided = self._ahead = None
        if self._genesis is None:
            self._check = self.store.branch()
            return
        branch, mark = self._genesis
        branch.revert(mark)
        self._check = self.store.branch_on(branch)

    def _expect_height(self, height: int) -> None:
        expected = self._initial_height if self._genesis is not None else self.store.height + 1
        if self._genesis is None and not self.store.height:
            raise ProgrammerError("finalize_block before init_chain")
        if height != expected:
            raise ProgrammerError(f"invalid height: {height}; expected: {expected}")

    def _fresh_branch(self) -> Branch:
        if self._genesis is None:
            return self.store.branch()
        branch, mark = self._genesis
        branch.revert(mark)
        return branch

    def _execute(self, block: BlockInfo, branch: Branch, txs: Sequence[bytes], answer: BlockResponse) -> None:
        run = self._executor.run
        gas_max = proposals.block_gas_max(block.consensus)
        if not gas_max:
            for raw in txs:
                answer.add_result(run(block, branch, raw, Mode.DELIVER))
            return
        gas_spent = 0
        for raw in txs:
            if gas_spent >= gas_max:
                outcome = Outcome().fail(OutOfGas("no block gas left to run tx"))
            else:
                mark = branch.mark()
                outcome = run(block, branch, raw, Mode.DELIVER)
                gas_spent += outcome.gas_used
                if gas_spent > gas_max and outcome.failure is None:
                    branch.revert(mark)
                    outcome.fail(OutOfGas("out of gas in location: block gas meter"))
                    outcome.events, outcome.data = (), b""
            answer.add_result(outcome)

    # --- Genesis export

    def export_state(self, height: int = 0) -> dict[str, Any]:
        """The app_state that starts a chain with the state of a height (0: the last one)."""
        ctx = self.query_context(height)
        documents = {module.name: module.export(ctx) for module in self._wiring.genesis_order}
        return {name: documents[name] for name in sorted(documents) if documents[name]}

    # --- Reading

    def block_at(self, height: int) -> BlockInfo:
        """What is known of a committed block; an empty one before the first."""
        if not height:
            return BlockInfo("", 0, 0, b"", params_pb2.ConsensusParams())
        return self.query_context(height).block

    def query_context(self, height: int = 0) -> Context:
        """A context that reads the committed state of a height (0: the last one)."""
        height = height or self.store.height
        reader = self.store.at(height)
        chain_id = reader.get(STORE, _CHAIN_ID) or b""
        record = reader.get(STORE, _BLOCK) or bytes(8)
        block = BlockInfo(
            chain_id.decode(), height, int.from_bytes(record[:8], "big"), record[8:], _NO_PARAMS
        )
        ctx = Context(block, reader, GasMeter(QUERY_GAS_MAX), Mode.QUERY, self.profile)
        block.consensus = self._wiring.consensus.params(ctx)
        return ctx

    def check_context(self) -> Context:
        """A context that reads the check state: the last block and what was accepted since."""
        return Context(self._check_block, self._check, GasMeter(QUERY_GAS_MAX), Mode.QUERY, self.profile)

    def restore(self, height: int, records: Iterable[tuple[str, bytes, bytes]], app_hash: bytes) -> None:
        """Take the state of a height from elsewhere, in place of init_chain and all blocks. Raises StateCorrupt."""
        self.store.restore(height, records, app_hash)
        self._check, self._ahead = self.store.branch(), None
        self._check_block = self.block_at(height)
        self._chain_id = self._check_block.chain_id
        self._decided = self._genesis = None

    # --- Snapshots are files, which are the node's business: as far as this goes there are none.

    def list_snapshots(self, request: abci.RequestListSnapshots) -> abci.ResponseListSnapshots:
        """No snapshots."""
        return abci.ResponseListSnapshots()

    def offer_snapshot(self, request: abci.RequestOfferSnapshot) -> abci.ResponseOfferSnapshot:
        """Refuse: the node must replay blocks."""
        return abci.ResponseOfferSnapshot(result=abci.ResponseOfferSnapshot.ABORT)

    def load_snapshot_chunk(self, request: abci.RequestLoadSnapshotChunk) -> abci.ResponseLoadSnapshotChunk:
        """Nothing to load."""
        return abci.ResponseLoadSnapshotChunk()

    def apply_snapshot_chunk(
        self, request: abci.RequestApplySnapshotChunk
    ) -> abci.ResponseApplySnapshotChunk:
        """Refuse."""
        return abci.ResponseApplySnapshotChunk(result=abci.ResponseApplySnapshotChunk.ABORT)


QUERY_GAS_MAX = 300_000_000
"""Bound on the work of one query, in gas: about a million records read."""

_NO_PARAMS = params_pb2.ConsensusParams()


def _check_chosen(given: Sequence[abci.ValidatorUpdate], chosen: Sequence[abci.ValidatorUpdate]) -> None:
    """Where both the head of the document and its state name validators, they name the same."""
    if not given or not chosen:
        return
    heads, states = ({update.pub_key.ed25519: update.power for update in them} for them in (given, chosen))
    if heads != states:
        raise GenesisError("the validators of the document differ from those that its app_state bonds")


def _taken(ctx: Context) -> list[Event]:
    events = ctx.events
    ctx.events = []
    return events


def _block_record(time: int, proposer: bytes) -> bytes:
    return time.to_bytes(8, "big") + proposer
