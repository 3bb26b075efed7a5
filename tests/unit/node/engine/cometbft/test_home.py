"""CometBFT's files as this node writes them."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import orjson
import pytest

from supercloud.node.engine.cometbft.home import CometHome, HomeError, Peering, StateSync, continued
from supercloud.node.engine.state import EngineState, genesis_state
from supercloud.node.engine.validators import Validator, ValidatorSet
from supercloud.node.genesis import GenesisValidator, build, parse
from supercloud.pb.tendermint.types import params_pb2

KEYS = [bytes([number]) * 32 for number in (1, 2)]


def home(folder: Path) -> CometHome:
    return CometHome(
        folder / "cometbft", folder / "key.json", folder / "record.json", folder / "node_key.json"
    )


def settings(at: CometHome, **changed: Any) -> dict[str, Any]:
    at.prepare(build("c", 0, [], {}))
    wanted: dict[str, Any] = {
        "moniker": 'a "quoted" name',
        "interval_s": 1.0,
        "mempool_count": 10,
        "mempool_bytes": 1000,
        "tx_bytes": 100,
        "peering": Peering(),
        "state_sync": StateSync(),
    }
    at.write_settings(**{**wanted, **changed})
    return tomllib.loads((at.folder / "config" / "config.toml").read_text())


def test_settings_are_toml_that_names_the_shared_files(tmp_path: Path) -> None:
    at = home(tmp_path)
    written = settings(at)
    assert written["moniker"] == 'a "quoted" name'
    assert written["priv_validator_state_file"] == str(tmp_path / "record.json")
    assert written["proxy_app"] == f"unix://{at.abci_socket}"
    assert written["consensus"]["timeout_commit"] == "1000ms"
    assert written["tx_index"] == {"indexer": "null"}
    assert written["statesync"]["enable"] is False


def test_whoever_asks_is_told_whether_there_were_other_settings(tmp_path: Path) -> None:
    at = home(tmp_path)
    wanted: dict[str, Any] = {
        "interval_s": 1.0,
        "mempool_count": 10,
        "mempool_bytes": 1000,
        "tx_bytes": 100,
        "peering": Peering(),
        "state_sync": StateSync(),
    }
    # Before the genesis as well: a CometBFT that finds that finds these.
    assert at.write_settings(moniker="a", **wanted) is False and not at.genesis.exists()
    assert at.write_settings(moniker="a", **wanted) is False
    assert at.write_settings(moniker="b", **wanted) is True


def test_private_networks_take_peers_on_one_address(tmp_path: Path) -> None:
    written = settings(home(tmp_path), peering=Peering(private=True, persistent_peers="ab@127.0.0.1:1"))
    assert written["p2p"]["allow_duplicate_ip"] is True and written["p2p"]["addr_book_strict"] is False
    assert written["p2p"]["persistent_peers"] == "ab@127.0.0.1:1"


def test_a_sentry_hides_its_validator_which_asks_nobody(tmp_path: Path) -> None:
    usual, hidden = settings(home(tmp_path / "a"))["p2p"], "ab" * 20
    assert usual["pex"] is True and usual["private_peer_ids"] == usual["unconditional_peer_ids"] == ""
    sentry = settings(home(tmp_path / "b"), peering=Peering(hidden=hidden))["p2p"]
    assert sentry["private_peer_ids"] == sentry["unconditional_peer_ids"] == hidden
    assert settings(home(tmp_path / "c"), peering=Peering(exchange=False))["p2p"]["pex"] is False


def test_a_remote_signer_leaves_the_validators_files_alone(tmp_path: Path) -> None:
    at = home(tmp_path)
    assert settings(at)["priv_validator_laddr"] == ""
    for listen in ("10.0.0.5:26659", "tcp://10.0.0.5:26659"):
        written = settings(at, peering=Peering(signer_listen=listen))
        assert written["priv_validator_laddr"] == "tcp://10.0.0.5:26659"
        for name in ("priv_validator_key_file", "priv_validator_state_file"):
            assert Path(written[name]).is_relative_to(at.folder) and "unused" in written[name]


def test_a_chain_has_one_beginning(tmp_path: Path) -> None:
    at = home(tmp_path)
    at.prepare(build("first", 0, [], {"bank": {}}))
    at.prepare(build("second", 0, [], {}, initial_height=9))
    written = orjson.loads(at.genesis.read_bytes())
    assert written["chain_id"] == "first"
    assert written["app_state"] == {}, "the state is this node's own business, however large"
    assert at.initial_height == 1


def test_a_path_too_long_for_a_socket_gets_a_short_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    at = home(tmp_path / ("x" * 120))
    short = at.abci_socket.parent
    assert at.rpc_socket.parent == short != at.folder and short.stat().st_mode & 0o777 == 0o700
    assert home(tmp_path / ("y" * 120)).abci_socket.parent != short
    short.chmod(0o755)
    with pytest.raises(HomeError, match="choose a shorter home"):
        _ = home(tmp_path / ("x" * 120)).abci_socket


def state(next_keys: list[bytes]) -> EngineState:
    def powers(keys: list[bytes]) -> ValidatorSet:
        return ValidatorSet.of(Validator(key, 5) for key in keys)

    first = genesis_state(
        chain_id="c",
        initial_height=1,
        time=3,
        validators=powers(KEYS),
        params=params_pb2.ConsensusParams(),
        app_hash=b"",
    )
    return EngineState(
        **{**vars(first), "height": 41, "app_hash": b"\xab\xcd", "next_validators": powers(next_keys)}
    )


def test_going_on_from_the_embedded_engine() -> None:
    names = [GenesisValidator(KEYS[0], 9, "first")]
    document = continued(build("c", 0, names, {"bank": {}}), state(KEYS))
    assert (document["initial_height"], document["app_hash"], document["app_state"]) == ("42", "ABCD", {})
    assert sorted(entry["name"] for entry in document["validators"]) == ["", "first"]
    assert parse(document).initial_height == 42


def test_not_while_validators_change() -> None:
    with pytest.raises(HomeError, match="one more block"):
        continued(build("c", 0, [], {}), state(KEYS[:1]))
