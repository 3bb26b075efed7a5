"""`supercloud node snapshots`: what people and programs are told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from supercloud.chain.store.multistore import MultiStore
from supercloud.cli.main import root
from supercloud.node.home import init_home
from supercloud.node.storage.lmdb import LmdbBackend


def call(*words: Any) -> Any:
    done = CliRunner().invoke(root, ["node", "snapshots", *map(str, words)], prog_name="supercloud")
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


@pytest.fixture
def home(tmp_path: Path) -> Path:
    made = tmp_path / "n"
    init_home(made, "mine")
    backend = LmdbBackend(made / "data" / "state")
    store = MultiStore(backend, ["bank"])
    branch = store.branch()
    branch.set("bank", b"key", b"value")
    store.prepare(branch, 1)
    store.commit()
    backend.close()
    return made


def test_out_of_one_home_into_another(home: Path, tmp_path: Path) -> None:
    file, other = tmp_path / "s.tar", tmp_path / "o"
    assert "has no snapshots; state.snapshot_interval makes them" in call("list", "--home", home).stdout
    assert json.loads(call("list", "--home", home, "--json").stdout) == []
    out = json.loads(call("export", "--home", home, "--output", file, "--json").stdout)
    assert (out["file"], out["chain_id"], out["height"], out["chunks"]) == (str(file), "mine", 1, 1)
    init_home(other, "mine")
    taken = json.loads(call("import", file, "--home", other, "--json").stdout)
    assert (taken["height"], taken["hash"], taken["proven"]) == (1, out["hash"], False)
    (listed,) = json.loads(call("list", "--home", other, "--json").stdout)
    assert (listed["height"], listed["chunks"], listed["hash"]) == (1, 1, out["hash"])
    shown = call("list", "--home", other).stdout
    assert "height" in shown and out["hash"] in "".join(shown.split())


def test_people_are_told_what_confirms_it(home: Path, tmp_path: Path) -> None:
    said = call("export", "--home", home, "--output", tmp_path / "s.tar").stdout
    assert "state of height 1, 1 chunks" in said and "app hash" in said
    said = call("import", tmp_path / "s.tar", "--home", home).stdout
    assert "offers the state of height 1 now" in said and "no block here confirms" in said
    said = call("import", tmp_path / "s.tar", "--home", home)
    assert said.exit_code == 1 and "already" in said.stderr


def test_refusals_are_one_line(home: Path, tmp_path: Path) -> None:
    for words, why in (
        (("list", "--home", tmp_path), "is no home of a node"),
        (("export", "--home", tmp_path, "--output", tmp_path / "s.tar"), "is no home of a node"),
        (("export", "--home", home, "--height", 5, "--output", tmp_path / "s.tar"), "no block 5"),
        (("import", home / "config" / "genesis.json", "--home", home), "is no archive"),
    ):
        done = call(*words)
        assert (done.exit_code, done.stdout) == (1, "") and why in done.stderr
        assert "Traceback" not in done.stderr
