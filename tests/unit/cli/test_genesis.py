"""`supercloud genesis`: two people found a network; a document of another network is checked."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from supercloud.cli.main import root
from supercloud.node import genesis as genesis_document
from supercloud.sdk.keyring import Backend, Keyring
from supercloud.types.address import Bech32

CHAIN = "founders-1"


def call(*words: Any) -> Any:
    done = CliRunner().invoke(root, [str(word) for word in words], prog_name="supercloud")
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def good(*words: Any) -> dict[str, Any]:
    done = call(*words, "--json")
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


class Town:
    """Two homes, and the keys of both people in one keyring."""

    def __init__(self, folder: Path) -> None:
        self.homes = [folder / "alice", folder / "bob"]
        self.keys = ("--keyring-home", folder, "--keyring-backend", "test")
        keyring = Keyring(folder / "keyring", Backend.TEST)
        self.addresses = [Bech32("akash").text(keyring.create(name).address) for name in ("alice", "bob")]
        for home in self.homes:
            good("node", "init", "--home", home, "--chain-id", CHAIN)
        self.genesis = self.homes[0] / "config" / "genesis.json"

    def genesis_of(self, *words: Any, home: int = 0) -> dict[str, Any]:
        return good("genesis", *words, "--home", self.homes[home])


@pytest.fixture
def town(tmp_path: Path) -> Town:
    return Town(tmp_path)


def test_two_people_found_a_network(town: Town) -> None:
    words = ("--vesting-amount", "1000000uakt", "--vesting-end-time", 2_000_000_000)
    made = town.genesis_of("add-account", "alice", "9000000uakt", *words, *town.keys)
    assert made["address"] == town.addresses[0] and made["vesting"] == "1000000uakt"
    town.genesis_of("add-account", town.addresses[1], "9000000uakt,5uusdc", *town.keys)
    shutil.copy(town.genesis, town.homes[1] / "config" / "genesis.json")
    for number, name in enumerate(("alice", "bob")):
        place = ("--place", f"10.0.0.{number}:26656")
        made = town.genesis_of("gentx", name, "5000000uakt", *place, *town.keys, home=number)
        founders = town.homes[0] / "config" / "gentx"
        if number:
            shutil.copy(made["gentx"], founders)
        assert made["gentx"].endswith(f"gentx-{made['node_id']}.json")
    collected = town.genesis_of("collect")
    assert collected["founders"] == 2
    assert sorted(peer.partition("@")[2] for peer in collected["peers"]) == [
        "10.0.0.0:26656",
        "10.0.0.1:26656",
    ]
    found = good("genesis", "validate", town.genesis)
    assert (found["chain_id"], found["accounts"], found["validators"]) == (CHAIN, 2, 2)
    assert found["supply"] == "18000000uakt,5uusdc" and found["changes"] == []
    said = call("genesis", "validate", "--home", town.homes[0])
    assert said.exit_code == 0 and "2 validators" in said.stdout
    for words in (("add-account", "alice", "1uakt", "--append", *town.keys), ("collect",)):
        assert call("genesis", *words, "--home", town.homes[0]).exit_code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--vesting-end-time", "5"], "what vests?"),
        (["--vesting-period", "x=5uakt"], "expected SECONDS=COINS"),
        (["--vesting-period", "5=5uakt"], "needs --vesting-start-time"),
        (
            ["--vesting-amount", "5uakt", "--vesting-locked", "--vesting-end-time", "5"],
            "neither start nor end",
        ),
        (["--vesting-amount", "5uakt"], "need an end"),
        (["--vesting-amount", "much"], "is no coin"),
        (["--vesting-amount", "50uakt", "--vesting-locked"], "more coins would vest"),
    ],
)
def test_schedules_that_make_no_sense(town: Town, words: list[str], said: str) -> None:
    before = town.genesis.read_bytes()
    done = call("genesis", "add-account", "bob", "9uakt", *words, *town.keys, "--home", town.homes[0])
    assert done.exit_code == 1 and said in done.stderr
    assert town.genesis.read_bytes() == before


def test_parts_and_locks(town: Town) -> None:
    parts = ("--vesting-start-time", 5, "--vesting-period", "10=3uakt", "--vesting-period", "20=4uakt")
    assert town.genesis_of("add-account", "alice", "9uakt", *parts, *town.keys)["vesting"] == "7uakt"
    locked = ("--vesting-amount", "9uakt", "--vesting-locked")
    town.genesis_of("add-account", "bob", "9uakt", *locked, *town.keys)
    accounts = json.loads(town.genesis.read_bytes())["app_state"]["auth"]["accounts"]
    kinds = [entry["@type"].rpartition(".")[2] for entry in accounts]
    assert kinds == ["PeriodicVestingAccount", "PermanentLockedAccount"]


def test_slips(town: Town, tmp_path: Path) -> None:
    home = ("--home", town.homes[0])
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / "text.json").write_text("no")
    for words, said in (
        (("gentx", "alice", "5uakt", *town.keys, *home), "no account"),
        (("gentx", "alice", "5uakt,5uact", *town.keys, *home), "one coin"),
        (("collect", *home), "no founders"),
        (("collect", "--gentx-dir", empty, *home), "not JSON"),
        (("validate", tmp_path / "nowhere"), "No such file"),
        (("add-account", "carol", "5uakt", *town.keys, *home), "no address"),
    ):
        done = call("genesis", *words)
        assert done.exit_code == 1 and said in done.stderr, (words, done.output)


def test_a_document_of_another_network(town: Town, tmp_path: Path) -> None:
    town.genesis_of("add-account", "alice", "9000000uakt", *town.keys)
    town.genesis_of("gentx", "alice", "5000000uakt", *town.keys)
    town.genesis_of("collect")
    document = json.loads(town.genesis.read_bytes())
    document["app_state"] |= {"ibc": {"clients": []}, "wasm": {}}
    del document["app_state"]["take"]
    head = {"validators": document.pop("validators"), "params": document.pop("consensus_params")}
    place, written = tmp_path / "foreign.json", tmp_path / "ours.json"
    place.write_text(json.dumps({**document, "consensus": head, "app_name": "akash"}))
    refused = call("genesis", "validate", place)
    assert refused.exit_code == 1 and "ibc, wasm; --drop ibc --drop wasm" in refused.stderr
    said = call("genesis", "validate", place, "--drop", "ibc", "--drop", "wasm")
    assert said.exit_code == 0 and "--output FILE writes it" in said.stderr.replace("\n", " ")
    found = good("genesis", "validate", place, "--drop", "ibc", "--drop", "wasm", "--output", written)
    assert found["changes"] == ["dropped ibc", "dropped wasm", "added take, which the document lacks"]
    assert good("genesis", "validate", written)["changes"] == []
    assert genesis_document.load(written).chain_id == CHAIN
