"""The home of a local supercloud: made once, resumed, its play-money keys told from real ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import pytest

from supercloud.cli import local
from supercloud.provider import config as provider_config
from supercloud.sdk.keyring import Backend, Keyring
from supercloud.types.address import Bech32

FRIEND = Bech32("akash").text(b"f" * 20)


def prepared(home: Path, **changes: Any) -> local.Local:
    values: dict[str, Any] = {
        "chain_id": None,
        "block_time_s": None,
        "port_base": 26650,
        "funds": (),
        "override": None,
        **changes,
    }
    return local.prepare(home, **values)


def genesis(place: local.Local) -> Any:
    return json.loads((place.node_home / "config" / "genesis.json").read_bytes())


def test_what_a_first_start_makes(tmp_path: Path) -> None:
    place = prepared(tmp_path / "home")
    assert (place.chain_id, place.block_time_s, place.rpc) == (
        "supercloud-local",
        1.0,
        "http://127.0.0.1:26650",
    )
    assert [account["name"] for account in place.accounts] == list(local.KEYS)
    keyring = Keyring(place.home / "keyring", Backend.TEST)
    for account in place.accounts:
        key = keyring.key(account["name"])
        assert (Bech32("akash").text(key.address), key.mnemonic) == (account["address"], account["mnemonic"])
    document = genesis(place)
    assert document["chain_id"] == "supercloud-local"
    balances = {entry["address"]: entry["coins"] for entry in document["app_state"]["bank"]["balances"]}
    assert {coin["denom"] for coin in balances[place.accounts[0]["address"]]} == set(local.FUNDS)


def test_the_provider_gets_its_key_and_ports(tmp_path: Path) -> None:
    place = prepared(tmp_path)
    local.write_provider(place)
    settings = provider_config.load(place.provider_home / "provider.toml")
    assert (settings.node, settings.key, settings.host) == (place.rpc, "provider", "localhost")
    assert settings.gateway_port == place.ports.gateway == 26653
    own = Keyring(place.provider_home / "keyring", Backend.TEST).address("provider")
    assert Bech32("akash").text(own) == place.accounts[1]["address"]


def test_a_later_start_resumes_and_ignores_what_concerns_the_first(tmp_path: Path) -> None:
    first = prepared(tmp_path, chain_id="mine", block_time_s=0.5)
    first.publish(first.announcement(with_provider=True))
    before = genesis(first)
    again = prepared(tmp_path, chain_id="other", port_base=30000, funds=(f"{FRIEND}=5uakt",))
    assert (again.chain_id, again.block_time_s) == ("mine", 0.5)
    assert again.accounts == first.accounts and genesis(again) == before
    local.write_provider(again)
    settings = provider_config.load(again.provider_home / "provider.toml")
    assert settings.node == again.rpc == "http://127.0.0.1:30000", "settings follow the ports"


def test_edits_of_the_provider_s_settings_stay(tmp_path: Path) -> None:
    place = prepared(tmp_path)
    local.write_provider(place)
    path = place.provider_home / "provider.toml"
    edited = provider_config.Config(**{**vars(provider_config.load(path)), "attributes": {"region": "west"}})
    path.write_text(provider_config.dump(edited))
    local.write_provider(prepared(tmp_path))
    assert provider_config.load(path).attributes == {"region": "west"}


def test_friends_get_coins_and_rules_change(tmp_path: Path) -> None:
    override = tmp_path / "patch.json"
    override.write_text('{"app_state":{"bank":{"params":{"default_send_enabled":false}}}}')
    place = prepared(tmp_path / "home", funds=(f"{FRIEND}=5uakt,7uusdc",), override=override)
    state = genesis(place)["app_state"]["bank"]
    assert state["params"]["default_send_enabled"] is False
    (coins,) = [entry["coins"] for entry in state["balances"] if entry["address"] == FRIEND]
    assert coins == [{"denom": "uakt", "amount": "5"}, {"denom": "uusdc", "amount": "7"}]


@pytest.mark.parametrize(
    "grant", ["", "x", f"{FRIEND}", f"{FRIEND}=much", "cosmos19rl4cm2hmr8afy4kldpxz3fka4jguq0auqdal4=5uakt"]
)
def test_bad_grants_are_named(tmp_path: Path, grant: str) -> None:
    if grant == FRIEND:
        assert genesis(prepared(tmp_path, funds=(grant,)))
        return
    with pytest.raises(click.BadParameter, match="expected ADDRESS=1000uakt"):
        prepared(tmp_path, funds=(grant,))
    assert genesis(prepared(tmp_path)), "the next start makes it after all"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[1]", "is no JSON object"),
        ('{"app_state": null}', "leaves no genesis that coins can be put into"),
        ('{"app_state": {"bank": 5}}', "leaves no genesis that coins can be put into"),
    ],
)
def test_an_override_that_can_not_be_one(tmp_path: Path, text: str, said: str) -> None:
    override = tmp_path / "patch.json"
    override.write_text(text)
    with pytest.raises(click.BadParameter, match=said):
        prepared(tmp_path / "home", override=override)


def test_an_override_that_is_no_json(tmp_path: Path) -> None:
    override = tmp_path / "patch.json"
    override.write_text("{")
    with pytest.raises(click.BadParameter, match=r"patch\.json is not JSON"):
        prepared(tmp_path / "home", override=override)


def test_the_announcement_and_what_is_kept_of_it(tmp_path: Path) -> None:
    place = prepared(tmp_path)
    document = place.announcement(with_provider=True)
    assert document["gateway"] == "https://localhost:26653" and document["rest"] == "http://127.0.0.1:26652"
    assert place.announcement(with_provider=False)["gateway"] is None
    place.publish(document)
    stored = json.loads((tmp_path / "local.json").read_bytes())
    assert "accounts" not in stored and "mnemonic" not in json.dumps(stored)
    assert local.known_port_base(tmp_path) == 26650
    assert [path.name for path in tmp_path.glob(".local.json*")] == []


def test_a_home_without_ports(tmp_path: Path) -> None:
    assert local.known_port_base(tmp_path) is None
    (tmp_path / "local.json").write_text("{")
    assert local.known_port_base(tmp_path) is None
