"""Which network, which keys, which secrets: options before environment before what the home says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import orjson
import pytest
from click.testing import CliRunner

from supercloud.cli import session
from supercloud.cli.session import Settings
from supercloud.sdk.client import Client
from supercloud.sdk.errors import QueryError
from supercloud.sdk.keyring import Backend, Keyring
from supercloud.types.address import Bech32


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NODE", "FROM", "KEYRING", "PASSPHRASE", "HOME"):
        monkeypatch.delenv(f"SUPERCLOUD_{name}", raising=False)


def settings(home: Path, **changes: Any) -> Settings:
    return Settings(home, None, None, None, "0uakt")._replace(**changes)


def test_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert session.default_home() == Path.home() / ".supercloud"
    monkeypatch.setenv("SUPERCLOUD_HOME", str(tmp_path))
    assert session.default_home() == tmp_path


def test_node(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert settings(tmp_path).rpc == session.DEFAULT_NODE
    (tmp_path / "local.json").write_bytes(orjson.dumps({"rpc": "http://local"}))
    assert settings(tmp_path).rpc == "http://local"
    monkeypatch.setenv("SUPERCLOUD_NODE", "http://environment")
    assert settings(tmp_path).rpc == "http://environment"
    assert settings(tmp_path, node="http://option").rpc == "http://option"


def test_backend(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert settings(tmp_path).keyring().backend is Backend.FILE, (
        "what holds value is sealed unless told otherwise"
    )
    (tmp_path / "local.json").write_bytes(b'{"rpc":"http://local"}')
    assert settings(tmp_path).keyring().backend is Backend.TEST
    monkeypatch.setenv("SUPERCLOUD_KEYRING", "memory")
    assert settings(tmp_path).keyring().backend is Backend.MEMORY
    assert settings(tmp_path, backend="file").keyring().backend is Backend.FILE
    monkeypatch.setenv("SUPERCLOUD_KEYRING", "vault")
    with pytest.raises(
        click.ClickException, match=r"no keyring backend 'vault' \(SUPERCLOUD_KEYRING\): choose file"
    ):
        settings(tmp_path).keyring()


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"5", b"null"])
def test_a_damaged_local_file_is_none(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "local.json").write_bytes(data)
    assert settings(tmp_path).local() == {} and settings(tmp_path).rpc == session.DEFAULT_NODE


def test_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SUPERCLOUD_KEYRING", "test")
    keyring = Keyring(tmp_path / "keyring", Backend.TEST)
    with pytest.raises(click.ClickException, match="has none; name one with --from, or make one"):
        settings(tmp_path).key_name()
    keyring.create("alice")
    assert settings(tmp_path).signing_key().name == "alice", "the only one"
    keyring.create("bob")
    with pytest.raises(click.ClickException, match="has alice, bob"):
        settings(tmp_path).key_name()
    keyring.create("tenant")
    assert settings(tmp_path).key_name() == "tenant"
    monkeypatch.setenv("SUPERCLOUD_FROM", "bob")
    assert settings(tmp_path).key_name() == "bob"
    assert settings(tmp_path, key="alice").signing_key().address == keyring.address("alice")


def test_accounts_by_name_and_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUPERCLOUD_KEYRING", "test")
    client = Client(None, "c", Bech32("akash"))  # type: ignore[arg-type]
    key = Keyring(tmp_path / "keyring", Backend.TEST).create("alice")
    text = client.bech32.text(key.address)
    for name in ("alice", text):
        assert session.address_of(settings(tmp_path), client, name) == key.address
    with pytest.raises(
        click.ClickException, match=r"'bob' is neither a key of yours \(there: alice\) nor an address"
    ):
        session.address_of(settings(tmp_path), client, "bob")


def asked(function: Any, stdin: str) -> Any:
    @click.command()
    def ask() -> None:
        click.echo(f"got {function()!r} {function()!r}")

    return CliRunner().invoke(ask, input=stdin)


def test_secrets_come_from_the_environment_or_line_by_line(monkeypatch: pytest.MonkeyPatch) -> None:
    assert asked(session.ask_passphrase, "one \r\ntwo\n").stdout == "got 'one ' 'two'\n"
    assert asked(session.ask_new_passphrase, "one\ntwo\n").stdout == "got 'one' 'two'\n"
    monkeypatch.setenv("SUPERCLOUD_PASSPHRASE", "three")
    assert asked(session.ask_passphrase, "").stdout == "got 'three' 'three'\n"


def test_no_secret_no_guess() -> None:
    done = asked(session.ask_passphrase, "one\n")
    assert done.exit_code == 1 and "give it in SUPERCLOUD_PASSPHRASE or as a line on stdin" in done.stderr


def test_options_become_settings(tmp_path: Path) -> None:
    @click.command()
    @click.argument("word")
    @session.network_options
    def probe(settings: Settings, word: str) -> None:
        """Help stays."""
        click.echo(
            repr(
                (
                    settings.home == tmp_path,
                    settings.node,
                    settings.key,
                    settings.backend,
                    settings.gas_price,
                    word,
                )
            )
        )

    words = [
        "w",
        "--home",
        str(tmp_path),
        "--node",
        "n",
        "--from",
        "k",
        "--keyring-backend",
        "file",
        "--gas-price",
        "1uakt",
    ]
    assert CliRunner().invoke(probe, words).stdout == "(True, 'n', 'k', 'file', '1uakt', 'w')\n"
    assert "Help stays." in CliRunner().invoke(probe, ["--help"]).stdout
    assert "'', 'w'" in CliRunner().invoke(probe, ["w", "--home", str(tmp_path)]).stdout
    (tmp_path / "local.json").write_bytes(b'{"gas_price":"2ufoo"}')
    assert "'2ufoo'" in CliRunner().invoke(probe, ["w", "--home", str(tmp_path)]).stdout


@pytest.mark.parametrize(
    ("told", "price"),
    [("0.1ufoo,3ubar", "0.0025ufoo"), ("", "0.0025uakt"), ("999999ufoo", "0.0025ufoo"), (None, "0.0025uakt")],
)
async def test_a_node_names_the_coin_of_fees_and_not_the_price(told: str | None, price: str) -> None:
    class Asked(Client):
        async def query(self, path: str, request: Any, answer: Any, *more: Any, **named: Any) -> Any:
            if told is None:
                raise QueryError(path, 6, "sdk", "unknown query path")
            return answer(minimum_gas_price=told)

    client = Asked(None, "c", Bech32("akash"))  # type: ignore[arg-type]
    assert await session.gas_price_of(client) == price


def test_a_nodes_folder_is_the_one_that_is_named_or_the_usual_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUPERCLOUD_HOME", str(tmp_path))
    assert session.node_home(None) == tmp_path / "node"
    monkeypatch.chdir(tmp_path)
    assert session.node_home(Path("elsewhere")) == tmp_path / "elsewhere"
