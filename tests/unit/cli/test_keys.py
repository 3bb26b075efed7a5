"""`supercloud keys`: sealed unless told otherwise, secrets in on stdin and out only when asked for."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from supercloud.cli.main import root
from supercloud.sdk.keyring import seal

WORDS = "abandon " * 11 + "about"
ADDRESS = "akash19rl4cm2hmr8afy4kldpxz3fka4jguq0a3mq6x0"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seal, "SCRYPT_N", 2**8)


class Shell:
    """Somebody's home."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def run(self, *words: str, stdin: str = "", **environment: str | None) -> Any:
        names = ("KEYRING", "PASSPHRASE", "MNEMONIC", "ARMOR_PASSPHRASE")
        bare: dict[str, str | None] = dict.fromkeys(f"SUPERCLOUD_{name}" for name in names)
        done = CliRunner().invoke(
            root,
            ["keys", *words],
            input=stdin,
            env={**bare, "SUPERCLOUD_HOME": str(self.home), **environment},
            prog_name="supercloud",
        )
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path / "home")


def test_a_new_key_shows_its_words_once_and_apart(shell: Shell) -> None:
    done = shell.run("add", "alice", stdin="secret\n")
    assert done.exit_code == 0
    first, words = done.stdout.splitlines()
    assert first.startswith("alice  akash1") and len(words.split()) == 24
    assert "Write these words down" in done.stderr and words not in done.stderr
    again = shell.run("show", "alice")
    assert again.stdout.strip() == first and words not in again.stdout


def test_the_same_for_programs(shell: Shell) -> None:
    made = json.loads(shell.run("add", "alice", "--json", SUPERCLOUD_PASSPHRASE="secret").stdout)
    assert set(made) == {"name", "address", "mnemonic"}
    assert json.loads(shell.run("show", "alice", "--json").stdout) == {
        "name": "alice",
        "address": made["address"],
    }
    assert json.loads(shell.run("list", "--json").stdout) == [{"name": "alice", "address": made["address"]}]
    assert shell.run("show", "alice", "-a").stdout == made["address"] + "\n"


def test_sealed_at_rest_and_private(shell: Shell) -> None:
    words = json.loads(shell.run("add", "alice", "--json", stdin="secret\n").stdout)["mnemonic"]
    (path,) = (shell.home / "keyring").iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert words not in path.read_text() and "sealed" in json.loads(path.read_text())


@pytest.mark.parametrize("command", [("restore", "alice"), ("add", "alice", "--recover")])
def test_words_come_on_stdin(shell: Shell, command: tuple[str, ...]) -> None:
    done = shell.run(*command, stdin=f"{WORDS}\nsecret\n")
    assert done.exit_code == 0 and done.stdout == f"alice  {ADDRESS}\n"
    assert "abandon" not in done.stdout + done.stderr


def test_words_in_the_environment_and_another_path(shell: Shell) -> None:
    environment = {"SUPERCLOUD_MNEMONIC": WORDS, "SUPERCLOUD_PASSPHRASE": "secret"}
    one = shell.run("restore", "one", "--account", "1", "--index", "2", **environment)
    assert one.exit_code == 0 and ADDRESS not in one.stdout
    assert shell.run("restore", "bad", "--index", "-1", **environment).exit_code == 1


def test_prefixes(shell: Shell) -> None:
    shell.run("restore", "alice", stdin=f"{WORDS}\nsecret\n")
    shown = shell.run("--prefix", "cosmos", "show", "alice", "-a").stdout
    assert shown == "cosmos19rl4cm2hmr8afy4kldpxz3fka4jguq0auqdal4\n"


def test_export_and_import(shell: Shell) -> None:
    shell.run("restore", "alice", stdin=f"{WORDS}\nsecret\n")
    armor = shell.run("export", "alice", stdin="secret\nother\n").stdout
    assert armor.startswith("-----BEGIN TENDERMINT PRIVATE KEY-----\n")
    file = shell.home / "alice.asc"
    file.write_text(armor)
    done = shell.run("import", "bob", str(file), stdin="other\nsecret\n")
    assert done.exit_code == 0 and done.stdout == f"bob  {ADDRESS}\n"
    wrong = shell.run("import", "carol", str(file), stdin="wrong\nsecret\n")
    assert wrong.exit_code == 1 and "wrong passphrase" in wrong.stderr
    environment = {"SUPERCLOUD_ARMOR_PASSPHRASE": "other", "SUPERCLOUD_PASSPHRASE": "secret"}
    assert shell.run("import", "dave", "-", stdin=armor, **environment).exit_code == 0
    assert json.loads(shell.run("export", "dave", "--json", **environment).stdout)["armor"].startswith(
        "-----BEGIN"
    )


def test_words_leave_only_when_asked_for(shell: Shell) -> None:
    shell.run("restore", "alice", stdin=f"{WORDS}\nsecret\n")
    assert shell.run("export", "alice", "--mnemonic", stdin="secret\n").stdout == WORDS + "\n"
    assert "abandon" not in shell.run("export", "alice", stdin="secret\nother\n").stdout
    for words in (("list",), ("show", "alice"), ("rename", "alice", "bob")):
        done = shell.run(*words, stdin="secret\n")
        assert done.exit_code == 0 and "abandon" not in done.stdout + done.stderr


def test_a_key_without_words_says_so(shell: Shell) -> None:
    shell.run("restore", "alice", stdin=f"{WORDS}\nsecret\n")
    file = shell.home / "a"
    file.write_text(shell.run("export", "alice", stdin="secret\nother\n").stdout)
    shell.run("import", "bob", str(file), stdin="other\nsecret\n")
    done = shell.run("export", "bob", "--mnemonic", stdin="secret\n")
    assert done.exit_code == 1 and "bob was imported without words" in done.stderr


def test_delete_wants_a_yes(shell: Shell) -> None:
    shell.run("restore", "alice", stdin=f"{WORDS}\nsecret\n")
    asked = shell.run("delete", "alice", stdin="y\n")
    assert asked.exit_code == 2 and "say --yes" in asked.stderr
    assert json.loads(shell.run("list", "--json").stdout)
    assert json.loads(shell.run("delete", "alice", "--yes", "--json").stdout) == {"deleted": "alice"}
    assert json.loads(shell.run("list", "--json").stdout) == []


def test_rename(shell: Shell) -> None:
    shell.run("restore", "alice", stdin=f"{WORDS}\nsecret\n")
    done = shell.run("rename", "alice", "bob", "--json", stdin="secret\n")
    assert json.loads(done.stdout) == {"name": "bob", "address": ADDRESS}


def test_a_damaged_file_does_not_hide_the_others(shell: Shell) -> None:
    shell.run("restore", "alice", stdin=f"{WORDS}\nsecret\n")
    (shell.home / "keyring" / "broken.json").write_text("{")
    done = shell.run("list")
    assert done.exit_code == 0 and ADDRESS in done.stdout
    assert "Warning: " in done.stderr and "broken.json is damaged" in done.stderr


@pytest.mark.parametrize(
    ("words", "stdin", "code", "said"),
    [
        (["add", "alice"], "secret\n", 1, "exists already"),
        (["add", "bob"], "wrong\n", 1, "wrong passphrase"),
        (["add", "bob"], "", 1, "SUPERCLOUD_PASSPHRASE"),
        (["add", "bob"], "\n", 1, "an empty passphrase protects nothing"),
        (["add", "../bob"], "secret\n", 1, "use letters, digits"),
        (["show", "bob"], "", 1, "no key named 'bob'"),
        (["delete", "bob", "--yes"], "", 1, "no key named 'bob'"),
        (["export", "alice"], "wrong\nother\n", 1, "wrong passphrase"),
        (["export", "alice"], "secret\n\n", 1, "an empty passphrase protects nothing"),
        (["restore", "bob"], "one two\nsecret\n", 1, "mnemonic refused: it has 2 words"),
        (["restore", "bob"], "", 1, "SUPERCLOUD_MNEMONIC"),
        (["import", "bob", "/nowhere"], "", 2, "No such file"),
        (["import", "bob", "/dev/null"], "other\nsecret\n", 1, "expected a block that begins"),
        (["--keyring-backend", "vault", "list"], "", 2, "'vault' is not one of 'file', 'test', 'memory'"),
        (["--prefix", "akash", "fly"], "", 2, "No such command"),
    ],
)
def test_slips(shell: Shell, words: list[str], stdin: str, code: int, said: str) -> None:
    shell.run("restore", "alice", stdin=f"{WORDS}\nsecret\n")
    done = shell.run(*words, stdin=stdin)
    assert (done.exit_code, done.stdout) == (code, ""), done.stdout + done.stderr
    assert said in done.stderr and "secret" not in done.stderr and "Traceback" not in done.stderr


def test_plain_keys_are_a_choice(shell: Shell) -> None:
    done = shell.run("--keyring-backend", "test", "add", "alice")
    assert done.exit_code == 0
    refused = shell.run("--keyring-backend", "file", "export", "alice", stdin="x\ny\n")
    assert (
        refused.exit_code == 1 and "is not sealed; --keyring-backend test opens plain keys" in refused.stderr
    )
