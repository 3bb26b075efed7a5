"""node/reset.py: what peers have goes, what nobody else has stays."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from supercloud.node.config import Config, load, render
from supercloud.node.network import Plan, create
from supercloud.node.reset import ResetError, reset
from supercloud.node.storage.environment import HomeInUse, take_lock
from supercloud.node.storage.lmdb import LmdbBackend

OPERATORS = [bytes([number]) * 20 for number in (1, 2)]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A node of a network of two, with a state and CometBFT's files."""
    create(Plan("net-1", OPERATORS), tmp_path)
    made = tmp_path / "node0"
    LmdbBackend(made / "data" / "state").close()
    (made / "data" / "index.sqlite").write_bytes(b"x")
    for name in ("data/blockstore.db", "executed", "config"):
        (made / "cometbft" / name).mkdir(parents=True)
        (made / "cometbft" / name / "file").write_bytes(b"x")
    return made


def files(home: Path) -> set[str]:
    return {str(path.relative_to(home)) for path in home.rglob("*") if path.is_file()}


def test_what_peers_have_goes_and_the_rest_stays(home: Path) -> None:
    before = files(home)
    kept = {path: (home / path).read_bytes() for path in before if path.startswith("config/")}
    record = (home / "data" / "priv_validator_state.json").read_bytes()
    removed = reset(home)
    assert {path.name for path in removed} == {"state", "index.sqlite", "data", "executed"}
    assert files(home) == {
        *kept,
        "data/LOCK",
        "data/priv_validator_state.json",
        "cometbft/config/file",
    }
    assert all((home / path).read_bytes() == content for path, content in kept.items())
    assert (home / "data" / "priv_validator_state.json").read_bytes() == record
    assert reset(home) == []


def test_a_cometbft_that_waits_for_its_node_is_left_alone(home: Path) -> None:
    lock = home / "cometbft" / "data" / "blockstore.db" / "LOCK"
    with lock.open("w") as holder:
        before = files(home)
        fcntl.flock(holder, fcntl.LOCK_EX)
        with pytest.raises(ResetError, match="stop that first"):
            reset(home)
    assert files(home) == before | {"data/LOCK"}
    reset(home)
    assert not lock.exists()


def test_a_node_that_runs_is_left_alone(home: Path) -> None:
    before, lock = files(home), take_lock(home / "data")
    try:
        with pytest.raises(HomeInUse):
            reset(home)
    finally:
        os.close(lock)
    assert files(home) == before | {"data/LOCK"}


def test_blocks_that_nobody_else_has_are_left_alone(home: Path, tmp_path: Path) -> None:
    path, before = home / "config" / "config.toml", files(home)
    alone = load(path, {})
    alone.p2p.persistent_peers = ""
    for config in (Config(), alone):
        path.write_text(render(config))
        with pytest.raises(ResetError, match="knows no peers"):
            reset(home)
    with pytest.raises(ResetError, match="no home"):
        reset(tmp_path / "nothing")
    assert files(home) == before
