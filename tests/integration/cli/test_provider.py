"""`supercloud provider`."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from supercloud.provider import config
from supercloud.sdk.keyring import Backend, Keyring, KeyringError
from supercloud.types.address import Bech32

from .town import Town

pytestmark = [pytest.mark.node, pytest.mark.xdist_group("town")]


def test_init_makes_settings_and_a_sealed_key(town: Town, tmp_path: Path) -> None:
    home = tmp_path / "p"
    words = ("provider", "init", "--home", home, "--host", "p.example", "--node", town.node.rpc_url)
    done = town.run(*words, stdin="secret\n")
    assert done.code == 0, done.err
    settings = config.load(home / "provider.toml")
    assert (settings.host, settings.node, settings.bech32_prefix) == ("p.example", town.node.rpc_url, "akash")
    key = Keyring(home / "keyring", Backend.FILE, lambda: "secret").key("provider")
    assert Bech32("akash").text(key.address) in done.out
    words_shown = done.err.strip().splitlines()[-1]
    assert words_shown == key.mnemonic and key.mnemonic not in done.out, "words never go where output is kept"
    with pytest.raises(KeyringError):
        Keyring(home / "keyring", Backend.FILE, lambda: "wrong").key("provider")
    for path in (home / "keyring").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again = town.run(*words, stdin="secret\n")
    assert again.code == 1 and "exists already" in again.err


@pytest.mark.parametrize(
    ("host", "listen"),
    [
        ("localhost", "127.0.0.1"),
        ("p.localhost", "127.0.0.1"),
        ("127.0.0.1", "127.0.0.1"),
        ("p.example", "0.0.0.0"),
    ],
)
def test_who_is_to_be_reached_from_elsewhere_listens_there(
    town: Town, tmp_path: Path, host: str, listen: str
) -> None:
    words = ("provider", "init", "--home", tmp_path, "--host", host, "--node", town.node.rpc_url)
    done = town.run(*words, SUPERCLOUD_PASSPHRASE="secret")
    settings = config.load(tmp_path / "provider.toml")
    assert {settings.gateway_listen, settings.ingress_listen, settings.ports_listen} == {listen}
    assert ("8443, 8444, 8080 and 30000 to 32767 open" in done.out) == (listen == "0.0.0.0")


def test_init_for_programs(town: Town, tmp_path: Path) -> None:
    words = ("provider", "init", "--home", tmp_path, "--host", "p.example", "--node", town.node.rpc_url)
    made = town.run(*words, "--json", SUPERCLOUD_PASSPHRASE="secret").document
    key = Keyring(tmp_path / "keyring", Backend.FILE, lambda: "secret").key("provider")
    assert made["address"] == Bech32("akash").text(key.address) and made["mnemonic"] == key.mnemonic
    assert made["config"] == str(tmp_path / "provider.toml") and Path(made["config"]).exists()


def test_init_without_a_passphrase_makes_nothing(town: Town, tmp_path: Path) -> None:
    home = tmp_path / "p"
    done = town.run("provider", "init", "--home", home, "--host", "p.example", "--node", town.node.rpc_url)
    assert done.code == 1 and "SUPERCLOUD_PASSPHRASE" in done.err
    assert not (home / "provider.toml").exists()


def test_status(town: Town, tmp_path: Path) -> None:
    (tmp_path / "provider.toml").write_text(config.dump(town.settings))
    found = town.run("provider", "status", "--home", tmp_path, "--json").document
    assert found["address"] == town.addresses["provider"]
    (tmp_path / "provider.toml").write_text(
        config.dump(config.Config(**{**vars(town.settings), "gateway_listen": "0.0.0.0"}))
    )
    assert town.run("provider", "status", "--home", tmp_path, "--json").document == found
    shown = town.run("provider", "status", "--home", tmp_path)
    for part in ("lease(s)", "order(s) in work", "memory", "cpu", "free"):
        assert part in shown.out


@pytest.mark.parametrize("word", ["start", "status"])
def test_without_settings_it_says_how_to_make_them(town: Town, tmp_path: Path, word: str) -> None:
    done = town.run("provider", word, "--home", tmp_path)
    assert done.code == 1 and "`supercloud provider init" in done.err and "Traceback" not in done.err


def test_settings_that_are_wrong_are_named(town: Town, tmp_path: Path) -> None:
    (tmp_path / "provider.toml").write_text("gateway_port = 'x'\n")
    done = town.run("provider", "status", "--home", tmp_path)
    assert done.code == 1 and "gateway_port" in done.err and "Traceback" not in done.err


def test_start_needs_the_passphrase(town: Town, tmp_path: Path) -> None:
    Keyring(tmp_path / "keyring", Backend.FILE, lambda: "right").create("provider")
    (tmp_path / "provider.toml").write_text(config.dump(config.Config(keyring_backend="file")))
    done = town.run("provider", "start", "--home", tmp_path, stdin="wrong\n")
    assert done.code == 1 and "wrong passphrase" in done.err and "wrong\n" not in done.out


def test_the_provider_is_not_there(town: Town, tmp_path: Path) -> None:
    settings = config.Config(gateway_port=1)
    (tmp_path / "provider.toml").write_text(config.dump(settings))
    done = town.run("provider", "status", "--home", tmp_path)
    assert done.code == 1 and "Traceback" not in done.err and ("answer" in done.err or "running" in done.err)
