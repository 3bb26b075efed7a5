"""Networks as they are written: the ledger takes their genesis, nodes know one another, what can not be is refused."""

from __future__ import annotations

import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml

from supercloud.chain.app import Options, build_app
from supercloud.chain.baseapp.genesis import GenesisError
from supercloud.chain.store.backend import MemoryBackend
from supercloud.node import genesis as genesis_document
from supercloud.node import network as networks
from supercloud.node.config import StateSyncSettings, load
from supercloud.node.engine.cometbft.engine import MODULE
from supercloud.node.engine.signer import read_key_file
from supercloud.node.home import Home, profile_of
from supercloud.node.network import Joining, NetworkError, Plan, create, join
from supercloud.pb.tendermint.abci import types_pb2 as abci
from supercloud.types.coin import Coin

ROOT = Path(__file__).resolve().parents[3]
OPERATORS = [bytes([number]) * 20 for number in range(1, 5)]
ALICE = b"\7" * 20
PEER = "ab" * 20 + "@127.0.0.1:27003"


def made(folder: Path, **rules: Any) -> dict[str, Any]:
    """The genesis document of a network with these rules."""
    create(Plan("net-1", **{"operators": OPERATORS, **rules}), folder)
    document: dict[str, Any] = orjson.loads((folder / "genesis.json").read_bytes())
    return document


def begun(folder: Path) -> abci.ResponseInitChain:
    """What the ledger of a network's first node answers to its genesis."""
    home = Home(folder / "node0")
    genesis = genesis_document.load(home.genesis)
    app = build_app(MemoryBackend(), profile_of(load(home.config, {})), Options(version="v"))
    return app.init_chain(
        abci.RequestInitChain(
            chain_id=genesis.chain_id,
            initial_height=1,
            consensus_params=genesis.consensus_params,
            validators=genesis.validators,
            app_state_bytes=genesis.app_state,
        )
    )


def test_the_ledger_begins_with_the_validators_of_the_homes(tmp_path: Path) -> None:
    made(tmp_path)
    keys = [read_key_file(Home(tmp_path / f"node{number}").validator_key).public_key for number in range(4)]
    answer = begun(tmp_path)
    assert sorted(update.pub_key.ed25519 for update in answer.validators) == sorted(keys)
    assert {update.power for update in answer.validators} == {1_000_000}


def test_names_supply_and_take_of_its_own(tmp_path: Path) -> None:
    document = made(
        tmp_path,
        bech32_prefix="cloud",
        denom="ufoo",
        inflation_percent=7,
        take_percent=3,
        seats=5,
        funds={ALICE: [Coin("ufoo", 9)]},
        patch={"consensus_params": {"block": {"max_gas": "5000000"}}},
    )
    assert len(begun(tmp_path).validators) == 4
    text = orjson.dumps(document).decode()
    assert "uakt" not in text and "akash1" not in text and "cloud1" in text
    state = document["app_state"]
    assert state["mint"]["params"]["inflation_max"] == "0.070000000000000000"
    assert state["take"]["params"]["default_take_rate"] == 3
    assert state["staking"]["params"]["max_validators"] == 5
    assert state["bank"]["denom_metadata"][0]["symbol"] == "FOO"
    assert document["consensus_params"]["block"]["max_gas"] == "5000000"
    assert {"denom": "ufoo", "amount": "9"} in [
        coin for entry in state["bank"]["balances"] for coin in entry["coins"]
    ]
    assert load(Home(tmp_path / "node2").config, {}).state.gas_prices == "0.0025ufoo"


def test_a_closed_network_admits_its_founders_alone(tmp_path: Path) -> None:
    state = made(tmp_path, closed=True, bech32_prefix="cloud")["app_state"]
    listed = state["staking_admission"]["admission"]
    assert listed["closed"] and listed["operators"] == [
        validator["operator_address"] for validator in state["staking"]["validators"]
    ]
    assert len(begun(tmp_path).validators) == 4
    # A document whose validators are not on the list starts nothing.
    home = Home(tmp_path / "node0")
    document = orjson.loads(home.genesis.read_bytes())
    document["app_state"]["staking_admission"]["admission"]["operators"].pop()
    home.genesis.write_bytes(orjson.dumps(document))
    with pytest.raises(GenesisError, match="not admitted"):
        begun(tmp_path)


def test_nodes_know_one_another_and_share_no_port(tmp_path: Path) -> None:
    made(tmp_path, port_base=31000)
    configs = [load(Home(tmp_path / f"node{number}").config, {}) for number in range(4)]
    listens = [
        door
        for each in configs
        for door in (each.rpc.listen, each.p2p.listen, each.grpc.listen, each.rest.listen)
    ]
    assert len(set(listens)) == 16 and all(door.startswith("127.0.0.1:310") for door in listens)
    for number, each in enumerate(configs):
        others = sorted(configs[other].p2p.listen for other in range(4) if other != number)
        assert sorted(peer.partition("@")[2] for peer in each.p2p.persistent_peers.split(",")) == others
    assert len({(tmp_path / f"node{number}/config/genesis.json").read_bytes() for number in range(4)}) == 1


def test_nodes_on_machines_of_their_own_listen_to_others_and_have_units(tmp_path: Path) -> None:
    made(tmp_path, hosts=["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"], port_base=26650)
    second = tomllib.loads((tmp_path / "node1/config/config.toml").read_text())
    assert second["p2p"]["listen"] == "0.0.0.0:26653" and second["rpc"]["listen"] == "127.0.0.1:26650"
    assert "@10.0.0.4:26653" in second["p2p"]["persistent_peers"]
    assert not networks.read_summary(tmp_path)["local"]
    unit = (tmp_path / "service" / "net-1-node1.service").read_text()
    assert "ExecStart=/usr/local/bin/supercloud node start --home /var/lib/net-1/node1" in unit
    services = yaml.safe_load((tmp_path / "service" / "compose.yaml").read_text())["services"]
    assert sorted(services) == ["node0", "node1", "node2", "node3"]
    third = services["node3"]
    assert third["command"].endswith("node start --home /home/node")
    assert third["volumes"] == ["../node3:/home/node"] and third["network_mode"] == "host"
    scraped = yaml.safe_load((tmp_path / "service" / "prometheus.yml").read_text())["scrape_configs"][0]
    assert scraped["job_name"] == "supercloud" and scraped["static_configs"] == [
        {"targets": [f"10.0.0.{number}:26654" for number in range(1, 5)]}
    ]
    check = third["healthcheck"]
    fourth = tomllib.loads((tmp_path / "node3/config/config.toml").read_text())
    assert f"http://{fourth['metrics']['listen']}/ready" in check["test"][-1]
    compile(check["test"][-1], "healthcheck", "exec")
    assert third["build"] == {
        "context": "${SUPERCLOUD_SOURCE:-.}",
        "dockerfile": "examples/validator/Containerfile",
    }


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    made(tmp_path)
    units = [*(tmp_path / "service").glob("*.service"), ROOT / "examples/validator/supercloud-run.service"]
    assert len(units) == 5
    there = tmp_path / "units"
    there.mkdir()
    for unit in units:
        # The program is not where it will be.
        text = unit.read_text()
        assert "ExecStart=/usr/local/bin/supercloud node " in text
        (there / unit.name).write_text(text.replace("/usr/local/bin/supercloud node", "/bin/true"))
    done = subprocess.run(
        ["systemd-analyze", "verify", *there.iterdir()], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_image_of_the_compose_file_has_both_programs_as_they_are_used_here() -> None:
    steps = (ROOT / networks.CONTAINERFILE).read_text().splitlines()
    assert any(step.endswith(f"go install {MODULE}") for step in steps)
    copied = [word for step in steps if step.startswith("COPY") for word in step.split()[1:-1]]
    assert all((ROOT / word).exists() for word in copied if word[0] not in "-/")
    assert steps[-1] == 'CMD ["supercloud", "node", "start", "--home", "/home/node"]'


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        ({"name": "a b"}, "name"),
        ({"operators": []}, "1 to 100"),
        ({"hosts": ["h"]}, "as many hosts"),
        ({"bech32_prefix": "Cloud"}, "prefix"),
        ({"denom": "1x"}, "denom"),
        ({"denom": "uusdc"}, "another coin"),
        ({"inflation_percent": 101}, "percentages"),
        ({"seats": 3}, "3 seats for 4"),
        ({"port_base": 65530}, "ports 65530 to 65549"),
    ],
)
def test_what_can_not_be_is_refused_before_anything_is_made(
    tmp_path: Path, rules: dict[str, Any], reason: str
) -> None:
    folder = tmp_path / "net"
    with pytest.raises(NetworkError, match=reason):
        create(Plan(**{"name": "net-1", "operators": OPERATORS, **rules}), folder)
    assert not folder.exists()


def test_a_network_is_never_made_twice(tmp_path: Path) -> None:
    document = made(tmp_path)
    with pytest.raises(NetworkError, match="already"):
        made(tmp_path)
    assert orjson.loads((tmp_path / "genesis.json").read_bytes()) == document
    with pytest.raises(NetworkError, match="no network"):
        networks.read_summary(tmp_path / "elsewhere")


def test_joining_reads_prefix_and_denom_from_the_genesis(tmp_path: Path) -> None:
    document = made(tmp_path / "net", bech32_prefix="cloud", denom="ufoo")
    member = join(tmp_path / "new", document, Joining([PEER], port_base=31100))
    config = load(Home(tmp_path / "new").config, {})
    assert (config.network.bech32_prefix, config.network.native_denom) == ("cloud", "ufoo")
    assert config.engine.kind == "cometbft" and config.p2p.persistent_peers == PEER and config.p2p.private
    assert member.endpoints.rpc == config.rpc.listen == "127.0.0.1:31100" and len(member.node_id) == 40
    assert genesis_document.load(Home(tmp_path / "new").genesis).document == document


def test_peers_on_the_internet_are_checked_as_such(tmp_path: Path) -> None:
    document = made(tmp_path / "net")
    join(tmp_path / "new", document, Joining([], seeds=["ab" * 20 + "@seed.example.org:26656"]))
    assert not load(Home(tmp_path / "new").config, {}).p2p.private


@pytest.mark.parametrize(
    ("joining", "reason"),
    [
        (Joining([]), "needs a peer"),
        (Joining(["127.0.0.1:1"]), "40 hex"),
        (Joining([PEER], port_base=80), "ports 80"),
        (Joining([PEER], state_sync=StateSyncSettings(["a", "b"])), "trust"),
        (Joining([PEER], state_sync=StateSyncSettings(["a"], 5, "AB")), "two servers"),
    ],
)
def test_joining_without_what_it_needs_is_refused(tmp_path: Path, joining: Joining, reason: str) -> None:
    document = made(tmp_path / "net")
    with pytest.raises(NetworkError, match=reason):
        join(tmp_path / "new", document, joining)
    with pytest.raises(NetworkError, match="denom"):
        join(tmp_path / "new", {"chain_id": "x", "genesis_time": "2026-01-01T00:00:00Z"}, Joining([PEER]))
    assert not (tmp_path / "new").exists()
