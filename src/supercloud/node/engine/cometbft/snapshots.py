"""State sync: snapshots made now and then, offered to new nodes, and taken in by this one when it is new.

CometBFT finds and carries snapshots; it knows the app hash of their height from headers it has verified. Each chunk is
checked against the hashes that name the snapshot, the whole against the app hash, and only then anything is written.
Source: CometBFT spec/abci, "State Sync Methods".
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256
from typing import Any, Final, Protocol

from supercloud.chain.store.multistore import StateCorrupt
from supercloud.chain.store.snapshot import FORMAT, SnapshotError, records
from supercloud.node.engine.block import BlockID
from supercloud.node.engine.cometbft.rpc import VALIDATORS_PER_PAGE, CometRpc, CometRpcError, read_validators
from supercloud.node.engine.ports import Committed
from supercloud.node.engine.state import EngineState
from supercloud.node.engine.validators import ValidatorSet
from supercloud.node.storage.snapshots import CHUNKS_MAX, HASH_BYTES, Snapshot, SnapshotFiles
from supercloud.pb.tendermint.abci import types_pb2 as abci
from supercloud.pb.tendermint.types import block_pb2
from supercloud.sdk.errors import SdkError
from supercloud.sdk.rpc import RpcClient

log = logging.getLogger(__name__)

_Offer: Final = abci.ResponseOfferSnapshot
_Apply: Final = abci.ResponseApplySnapshotChunk


class Restorable(Protocol):
    """A state machine that can begin with a state from elsewhere."""

    def restore(self, height: int, records: Iterable[tuple[str, bytes, bytes]], app_hash: bytes) -> None:
        """Take it in, or raise StateCorrupt and stay empty."""

    def block_at(self, height: int) -> Any:
        """What is known of a committed block: `time` in nanoseconds, `consensus` parameters."""


class Snapshots:
    """The four verbs, and a Listener of the engine that takes snapshots every `interval` heights (0: never).

    `chunks_of(height)` reads a committed height and may be called from another thread. `servers` are the RPCs of state
    sync.
    """

    def __init__(
        self,
        app: Restorable,
        files: SnapshotFiles,
        chunks_of: Callable[[int], Iterator[bytes]],
        interval: int,
        servers: Sequence[str] = (),
    ) -> None:
        self._app = app
        self._files = files
        self._chunks_of = chunks_of
        self._interval = interval
        self._servers = servers
        self._worker: threading.Thread | None = None
        self._expected: tuple[Snapshot, bytes] | None = None

    def verbs(self) -> dict[str, Callable[[Any], Any]]:
        """The verbs by name."""
        return {
            "list_snapshots": self.list_snapshots,
            "load_snapshot_chunk": self.load_snapshot_chunk,
            "offer_snapshot": self.offer_snapshot,
            "apply_snapshot_chunk": self.apply_snapshot_chunk,
        }

    async def state_before(self, block: block_pb2.Block, rpc: CometRpc, initial_height: int) -> EngineState:
        """The engine's state before the first block after a snapshot. Raises CometRpcError, CometUnreachable.

        What the block itself does not say comes from CometBFT, which has verified it, and from the state.
        """
        header = block.header
        height = header.height - 1
        known = self._app.block_at(height)
        now = await rpc.validators(header.height)
        after = now
        if header.next_validators_hash != header.validators_hash:
            # While CometBFT catches up it tells nobody of the next block's validators.
            after = await self._validators_of(header.height + 1, header.next_validators_hash)
        return EngineState(
            chain_id=header.chain_id,
            initial_height=initial_height,
            height=height,
            block_id=BlockID.from_pb(header.last_block_id),
            time=known.time,
            # Those of the snapshot's own block are nowhere to be had, and the next step drops them unused.
            last_validators=now,
            validators=now,
            next_validators=after,
            last_params=known.consensus,
            params=known.consensus,
            app_hash=header.app_hash,
            results_hash=header.last_results_hash,
        )

    async def _validators_of(self, height: int, hash: bytes) -> ValidatorSet:
        """The set with that hash, from whichever server has it: the hash is all the trust it needs."""
        for url in self._servers:
            try:
                async with RpcClient(url) as server:
                    answer = await server.call(
                        "validators", height=str(height), per_page=str(VALIDATORS_PER_PAGE)
                    )
                    found = read_validators(answer["validators"])
            except (SdkError, KeyError, ValueError) as error:
                log.warning("no validators", extra={"server": url, "reason": str(error)})
                continue
            if found.hash == hash:
                return found
        raise CometRpcError(f"no server of state sync tells the validators of height {height}", "")

    # --- Making

    def block_committed(self, committed: Committed) -> None:
        """Begin a snapshot where one is due, unless the one before is still being written."""
        height = committed.block.header.height
        if not self._interval or height % self._interval or (self._worker and self._worker.is_alive()):
            return
        self._worker = threading.Thread(target=self._take, args=(height,), name="snapshot", daemon=True)
        self._worker.start()

    def _take(self, height: int) -> None:
        try:
            made = self._files.save(height, self._chunks_of(height))
        except Exception:
            # The ledger goes on without; the next one is due soon.
            log.exception("no snapshot of height %d", height)
            return
        log.info("snapshot taken", extra={"height": height, "chunks": made.chunks})

    def close(self) -> None:
        """Wait for a snapshot that is being written: it reads a state that is about to be closed."""
        if self._worker is not None:
            self._worker.join()

    # --- Offering

    def list_snapshots(self, request: abci.RequestListSnapshots) -> abci.ResponseListSnapshots:
        """What this node has."""
        return abci.ResponseListSnapshots(
            snapshots=[
                abci.Snapshot(
                    height=each.height,
                    format=FORMAT,
                    chunks=each.chunks,
                    hash=each.hash,
                    metadata=each.hashes,
                )
                for each in self._files.all()
            ]
        )

    def load_snapshot_chunk(self, request: abci.RequestLoadSnapshotChunk) -> abci.ResponseLoadSnapshotChunk:
        """A chunk; empty when there is none."""
        known = request.format == FORMAT
        return abci.ResponseLoadSnapshotChunk(
            chunk=(self._files.chunk(request.height, request.chunk) or b"") if known else b""
        )

    # --- Taking in

    def offer_snapshot(self, request: abci.RequestOfferSnapshot) -> abci.ResponseOfferSnapshot:
        """Take a snapshot whose hashes fit together."""
        offered = request.snapshot
        if offered.format != FORMAT:
            return _Offer(result=_Offer.REJECT_FORMAT)
        snapshot = Snapshot(offered.height, offered.metadata)
        fits = (
            0 < offered.chunks <= CHUNKS_MAX
            and len(offered.metadata) == offered.chunks * HASH_BYTES
            and snapshot.hash == offered.hash
        )
        if not fits:
            return _Offer(result=_Offer.REJECT)
        self._expected = snapshot, request.app_hash
        self._files.expect()
        return _Offer(result=_Offer.ACCEPT)

    def apply_snapshot_chunk(
        self, request: abci.RequestApplySnapshotChunk
    ) -> abci.ResponseApplySnapshotChunk:
        """Keep a chunk that has the right hash; with the last one the state is taken in."""
        if self._expected is None:
            return _Apply(result=_Apply.ABORT)
        snapshot, app_hash = self._expected
        if sha256(request.chunk).digest() != snapshot.hash_of(request.index):
            return _Apply(
                result=_Apply.RETRY, refetch_chunks=[request.index], reject_senders=[request.sender]
            )
        if self._files.receive(request.index, request.chunk) < snapshot.chunks:
            return _Apply(result=_Apply.ACCEPT)
        try:
            self._app.restore(snapshot.height, records(self._files.received(snapshot.chunks)), app_hash)
        except (StateCorrupt, SnapshotError) as error:
            log.warning("snapshot refused", extra={"height": snapshot.height, "reason": str(error)})
            return _Apply(result=_Apply.REJECT_SNAPSHOT)
        finally:
            self._expected = None
            self._files.finish()
        log.info("state taken from a snapshot", extra={"height": snapshot.height})
        return _Apply(result=_Apply.ACCEPT)
