"""`supercloud network new` and `supercloud node join` as people and programs call them."""

from __future__ import annotations

import http.server
import json
import threading
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from supercloud.cli import session
from supercloud.cli.network import network, why
from supercloud.cli.node import node
from supercloud.node.config import load
from supercloud.sdk.keyring import Backend, Keyring
from supercloud.types.address import Bech32


def call(command: Any, *words: str | Path) -> Any:
    return CliRunner().invoke(command, [str(word) for word in words])


def test_new_makes_what_it_tells_of(tmp_path: Path) -> None:
    home = tmp_path / "net"
    done = call(network, "new", "net-1", "--validators", 2, "--home", home, "--port-base", 31000, "--json")
    assert done.exit_code == 0, done.output
    made = json.loads(done.stdout)
    assert made["chain_id"] == "net-1" and [each["rpc"] for each in made["nodes"]] == [
        "127.0.0.1:31000",
        "127.0.0.1:31005",
    ]
    names = [account["name"] for account in made["accounts"]]
    assert names == ["auditor", "provider", "tenant", "validator0", "validator1"]
    keyring = Keyring(home / "keyring", Backend.TEST)
    for account in made["accounts"]:
        assert Bech32("akash").text(keyring.address(account["name"])) == account["address"]
        assert len(account["mnemonic"].split()) == 24
    assert made["nodes"][1]["operator"] == Bech32("akash").text(keyring.address("validator1"))
    assert made["next"]["run"] == f"supercloud network up --home {home}"
    for path in (made["genesis"], *made["services"]):
        assert Path(path).exists()


def test_new_closes_a_network_on_demand(tmp_path: Path) -> None:
    for home, words in ((tmp_path / "open", ()), (tmp_path / "closed", ("--closed",))):
        done = call(network, "new", "net-1", "--home", home, "--validators", 2, "--json", *words)
        assert done.exit_code == 0, done.output
        admission = json.loads((home / "genesis.json").read_text())["app_state"]["staking_admission"]
        operators = [Bech32("akash").parse(each["operator"]) for each in json.loads(done.stdout)["nodes"]]
        assert admission["admission"] == {
            "closed": bool(words),
            "operators": [Bech32("akash").valoper(each) for each in operators] if words else [],
        }


def test_new_tells_people_what_to_do_next(tmp_path: Path) -> None:
    words = ("--block-time", 6, "--port-base", 31000)
    done = call(network, "new", "net-1", "--home", tmp_path / "net", *words)
    assert done.exit_code == 0, done.output
    assert f"supercloud network up --home {tmp_path}/net" in done.output
    assert "supercloud provider init --host NAME --node http://127.0.0.1:31000" in done.output
    assert "supercloud node join --genesis" in done.output and " --block-time 6 " in done.output
    again = call(network, "new", "net-1", "--home", tmp_path / "net")
    assert again.exit_code == 1 and "already" in again.output


def test_sealed_keys_have_no_play_money(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUPERCLOUD_PASSPHRASE", "correct horse battery")
    words = ("--validators", 1, "--keyring-backend", "file", "--prefix", "cloud", "--denom", "ufoo", "--json")
    done = call(network, "new", "net-1", "--home", tmp_path, *words)
    assert done.exit_code == 0, done.output
    (account,) = json.loads(done.stdout)["accounts"]
    assert account["name"] == "validator0" and account["address"].startswith("cloud1")
    assert "mnemonic" not in account
    assert b"mnemonic" not in (tmp_path / "keyring" / "validator0.json").read_bytes()


def test_what_is_refused_leaves_nothing_behind(tmp_path: Path) -> None:
    for words in (
        ("--seats", 2),
        ("--denom", "1"),
        ("--hosts", "h"),
        ("--prefix", "UPPER"),
        ("--fund", "x=1uakt"),
    ):
        done = call(network, "new", "net-1", "--home", tmp_path / "net", *words)
        assert done.exit_code == 1 and not (tmp_path / "net").exists(), (words, done.output)


def test_commands_find_the_network_of_their_home(tmp_path: Path) -> None:
    call(network, "new", "net-1", "--home", tmp_path, "--denom", "ufoo", "--port-base", 31000)
    settings = session.Settings(tmp_path, None, None, None, "")
    assert settings.rpc == "http://127.0.0.1:31000" and settings.local()["gas_price"] == "0.0025ufoo"
    assert settings.signing_key().name == "tenant"


def test_joining_with_a_file(tmp_path: Path) -> None:
    made = json.loads(call(network, "new", "net-1", "--home", tmp_path / "net", "--json").stdout)
    first = made["nodes"][0]
    words = (
        "--genesis",
        made["genesis"],
        "--peers",
        f"{first['node_id']}@{first['p2p']}",
        "--home",
        tmp_path / "n",
    )
    done = call(node, "join", *words, "--port-base", 31100, "--block-time", 6, "--json")
    assert done.exit_code == 0, done.output
    assert load(tmp_path / "n/config/config.toml", {}).engine.block_interval_s == 6
    assert json.loads(done.stdout)["rpc"] == "http://127.0.0.1:31100"
    assert (tmp_path / "n/config/genesis.json").exists()
    again = call(node, "join", *words)
    assert again.exit_code == 1 and "is a node already" in again.output
    (tmp_path / "bad.json").write_text("[]")
    bad = call(node, "join", "--genesis", tmp_path / "bad.json", "--peers", "x", "--home", tmp_path / "m")
    assert bad.exit_code == 1 and "no genesis document" in bad.output


def test_joining_with_an_rpc_or_a_url(tmp_path: Path) -> None:
    made = json.loads(call(network, "new", "net-1", "--home", tmp_path / "net", "--json").stdout)
    document = json.loads(Path(made["genesis"]).read_text())
    pages = {
        "/genesis": {"result": {"genesis": document}},
        "/doc/g.json": document,
        "/doc/other": {"result": {}},
    }

    class Pages(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path in pages else 404)
            self.end_headers()
            self.wfile.write(json.dumps(pages.get(self.path)).encode())

        def log_message(self, format: str, *args: object) -> None: ...

    peer = f"{made['nodes'][0]['node_id']}@{made['nodes'][0]['p2p']}"
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        base = f"http://127.0.0.1:{server.server_port}"
        for number, place in enumerate((base, base + "/", base + "/doc/g.json")):
            home = tmp_path / f"n{number}"
            done = call(node, "join", "--genesis", place, "--peers", peer, "--home", home)
            assert done.exit_code == 0, done.output
            assert json.loads((home / "config/genesis.json").read_text()) == document
        for place in (base + "/doc/other", base + "/nothing"):
            done = call(node, "join", "--genesis", place, "--peers", peer, "--home", tmp_path / "m")
            assert done.exit_code == 1 and not (tmp_path / "m").exists(), done.output
        server.shutdown()
        server.server_close()
    for place, said in ((base, "Connection refused"), (str(tmp_path / "absent"), "No such file")):
        done = call(node, "join", "--genesis", place, "--peers", peer, "--home", tmp_path / "m")
        assert done.exit_code == 1 and f"Error: {place}: {said}" in done.output


def test_running_without_cometbft_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    call(network, "new", "net-1", "--home", tmp_path)
    monkeypatch.setenv("SUPERCLOUD_COMETBFT", "/nowhere/cometbft")
    done = call(network, "up", "--home", tmp_path)
    assert done.exit_code == 1 and "scripts/cometbft" in done.output
    nothing = call(network, "up", "--home", tmp_path / "other")
    assert nothing.exit_code == 1 and "no network" in nothing.output


def test_what_a_node_calls_critical_is_told_in_words() -> None:
    last = [f'{{"level":"info","text":"line {number}"}}' for number in range(7)]
    assert why("\n".join(last)) == "\n".join(last[-5:])
    told = '{"time":"t","level":"critical","from":"node.server","text":"the node can not start: no"}'
    assert why("\n".join([*last, told, "not JSON", "[1]"])) == "the node can not start: no"
