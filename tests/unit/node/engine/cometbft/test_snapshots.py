"""State sync's verbs between two state machines in memory: honest, with wrong chunks, with a wrong state."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from supercloud.chain.store.backend import MemoryBackend
from supercloud.chain.store.multistore import MultiStore
from supercloud.chain.store.snapshot import chunks
from supercloud.node.engine.cometbft.snapshots import Snapshots
from supercloud.node.storage.snapshots import SnapshotFiles
from supercloud.pb.tendermint.abci import types_pb2 as abci

OFFER, APPLY = abci.ResponseOfferSnapshot, abci.ResponseApplySnapshotChunk


class Giver:
    """A node with a state of a hundred records and a snapshot every fifth height."""

    def __init__(self, folder: Path) -> None:
        self.store = MultiStore(MemoryBackend(), ["bank"])
        self.snapshots = Snapshots(self.store, SnapshotFiles(folder, 2), self.chunks, 5)  # type: ignore[arg-type]
        for height in range(1, 11):
            branch = self.store.branch()
            for number in range(10):
                branch.set("bank", b"%d-%d" % (height, number), bytes(30))
            self.store.prepare(branch, height)
            self.store.commit()
            header = SimpleNamespace(height=height)
            self.snapshots.block_committed(SimpleNamespace(block=SimpleNamespace(header=header)))  # type: ignore[arg-type]
            self.snapshots.close()

    def chunks(self, height: int) -> Iterator[bytes]:
        return chunks(self.store._backend.reader(height), self.store.names, 500)


@pytest.fixture
def giver(tmp_path: Path) -> Giver:
    return Giver(tmp_path / "giver")


@pytest.fixture
def taker(tmp_path: Path) -> Snapshots:
    store = MultiStore(MemoryBackend(), ["bank"])
    return Snapshots(store, SnapshotFiles(tmp_path / "taker", 2), lambda height: iter(()), 0)  # type: ignore[arg-type]


def offered(giver: Giver) -> Any:
    return giver.snapshots.list_snapshots(abci.RequestListSnapshots()).snapshots[0]


def chunk(giver: Giver, number: int) -> bytes:
    request = abci.RequestLoadSnapshotChunk(height=10, format=1, chunk=number)
    return giver.snapshots.load_snapshot_chunk(request).chunk


def offer(taker: Snapshots, snapshot: Any, app_hash: bytes) -> int:
    return taker.offer_snapshot(abci.RequestOfferSnapshot(snapshot=snapshot, app_hash=app_hash)).result


def give(taker: Snapshots, number: int, content: bytes) -> Any:
    request = abci.RequestApplySnapshotChunk(index=number, chunk=content, sender="peer")
    return taker.apply_snapshot_chunk(request)


def test_a_state_goes_over(giver: Giver, taker: Snapshots) -> None:
    snapshot = offered(giver)
    assert (snapshot.height, snapshot.format) == (10, 1) and snapshot.chunks > 3
    assert offer(taker, snapshot, giver.store.app_hash) == OFFER.ACCEPT
    for number in reversed(range(snapshot.chunks)):
        assert give(taker, number, chunk(giver, number)).result == APPLY.ACCEPT
    store: Any = taker._app
    assert (store.height, store.app_hash) == (10, giver.store.app_hash)
    assert give(taker, 0, chunk(giver, 0)).result == APPLY.ABORT


def test_a_wrong_chunk_is_asked_for_again_from_somebody_else(giver: Giver, taker: Snapshots) -> None:
    snapshot = offered(giver)
    offer(taker, snapshot, giver.store.app_hash)
    for number, content in ((1, chunk(giver, 0)), (0, b""), (99, chunk(giver, 0))):
        answer = give(taker, number, content)
        assert answer.result == APPLY.RETRY
        assert (list(answer.refetch_chunks), list(answer.reject_senders)) == ([number], ["peer"])


def test_a_state_with_another_hash_is_refused(giver: Giver, taker: Snapshots) -> None:
    snapshot = offered(giver)
    offer(taker, snapshot, bytes(32))
    results = [give(taker, number, chunk(giver, number)).result for number in range(snapshot.chunks)]
    assert results[-1] == APPLY.REJECT_SNAPSHOT and set(results[:-1]) == {APPLY.ACCEPT}
    assert taker._app.height == 0  # type: ignore[attr-defined]


def test_offers_that_do_not_fit_together(giver: Giver, taker: Snapshots) -> None:
    good = offered(giver)
    for changed, answer in (
        ({"format": 2}, OFFER.REJECT_FORMAT),
        ({"chunks": good.chunks + 1}, OFFER.REJECT),
        ({"chunks": 0, "metadata": b""}, OFFER.REJECT),
        ({"hash": bytes(32)}, OFFER.REJECT),
        ({"metadata": bytes(len(good.metadata))}, OFFER.REJECT),
    ):
        snapshot = abci.Snapshot()
        snapshot.CopyFrom(good)
        for name, value in changed.items():
            setattr(snapshot, name, value)
        assert offer(taker, snapshot, giver.store.app_hash) == answer
    assert give(taker, 0, b"").result == APPLY.ABORT


def test_other_heights_and_formats_have_no_chunks(giver: Giver) -> None:
    load = giver.snapshots.load_snapshot_chunk
    assert load(abci.RequestLoadSnapshotChunk(height=10, format=2, chunk=0)).chunk == b""
    assert load(abci.RequestLoadSnapshotChunk(height=3, format=1, chunk=0)).chunk == b""
    assert [
        each.height for each in giver.snapshots.list_snapshots(abci.RequestListSnapshots()).snapshots
    ] == [10, 5]
