"""`supercloud node` without a network: making a home, taking its state out, and slips."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from supercloud.cli import node
from supercloud.cli.main import root
from supercloud.cli.session import Settings
from supercloud.node.config import load
from supercloud.node.engine.ports import StoredBlock
from supercloud.node.home import Home
from supercloud.node.storage.blockstore import BlockStore
from supercloud.types.address import Bech32

FRIEND = Bech32("akash").text(b"f" * 20)


def call(*words: Any) -> Any:
    done = CliRunner().invoke(root, ["node", *map(str, words)], prog_name="supercloud")
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def test_init_makes_a_network_of_one(tmp_path: Path) -> None:
    home = tmp_path / "n"
    done = call("init", "--home", home, "--chain-id", "mine", "--fund", f"{FRIEND}=5uakt,6uakt", "--json")
    made = json.loads(done.stdout)
    assert (made["chain_id"], made["home"]) == ("mine", str(home))
    document = json.loads(Path(made["genesis"]).read_bytes())
    assert document["chain_id"] == "mine" and len(document["validators"]) == 1
    (entry,) = [e for e in document["app_state"]["bank"]["balances"] if e["address"] == FRIEND]
    assert entry["coins"] == [{"denom": "uakt", "amount": "11"}]
    for path in home.rglob("*key*.json"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_init_takes_a_prefix_and_a_coin_of_its_own(tmp_path: Path) -> None:
    friend = Bech32("cloud").text(b"f" * 20)
    names = ("--prefix", "cloud", "--denom", "ufoo", "--fund", f"{friend}=5ufoo", "--json")
    made = json.loads(call("init", "--home", tmp_path, *names).stdout)
    text = Path(made["genesis"]).read_text()
    assert "uakt" not in text and "akash1" not in text and friend in text
    config = load(Home(tmp_path).config, {})
    assert (config.network.bech32_prefix, config.network.native_denom) == ("cloud", "ufoo")
    assert config.state.gas_prices == "0.0025ufoo"


def test_init_tells_people_how_to_go_on(tmp_path: Path) -> None:
    done = call("init", "--home", tmp_path / "n")
    assert done.exit_code == 0 and f"supercloud node start --home {tmp_path / 'n'}" in done.stdout.replace(
        "\n", ""
    )


def test_init_twice_changes_nothing(tmp_path: Path) -> None:
    call("init", "--home", tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    again = call("init", "--home", tmp_path)
    assert (again.exit_code, again.stdout) == (1, "") and again.stderr
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("words", [[], ["--engine", "cometbft"]])
def test_who_decides_blocks_may_be_said_at_the_start(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kinds = []

    def run(folder: Path) -> int:
        kinds.append(load(Home(folder).config, os.environ).engine.kind)
        return 0

    monkeypatch.setenv("SUPERCLOUD_ENGINE_KIND", "embedded")
    monkeypatch.setattr("supercloud.node.server.run", run)
    call("init", "--home", tmp_path)
    assert call("start", "--home", tmp_path, *words).exit_code == 0
    assert kinds == [words[-1] if words else "embedded"]


def test_verify_says_what_is_there_or_what_is_wrong(tmp_path: Path) -> None:
    call("init", "--home", tmp_path)
    assert "no blocks" in call("verify", "--home", tmp_path).stdout
    blocks = BlockStore(tmp_path / "data" / "blocks")
    blocks.save(1, bytes(32), StoredBlock(b"block", b"votes", b"response", b"state"))
    blocks.close()
    done = call("verify", "--home", tmp_path, "--json")
    told = json.loads(done.stdout)
    assert (told["height"], told["first_block"], told["last_block"], told["records"]) == (0, 1, 1, 5)
    data = tmp_path / "data" / "blocks" / "data.mdb"
    data.write_bytes(data.read_bytes().replace(b"votes", b"voteS"))
    done = call("verify", "--home", tmp_path)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "blocks is damaged" in done.stderr and "supercloud node reset" in done.stderr
    done = call("verify", "--home", tmp_path / "nothing")
    assert done.exit_code == 1 and "no home of a node" in done.stderr


def test_reset_refuses_a_chain_that_nobody_else_has(tmp_path: Path) -> None:
    call("init", "--home", tmp_path, "--fund", f"{FRIEND}=5uakt")
    done = call("reset", "--home", tmp_path)
    assert done.exit_code == 1 and "knows no peers" in done.stderr
    genesis = tmp_path / "config" / "genesis.json"
    call("join", "--home", tmp_path / "n", "--genesis", genesis, "--peers", "ab" * 20 + "@127.0.0.1:1")
    data = tmp_path / "n" / "data"
    (data / "index.sqlite").write_bytes(b"damaged")
    done = call("reset", "--home", tmp_path / "n", "--json")
    assert json.loads(done.stdout)["removed"] == [str(data / "index.sqlite")]
    assert (data / "priv_validator_state.json").exists()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["init", "--fund", "x=5uakt"], 1, "--fund 'x=5uakt': expected ADDRESS=COINS"),
        (["init", "--fund", FRIEND], 1, "expected ADDRESS=COINS"),
        (["init", "--prefix", "Cloud"], 1, "prefix 'Cloud'"),
        (["init", "--denom", "uact"], 1, "another coin"),
        (["init", "--fund", f"{FRIEND}=much"], 1, "is no coin"),
        (["init", "--genesis-override", "/nowhere"], 2, "does not exist"),
        (["init", "--chain-id", ""], 1, ""),
        (["start"], 1, "make one with `supercloud node init --home"),
        (["export"], 1, "is no node's folder; --home names one"),
        (["export", "--height", "x"], 2, "not a valid integer"),
        (["join"], 2, "Missing option '--genesis'"),
        (["fly"], 2, "No such command 'fly'"),
    ],
)
def test_slips(words: list[str], code: int, said: str, tmp_path: Path) -> None:
    done = call(*words, *([] if words == ["fly"] else ["--home", tmp_path / "n"]))
    assert (done.exit_code, done.stdout) == (code, ""), done.output
    assert done.stderr and said in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("listen", "asked"),
    [
        ("127.0.0.1:4444", "http://127.0.0.1:4444"),
        ("0.0.0.0:4444", "http://127.0.0.1:4444"),
        ("[::]:4444", "http://127.0.0.1:4444"),
        ("10.0.0.7:4444", "http://10.0.0.7:4444"),
        ("", None),
    ],
)
def test_status_asks_the_node_of_this_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, listen: str, asked: str | None
) -> None:
    monkeypatch.delenv("SUPERCLOUD_NODE", raising=False)
    call("init", "--home", tmp_path / "node")
    monkeypatch.setenv("SUPERCLOUD_RPC_LISTEN", listen)
    for home in (tmp_path / "node", tmp_path):
        settings = Settings(home, None, None, None, "")
        assert node._with_own_rpc(settings).node == asked
        named = settings._replace(node="http://other:1")
        assert node._with_own_rpc(named) == named


def test_an_override_that_is_no_json(tmp_path: Path) -> None:
    patch = tmp_path / "p.json"
    patch.write_text("{")
    done = call("init", "--home", tmp_path / "n", "--genesis-override", patch)
    assert done.exit_code == 1 and "Traceback" not in done.stderr
