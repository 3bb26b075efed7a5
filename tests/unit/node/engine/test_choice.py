"""The engine that settings name."""

from __future__ import annotations

from pathlib import Path

import pytest
from memory_blocks import MemoryBlocks
from small_node import SmallNode

from supercloud.chain.app import build_app
from supercloud.chain.store.backend import MemoryBackend
from supercloud.node.config import Config, ConfigError
from supercloud.node.engine.choice import EngineFiles, make_engine
from supercloud.node.engine.cometbft.engine import PROGRAM_VARIABLE, CometEngine
from supercloud.node.engine.cometbft.rpc import RemoteMempool
from supercloud.node.engine.embedded import Embedded
from supercloud.node.mempool import Mempool


def files(folder: Path) -> EngineFiles:
    return EngineFiles(
        folder / "key.json", folder / "record.json", folder / "node.json", folder, folder / "cometbft"
    )


@pytest.mark.parametrize(
    ("kind", "engine", "pool"), [("embedded", Embedded, Mempool), ("cometbft", CometEngine, RemoteMempool)]
)
async def test_each_kind(
    small: SmallNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, engine: type, pool: type
) -> None:
    monkeypatch.setenv(PROGRAM_VARIABLE, "/bin/true")
    config = Config()
    config.engine.kind = kind
    app = build_app(MemoryBackend(), small.app.profile)
    chosen = make_engine(app, MemoryBlocks(), small.genesis, files(tmp_path), config)
    assert isinstance(chosen.engine, engine) and isinstance(chosen.pool, pool)
    assert chosen.engine.state.height == 0 and len(chosen.engine.state.validators) == 1
    assert chosen.validator_key == small.view.identity.validator_key


async def test_a_remote_signer_needs_no_key_here(
    small: SmallNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv(PROGRAM_VARIABLE, "/bin/true")
    config = Config()
    config.engine.kind = "cometbft"
    config.p2p.signer_listen = "127.0.0.1:26659"
    parts = files(tmp_path)
    for said in (True, False):
        app = build_app(MemoryBackend(), small.app.profile)
        chosen = make_engine(app, MemoryBlocks(), small.genesis, parts, config)
        assert chosen.validator_key == b""
        assert isinstance(chosen.engine, CometEngine)
        assert chosen.engine.signer_listen == "127.0.0.1:26659"
        assert (str(parts.validator_key) in caplog.text) is said
        caplog.clear()
        parts.validator_key.unlink(missing_ok=True)


async def test_a_cometbft_that_somebody_else_runs_is_not_looked_for(
    small: SmallNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PROGRAM_VARIABLE, "/nowhere/cometbft")
    config = Config()
    config.engine.kind, config.engine.start_cometbft = "cometbft", False
    app = build_app(MemoryBackend(), small.app.profile)
    chosen = make_engine(app, MemoryBlocks(), small.genesis, files(tmp_path), config)
    assert isinstance(chosen.engine, CometEngine) and not chosen.engine.starts_cometbft
    written = [tmp_path / "cometbft" / "config" / name for name in ("config.toml", "genesis.json")]
    # It may start as soon as there is a genesis, so its settings are there before.
    assert written[0].stat().st_mtime_ns <= written[1].stat().st_mtime_ns


def test_other_kinds_are_refused() -> None:
    config = Config()
    config.engine.kind = "raft"
    with pytest.raises(ConfigError, match="embedded, cometbft"):
        config.check()
