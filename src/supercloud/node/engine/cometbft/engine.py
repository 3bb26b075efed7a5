"""CometBFT decides, this node executes and keeps a copy of everything that was decided.

A block goes through these steps, and a process that dies between any two of them picks up where it was, because
CometBFT hands over again whatever the state machine says it lacks:

    CometBFT's block store -> FinalizeBlock -> our block store (block, votes, results, state) -> Commit -> listeners

So everything that answers questions (RPC, gRPC, REST, index, subscriptions) is the same code over the same files as
under the embedded engine. One thing differs: at its start CometBFT executes what the state machine lacks before its RPC
can be asked for the blocks. The results of those wait in a folder until it can.

CometBFT is this node's child, or somebody else runs it beside the node (`starts_cometbft`): then it may go and come back
while the node stays. Its end takes along what was executed and not committed, and what was checked for its mempool.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import logging
import os
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from supercloud.node.abci.server import VERBS, AbciServer
from supercloud.node.engine import block as blocks
from supercloud.node.engine.cometbft.child import Child
from supercloud.node.engine.cometbft.executed import Executed, WaitingResults
from supercloud.node.engine.cometbft.home import CometHome
from supercloud.node.engine.cometbft.rounds import Rounds
from supercloud.node.engine.cometbft.rpc import CometRpc, CometUnreachable, RemotePeers
from supercloud.node.engine.cometbft.snapshots import Snapshots
from supercloud.node.engine.peers import PeersError
from supercloud.node.engine.ports import BlockStore, Committed, FullApplication, Listener, StoredBlock
from supercloud.node.engine.state import EngineState, Proposal, advance, genesis_state
from supercloud.node.engine.validators import ValidatorSet
from supercloud.node.files import is_locked
from supercloud.node.genesis import Genesis
from supercloud.pb.tendermint.abci import types_pb2 as abci
from supercloud.pb.tendermint.types import types_pb2

log = logging.getLogger(__name__)

VERSION: Final = "v0.38.19"
MODULE: Final = f"github.com/cometbft/cometbft/cmd/cometbft@{VERSION}"
PROGRAM_VARIABLE: Final = "SUPERCLOUD_COMETBFT"
ASK_AGAIN_S: Final = 0.05
ASK_TIMEOUT_S: Final = 30.0
PRUNE_BLOCKS: Final = 8
HALT_GRACE_S: Final = 0.2
LOOK_S: Final = 1.0
HANGS_LOOKS: Final = 10
"""As often as CometBFT's files are seen in use with nobody connected: it tries every three seconds."""
WHAT_NOW: Final = (
    "Start the node again; if that repeats at one height, `supercloud node verify` says whether its files are whole "
    '(docs/validators.md, "When CometBFT gives up")'
)


class CometError(Exception):
    """CometBFT can not be had, ended by itself, gave up, or tells something that does not fit."""


class CometEngine:
    """Runs CometBFT, or waits for one, and follows it."""

    def __init__(
        self,
        app: FullApplication,
        store: BlockStore,
        genesis: Genesis,
        home: CometHome,
        *,
        blocks_kept: int,
        write_settings: Callable[[], bool],
    ) -> None:
        """`write_settings` writes CometBFT's and says whether others were there before."""
        self.listeners: list[Listener] = []
        self.state: EngineState
        """After the last committed block; set by `load`."""
        self.rpc = CometRpc(home.rpc_socket)
        self.peers = RemotePeers(self.rpc)
        self.snapshots: Snapshots | None = None
        """What makes and takes in snapshots; without it the state machine's own verbs answer."""
        self.halt_height = 0
        """Height after which this node takes no block, for upgrades; 0 never halts."""
        self.signer_listen = ""
        """Where a remote signer has to connect; empty: the key file signs."""
        self.starts_cometbft = True
        """Whether CometBFT is a child of this node; otherwise somebody else runs it."""
        self.interval_s = 1.0
        """Seconds between blocks, as CometBFT is told."""
        self.stale = False
        """Whether one that somebody else has started may have read settings of before."""
        self._halted: asyncio.Event
        self._server: AbciServer
        self._stuck: asyncio.Future[str]
        self._app = app
        self._store = store
        self._genesis = genesis
        self._home = home
        self._waiting = WaitingResults(home.folder / "executed")
        self._blocks_kept = blocks_kept
        self._write_settings = write_settings
        self._program = "cometbft"
        self._executed: Executed | None = None
        self._executing = False
        self._awaited = ""
        """What to say while none is there; empty when that is no state to wait in."""
        self._reached = False
        """Whether the RPC of the CometBFT that is there has answered."""
        self._met = False
        """Whether that of any has since the engine runs."""
        self._looks = 0
        self._watching: asyncio.Task[None] | None = None

    # --- Start

    def load(self) -> None:
        """Bring our copy and the state machine together as far as they are. Raises CometError."""
        if self.starts_cometbft:
            self._program = find_program()
        at, top = self._app.info(abci.RequestInfo()).last_block_height, self._store.height
        missing = [height for height in range(top + 1, at + 1) if not self._waiting.has(height)]
        if top and missing:
            raise CometError(
                f"the state is at height {at}, but blocks end at {top}: part of this home is older"
            )
        if top:
            self.state = self._state_after(min(at, top))
            if self.state.chain_id != self._genesis.chain_id:
                raise CometError(f"this home is of chain {self.state.chain_id}, not {self._genesis.chain_id}")
        else:
            self.state = self._waiting.first_state() or self._first_state(
                self._genesis.validators, self._genesis.consensus_params, b""
            )

    def _state_after(self, height: int) -> EngineState:
        stored = self._store.state(height)
        if stored is not None:
            return EngineState.from_bytes(stored)
        # The first block that is stored, of the chain or after a snapshot, may have been executed and not committed.
        first = self._waiting.first_state()
        if first is None or first.next_height != self._store.base:
            raise CometError(f"the block store lacks height {height}")
        return first

    def _first_state(self, validators: Any, params: Any, app_hash: bytes) -> EngineState:
        genesis = self._genesis
        return genesis_state(
            chain_id=genesis.chain_id,
            initial_height=genesis.initial_height,
            time=genesis.time,
            validators=ValidatorSet.from_updates(validators),
            params=params,
            app_hash=app_hash or genesis.app_hash,
        )

    async def run(self) -> None:
        """Serve the state machine and run CometBFT until cancelled or, returning, at the halt height.

        Raises CometError when either ends by itself or CometBFT gives up; one that somebody else runs may end.
        """
        loop = asyncio.get_running_loop()
        self._halted, self._stuck = asyncio.Event(), loop.create_future()
        if self.halt_height and self.state.height >= self.halt_height:
            return
        self.stale = self._write_settings() or self.stale
        self._reached = self._met = False
        server = self._server = AbciServer(self._verbs(), came=self._came, left=self._left)
        await server.listen(self._home.abci_socket)
        halted = asyncio.create_task(self._halted.wait())
        try:
            if self.starts_cometbft:
                await self._with_child(server, halted)
            else:
                await self._with_another(server, halted)
        finally:
            halted.cancel()
            await server.close(gently=not self.starts_cometbft)
            await self.rpc.close()

    async def _with_child(self, server: AbciServer, halted: asyncio.Task[Any]) -> None:
        child = await Child.start(self._program, self._home.folder)
        try:
            waited: set[asyncio.Future[Any]] = {child.ended, child.gave_up, server.failed, halted}
            await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
            if halted.done():
                # Time to note the commit; what is missed is made up for at the next start. It may be waiting for the
                # answer to a further block, so it is not asked to end.
                await asyncio.wait({child.ended}, timeout=HALT_GRACE_S)
                child.kill()
                await child.ended
                log.info("halted", extra={"height": self.state.height})
                return
            _raise_if_failed(server)
            if child.gave_up.done():
                raise CometError(f"CometBFT gave up: {child.gave_up.result()}. {WHAT_NOW}")
            hint = ""
            if self.signer_listen and not self._met:
                hint = f" (it ends when no remote signer connects to {self.signer_listen} within seconds)"
            raise CometError(
                f"CometBFT ended by itself with status {child.ended.result()}; its last lines say why{hint}"
            )
        finally:
            await child.end()

    async def _with_another(self, server: AbciServer, halted: asyncio.Task[Any]) -> None:
        # By its settings it knows our socket as well, but not one that was started before they were there.
        words = [
            "--home",
            str(self._home.folder.absolute()),
            "--proxy_app",
            f"unix://{self._home.abci_socket}",
        ]
        command = shlex.join([self._program, "start", *words])
        self._awaited = self.peers.waiting_for = f"CometBFT, which somebody else runs: {command}"
        log.info("waits for CometBFT, which somebody else runs", extra={"command": command})
        waited: set[asyncio.Future[Any]] = {server.failed, self._stuck, halted}
        try:
            while not any(each.done() for each in waited):
                await asyncio.wait(waited, timeout=LOOK_S, return_when=asyncio.FIRST_COMPLETED)
                self._look_for_one_that_hangs()
            if halted.done():
                # Time to note the commit. Without its connections it ends, and one that comes later finds none.
                await asyncio.sleep(HALT_GRACE_S)
                log.info("halted", extra={"height": self.state.height})
                return
            _raise_if_failed(server)
            raise CometError(f"CometBFT gave up: {self._stuck.result()}; its log says why. {WHAT_NOW}")
        finally:
            self._awaited = self.peers.waiting_for = ""

    def _verbs(self) -> dict[str, Callable[[Any], Any]]:
        return (
            {name: getattr(self._app, name) for name in VERBS}
            | {
                "info": self._info,
                "init_chain": self._init_chain,
                "finalize_block": self._finalize,
                "commit": self._commit,
            }
            | (self.snapshots.verbs() if self.snapshots is not None else {})
        )

    # --- Coming and going

    def _came(self) -> bool:
        """A CometBFT has connected; it has not begun to listen yet."""
        if self.stale and not self.starts_cometbft:
            self.stale = False
            log.warning("CometBFT has to start again: it may have read its settings before they changed")
            return False
        # One that was killed leaves its socket behind, and the next one could not listen there.
        with contextlib.suppress(FileNotFoundError):
            self._home.rpc_socket.unlink()
        self.peers.waiting_for = ""
        self._watching = asyncio.create_task(self._watch_progress())
        return True

    def _left(self) -> None:
        """CometBFT is gone. The next one asks for what was committed, and goes on from there."""
        assert self._watching is not None
        self._watching.cancel()
        self._reached, self._executed = False, None
        if self._halted.is_set():
            return
        self._app.forget()
        self.peers.catching_up = True
        if self._awaited:
            self.peers.waiting_for = self._awaited
            log.warning("CometBFT has gone; this node waits for it", extra={"height": self.state.height})

    def _look_for_one_that_hangs(self) -> None:
        """CometBFT that loses its node may hang instead of ending, and keeps the next one from its files."""
        if not self.peers.waiting_for or not is_locked(self._home.store_lock):
            self._looks = 0
            return
        self._looks += 1
        if self._looks == HANGS_LOOKS:
            hint = f"a process holds {self._home.store_lock} and does not connect: one that hangs has to be killed (-9)"
            self.peers.waiting_for = f"{self._awaited} ({hint})"
            log.warning("%s", hint)

    async def _watch_progress(self) -> None:
        await self.rpc.hang_up()
        rounds = Rounds(self.interval_s)
        while True:
            with contextlib.suppress(PeersError, KeyError):
                status = await self.rpc.status()
                self.peers.catching_up = bool(status["sync_info"]["catching_up"])
                self.peers.signing_key = base64.b64decode(status["validator_info"]["pub_key"]["value"])
                self._reached = self._met = True
                # How long a remote signer takes nobody knows; of a child its log tells.
                if not self.starts_cometbft and not self.signer_listen:
                    await self._watch_rounds(rounds)
            await asyncio.sleep(0.1 if self.peers.catching_up else 1.0)

    async def _watch_rounds(self, rounds: Rounds) -> None:
        if self.peers.catching_up or self._executing:
            rounds.forget()
            return
        found = await self.rpc.call("consensus_state")
        validators, key = self.state.validators, self.peers.signing_key
        own = sum(each.power for each in validators if each.public_key == key)
        alone = 3 * own > 2 * validators.power
        reason = rounds.seen(found["round_state"], alone=alone)
        if reason and not self._stuck.done():
            self._stuck.set_result(reason)

    # --- What CometBFT asks of the state machine, where this node has to know of it too

    def _continues(self) -> bool:
        """Whether the state is that of the embedded engine's last block and CometBFT has decided none yet."""
        height = self._app.info(abci.RequestInfo()).last_block_height
        return bool(height) and height == self._home.initial_height - 1

    def _info(self, request: abci.RequestInfo) -> abci.ResponseInfo:
        answer = self._app.info(request)
        if self._continues():
            # To CometBFT its chain begins here: it asks for InitChain only when there is no state yet.
            answer.last_block_height = 0
            answer.last_block_app_hash = b""
        return answer

    def _init_chain(self, request: abci.RequestInitChain) -> abci.ResponseInitChain:
        if self._continues():
            return abci.ResponseInitChain(app_hash=self.state.app_hash)
        # The state is too large for a message where there are many accounts, so it does not come from CometBFT.
        whole = abci.RequestInitChain()
        whole.CopyFrom(request)
        whole.app_state_bytes = self._genesis.app_state
        response = self._app.init_chain(whole)
        params = request.consensus_params
        if response.HasField("consensus_params"):
            params = response.consensus_params
        validators = response.validators or request.validators
        self.state = self._first_state(validators, params, response.app_hash)
        self._waiting.put_first_state(self.state)
        return response

    async def _finalize(self, request: abci.RequestFinalizeBlock) -> abci.ResponseFinalizeBlock:
        self._executing = True
        try:
            executed = Executed(request.height, request.hash, self._app.finalize_block(request))
            if await self._rpc_answers():
                await self._copy_waiting()
                await self._copy(executed)
            else:
                self._waiting.put(executed)
        finally:
            self._executing = False
        self._executed = executed
        return executed.response

    def _commit(self, request: abci.RequestCommit) -> abci.ResponseCommit:
        executed, self._executed = self._executed, None
        assert executed is not None
        answer = self._app.commit(request)
        if executed.block is not None and executed.after is not None:
            self._announce(executed.block, executed.response, executed.after)
        if self.halt_height and executed.height >= self.halt_height:
            # No answer to what begins another one is the only one that is neither a failure nor a block.
            self._server.withhold()
            self._halted.set()
        kept = self._blocks_kept
        if kept and executed.height > kept:
            answer.retain_height = max(answer.retain_height, executed.height - kept)
            self._store.prune(answer.retain_height, PRUNE_BLOCKS)
        return answer

    def _announce(self, block: Proposal, response: abci.ResponseFinalizeBlock, after: EngineState) -> None:
        self.state = after
        for listener in self.listeners:
            listener.block_committed(Committed(block.block, block.id, response))

    # --- Our copy of what was decided

    async def _rpc_answers(self) -> bool:
        """Whether blocks can be asked for: not yet while CometBFT replays at its start."""
        if not self._reached:
            try:
                await self.rpc.status()
            except CometUnreachable:
                return False
            self._reached = self._met = True
        return True

    async def _copy_waiting(self) -> None:
        for executed in self._waiting.after(self.state.height):
            await self._copy(executed)
            assert executed.block is not None and executed.after is not None
            self._announce(executed.block, executed.response, executed.after)
        self._waiting.clear()

    async def _copy(self, executed: Executed) -> None:
        """Store a block with its results. Raises CometError."""
        block, commit = await self._ask_for(executed.height)
        if block.id.hash != executed.hash:
            raise CometError(
                f"block {executed.height} has hash {block.id.hash.hex()}, not {executed.hash.hex()}"
            )
        if self.snapshots is not None and not self._store.height and executed.height > self.state.next_height:
            self.state = await self.snapshots.state_before(
                block.block, self.rpc, self._genesis.initial_height
            )
            self._waiting.put_first_state(self.state)
        executed.block = block
        executed.after = advance(self.state, block, executed.response)
        if executed.height > self._store.height:
            self._store.save(
                executed.height,
                block.id.hash,
                StoredBlock(
                    block.serialised,
                    commit.SerializeToString(deterministic=True),
                    executed.response.SerializeToString(deterministic=True),
                    executed.after.to_bytes(),
                ),
            )

    async def _ask_for(self, height: int) -> tuple[Proposal, types_pb2.Commit]:
        """A block, which CometBFT has stored before it is executed, and the votes for it. Raises CometError."""
        until = asyncio.get_running_loop().time() + ASK_TIMEOUT_S
        while True:
            try:
                block, commit = await self.rpc.block(height), await self.rpc.commit(height)
                break
            except PeersError as error:
                # It may be about to end, and refuses then: the end of its connections ends this as well.
                if asyncio.get_running_loop().time() > until:
                    raise CometError(f"CometBFT does not hand over block {height}: {error}") from error
            await asyncio.sleep(ASK_AGAIN_S)
        serialised = block.SerializeToString(deterministic=True)
        return Proposal(block, serialised, blocks.block_id(block, serialised)), commit


def find_program() -> str:
    """Where the `cometbft` program is. Raises CometError, which says how to get it."""
    named = os.environ.get(PROGRAM_VARIABLE, "")
    candidates = [named] if named else ["cometbft", str(Path.home() / "go" / "bin" / "cometbft")]
    for candidate in candidates:
        if found := shutil.which(candidate):
            return found
    raise CometError(
        f"CometBFT is not installed. In a checkout: scripts/cometbft. Elsewhere, with Go 1.22 or newer: "
        f"go install {MODULE} (it is found in PATH, in ~/go/bin, or where {PROGRAM_VARIABLE} says)"
    )


def _raise_if_failed(server: AbciServer) -> None:
    if server.failed.done():
        error = server.failed.result()
        raise CometError(f"the state machine failed: {error}") from error
