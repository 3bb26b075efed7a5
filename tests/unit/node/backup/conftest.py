"""A home with a state, blocks and what CometBFT keeps."""

from __future__ import annotations

from pathlib import Path

import pytest
import small_home

from supercloud.node.home import init_home

COMET = {
    "config/config.toml": b"settings that are made anew",
    "config/genesis.json": b"{}",
    "config/addrbook.json": b"{}",
    "config/unused_validator_key.json": b"SECRET",
    "data/unused_validator_state.json": b"SECRET",
    "data/blockstore.db/LOCK": b"",
    "data/blockstore.db/LOG": b"words",
    "data/blockstore.db/CURRENT": b"MANIFEST-000001\n",
    "data/blockstore.db/000001.ldb": b"x" * 300_000,
    "data/state.db/000001.log": b"y",
    "data/cs.wal/wal": b"votes",
    "data/elsewhere/file": b"SECRET",
    "executed/7": b"results",
    "executed/first-state": b"state",
}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Under the embedded engine."""
    made = tmp_path / "home"
    init_home(made, "c")
    small_home.grow(made, 1, small_home.HEIGHTS)
    (made / "data" / "proposal.block").write_bytes(b"pending")
    (made / "data" / "index.sqlite").write_bytes(b"index")
    (made / "data" / "trees").write_bytes(b"trees")
    (made / "data" / "snapshots" / "10").mkdir(parents=True)
    (made / "data" / "snapshots" / "10" / "0").write_bytes(b"chunk")
    return made


@pytest.fixture
def comet_home(home: Path) -> Path:
    """The same under CometBFT."""
    for name, content in COMET.items():
        path = home / "cometbft" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return home
