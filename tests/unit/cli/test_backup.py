"""`supercloud node backup` and `restore`: what people and programs are told."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from supercloud.cli import backup
from supercloud.cli.main import root
from supercloud.node.engine.ports import StoredBlock
from supercloud.node.home import init_home
from supercloud.node.storage.blockstore import BlockStore
from supercloud.node.storage.lmdb import LmdbBackend


def call(*words: Any) -> Any:
    done = CliRunner().invoke(root, ["node", *map(str, words)], prog_name="supercloud")
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


@pytest.fixture
def home(tmp_path: Path) -> Path:
    made = tmp_path / "n"
    init_home(made, "mine")
    state = LmdbBackend(made / "data" / "state")
    state.apply(1, {"bank": [(b"a", b"b")]}, json.dumps({"app_hash": "ab" * 32}).encode())
    state.close()
    blocks = BlockStore(made / "data" / "blocks")
    blocks.save(1, bytes(32), StoredBlock(b"block", b"votes", b"response", b""))
    blocks.close()
    return made


def test_programs_are_told_what_is_in_it(home: Path, tmp_path: Path) -> None:
    done = call("backup", "--home", home, "--output", tmp_path / "b.tar", "--json")
    told = json.loads(done.stdout)
    assert (told["file"], told["chain_id"], told["height"]) == (str(tmp_path / "b.tar"), "mine", 1)
    assert told["bytes"] == (tmp_path / "b.tar").stat().st_size
    assert told["held_ms"] == 0 and told["keys"] is False and told["seconds"] >= 0
    done = call("restore", tmp_path / "b.tar", "--home", tmp_path / "r", "--json")
    told = json.loads(done.stdout)
    assert (told["home"], told["height"], len(told["next"])) == (str(tmp_path / "r"), 1, 2)


def test_people_are_told_what_a_key_in_it_means(home: Path, tmp_path: Path) -> None:
    said = call("backup", "--home", home, "--output", tmp_path / "b.tar").stdout
    assert "blocks 1 to 1" in said and "are not in it" in said and "stood still" not in said
    said = call("backup", "--home", home, "--output", tmp_path / "k.tar", "--with-keys").stdout
    assert "runs in two places" in said
    said = call("restore", tmp_path / "k.tar", "--home", tmp_path / "r").stdout
    assert "1. put the newest data/priv_validator_state.json" in said
    assert f"2. supercloud node start --home {tmp_path / 'r'}" in said
    said = call("restore", tmp_path / "k.tar", "--home", tmp_path / "s", "--with-record").stdout
    assert f"1. supercloud node start --home {tmp_path / 's'}" in said


def test_people_are_told_of_a_password_in_the_settings(home: Path, tmp_path: Path) -> None:
    settings = home / "config" / "config.toml"
    said = call("backup", "--home", home, "--output", tmp_path / "b.tar").stdout
    assert "database" not in said
    given = settings.read_text().replace('database = ""', 'database = "postgresql://me:secret@here/db"')
    settings.write_text(given)
    said = call("backup", "--home", home, "--output", tmp_path / "b.tar").stdout
    assert "name the index's database, with its password" in said and "secret" not in said
    settings.write_text("[[[")
    assert call("backup", "--home", home, "--output", tmp_path / "b.tar").exit_code == 0


def test_refusals_are_one_line(home: Path, tmp_path: Path) -> None:
    for words, said in (
        (("backup", "--home", tmp_path, "--output", tmp_path / "b.tar"), "is no home of a node"),
        (("backup", "--home", home, "--output", tmp_path / "no" / "b.tar"), "No such file"),
        (("restore", home / "config" / "genesis.json", "--home", tmp_path / "r"), "is no archive"),
        (("restore", home / "config" / "genesis.json", "--home", home), "is not empty"),
    ):
        done = call(*words)
        assert (done.exit_code, done.stdout) == (1, "") and said in done.stderr
        assert "Traceback" not in done.stderr


def test_progress_is_for_terminals(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    with backup.advancing("backup", 10) as tell:
        tell(5)
    assert capfd.readouterr().err == ""
    ours, theirs = os.openpty()
    with os.fdopen(theirs, "w") as terminal:
        monkeypatch.setattr("sys.stderr", terminal)
        with backup.advancing("backup", 10) as tell:
            tell(5)
            tell(5)
    seen = b""
    while b"backup" not in seen:
        # It comes in the pieces in which it was written; after the last one this fails.
        seen += os.read(ours, 65536)
    os.close(ours)
