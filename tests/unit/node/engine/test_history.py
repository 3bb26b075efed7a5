"""Reading committed blocks."""

from pathlib import Path

import pytest
from kv_app import KvApp
from memory_blocks import MemoryBlocks

from supercloud.node import genesis as genesis_document
from supercloud.node.engine.embedded import Embedded, Settings
from supercloud.node.engine.history import HeightError, History
from supercloud.node.engine.signer import Signer, create_key_file, create_record_file
from supercloud.node.mempool import Limits, Mempool
from supercloud.pb.tendermint.abci import types_pb2 as abci

TIME = 1_700_000_000 * 10**9


def chain(tmp_path: Path, blocks: int, kept: int = 0) -> tuple[History, Embedded, bytes]:
    key = create_key_file(tmp_path / "key.json")
    create_record_file(tmp_path / "record.json")
    app = KvApp()
    joined = abci.ValidatorUpdate(power=1)
    joined.pub_key.ed25519 = b"\7" * 32
    app.updates = {1: [joined]}
    genesis = genesis_document.parse(
        genesis_document.build("c", TIME, [genesis_document.GenesisValidator(key.public_key, 10)], {})
    )
    store = MemoryBlocks()
    engine = Embedded(
        app,
        store,
        Signer(key, tmp_path / "record.json"),
        genesis,
        Mempool(app, Limits(), lambda: 0.0),
        folder=tmp_path,
        settings=Settings(blocks_kept=kept),
        clock=lambda: TIME,
    )
    engine.load()
    history = History(store, lambda: engine.state)
    for _ in range(blocks):
        engine.step()
    return history, engine, key.address


def test_before_the_first_block(tmp_path: Path) -> None:
    history, _, _ = chain(tmp_path, 0)
    assert (history.base, history.height) == (0, 0)
    assert history.entry(1) is None and history.commit(1) is None and history.response(1) is None
    with pytest.raises(HeightError, match="current blockchain height 0"):
        history.resolve(1)
    assert len(history.validators(1)) == 1


def test_blocks_commits_and_sets(tmp_path: Path) -> None:
    history, engine, _ = chain(tmp_path, 4)
    entry = history.entry(3)
    assert entry is not None and entry.block.header.height == 3
    assert history.by_hash(entry.id.hash) == entry
    assert history.by_hash(b"\0" * 32) is None
    commits = [history.commit(height) for height in (3, 4)]
    assert [found is not None and found[1] for found in commits] == [True, False]
    assert history.commit(5) is None
    assert [len(history.validators(height)) for height in (1, 2, 3, 4, 5)] == [1, 1, 2, 2, 2]
    assert history.params(5) == engine.state.params
    response = history.response(4)
    assert response is not None and response.app_hash == engine.state.app_hash


def test_heights_outside_are_refused_in_cometbfts_words(tmp_path: Path) -> None:
    history, _, _ = chain(tmp_path, 9, kept=4)
    assert history.resolve(None) == 9
    assert history.resolve(None, ahead=1) == 10
    assert history.resolve(10, ahead=1) == 10
    for height, words in (
        (0, "height must be greater than 0, but got 0"),
        (10, "height 10 must be less than or equal to the current blockchain height 9"),
        (4, "height 4 is not available, lowest height is 5"),
    ):
        with pytest.raises(HeightError, match=words):
            history.resolve(height)
    with pytest.raises(HeightError):
        history.validators(3)


def test_results_are_read_once_as_far_as_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever reads a page of transactions asks for those of one block again and again."""
    reading, engine, _ = chain(tmp_path, 5)
    read: list[int] = []
    store = engine._store

    class Counting:
        def response(self, height: int) -> bytes | None:
            read.append(height)
            return store.response(height)

    history = History(Counting(), lambda: engine.state)  # type: ignore[arg-type]
    assert [history.response(height) for height in (3, 3, 4, 3)] == [
        reading.response(height) for height in (3, 3, 4, 3)
    ]
    assert read == [3, 4] and history.response(6) is None
    size = len(store.response(1) or b"")
    monkeypatch.setattr("supercloud.node.engine.history.RESPONSE_BYTES_MAX", 2 * size)
    for height in (1, 2, 1, 2):
        history.response(height)
    assert read == [3, 4, 1, 2]
    history.response(3)
    assert read == [3, 4, 1, 2, 3], "the oldest went"
    monkeypatch.setattr("supercloud.node.engine.history.RESPONSE_BYTES_MAX", 1)
    history.response(5)
    history.response(5)
    assert read[5:] == [5], "one is kept, however large"
