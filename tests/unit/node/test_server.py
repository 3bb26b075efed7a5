"""Homes, settings of the state machine. Whole nodes run in tests/integration/node."""

from pathlib import Path

import pytest

from supercloud.chain.baseapp.context import Profile
from supercloud.node import genesis as genesis_document
from supercloud.node.config import Config, ConfigError, load
from supercloud.node.engine.signer import KeyFileError
from supercloud.node.home import Home, init_home, profile_of
from supercloud.node.server import gas_prices_of
from supercloud.types.coin import Coin

ALICE = b"\1" * 20


def test_a_new_home_has_all_that_a_node_needs(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    made = init_home(home.folder, "net-1", funds={ALICE: [Coin("uakt", 5)]}, time_ns=1_700_000_000 * 10**9)
    genesis = genesis_document.load(home.genesis)
    assert genesis.document == made.document
    assert (genesis.chain_id, len(genesis.validators)) == ("net-1", 1)
    balance = genesis.document["app_state"]["bank"]["balances"][0]
    assert balance == {"address": Profile().bech32.text(ALICE), "coins": [{"denom": "uakt", "amount": "5"}]}
    assert load(home.config, {}) == Config()
    for secret in (home.validator_key, home.node_key, home.signing_record):
        assert secret.stat().st_mode & 0o077 == 0


def test_a_home_is_never_made_twice(tmp_path: Path) -> None:
    init_home(tmp_path)
    key = Home(tmp_path).validator_key.read_bytes()
    with pytest.raises(KeyFileError):
        init_home(tmp_path)
    assert Home(tmp_path).validator_key.read_bytes() == key


def test_a_patch_goes_before_funds(tmp_path: Path) -> None:
    patch = {"app_state": {"bank": {"balances": []}}, "consensus_params": {"block": {"max_gas": "9"}}}
    made = init_home(tmp_path, patch=patch, funds={ALICE: [Coin("uakt", 5)]})
    assert made.consensus_params.block.max_gas == 9
    assert len(made.document["app_state"]["bank"]["balances"]) == 1


def test_a_patch_that_breaks_the_document_is_refused(tmp_path: Path) -> None:
    with pytest.raises(genesis_document.GenesisError):
        init_home(tmp_path, patch={"chain_id": None})


def test_gas_prices() -> None:
    prices = gas_prices_of("0.0025uakt, 1uact")
    assert [price.denom for price in prices] == ["uakt", "uact"]
    assert gas_prices_of("") == []
    for text in ("uakt", "0.5", "x.yuakt"):
        with pytest.raises(ConfigError):
            gas_prices_of(text)


def test_the_profile_follows_the_settings() -> None:
    config = Config()
    config.network.bech32_prefix = "cloud"
    assert profile_of(config).bech32.text(ALICE).startswith("cloud1")
