"""Named keys: made once, sealed at rest, refused when changed, safe with several programs at once."""

from __future__ import annotations

import concurrent.futures
import os
import shutil
import stat
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson
import pytest

from supercloud.crypto.secp256k1 import PrivateKey
from supercloud.sdk.keyring import Backend, Keyring, KeyringError, seal
from supercloud.types.address import encode

WORDS = "abandon " * 11 + "about"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Less work for a passphrase; the real amount is measured in test_seal."""
    monkeypatch.setattr(seal, "SCRYPT_N", 2**8)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "keyring"


def sealed(folder: Path, passphrase: str = "pass") -> Keyring:
    return Keyring(folder, Backend.FILE, lambda: passphrase)


def plain(folder: Path) -> Keyring:
    return Keyring(folder, Backend.TEST)


def document(folder: Path, name: str = "alice") -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads((folder / f"{name}.json").read_bytes())
    return found


def write(folder: Path, file: str, **changes: Any) -> None:
    path = folder / f"{file}.json"
    path.write_bytes(orjson.dumps({**orjson.loads(path.read_bytes()), **changes}))


@pytest.mark.parametrize("backend", list(Backend))
def test_every_backend_keeps_keys(folder: Path, backend: Backend) -> None:
    keyring = Keyring(folder, backend, lambda: "pass")
    made = keyring.create("alice")
    assert made.mnemonic is not None and len(made.mnemonic.split()) == 24
    restored = keyring.restore("bob", WORDS)
    assert encode("cosmos", restored.address) == "cosmos19rl4cm2hmr8afy4kldpxz3fka4jguq0auqdal4"
    bare = keyring.add_private("carol-2.x_y", PrivateKey(b"\1" * 32))
    assert keyring.names() == ["alice", "bob", "carol-2.x_y"]
    for key in (made, restored, bare):
        found = keyring.key(key.name)
        assert (found.private.secret, found.mnemonic) == (key.private.secret, key.mnemonic)
        assert keyring.address(key.name) == key.address
    keyring.delete("bob")
    assert keyring.names() == ["alice", "carol-2.x_y"] and not keyring.has("bob")
    assert keyring.rename("alice", "erin").private.secret == made.private.secret
    assert keyring.names() == ["carol-2.x_y", "erin"]
    assert keyring.key("erin").mnemonic == made.mnemonic


def test_account_and_index_choose_another_key(folder: Path) -> None:
    keyring = plain(folder)
    made = {keyring.restore(f"k{a}{i}", WORDS, a, i).address for a in (0, 1) for i in (0, 1)}
    assert len(made) == 4


def test_only_the_owner_may_look(folder: Path) -> None:
    before = os.umask(0)
    try:
        sealed(folder).create("alice")
        plain(folder).create("bob")
    finally:
        os.umask(before)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert sorted(path.name for path in folder.iterdir()) == ["alice.json", "bob.json"]


def test_sealed_at_rest(folder: Path) -> None:
    key = sealed(folder).create("alice")
    assert key.mnemonic is not None
    data = (folder / "alice.json").read_bytes()
    assert key.private.secret.hex().encode() not in data and b"plain" not in data
    # A word alone may be a name in the file: salt, key, ...
    words = key.mnemonic.split()
    assert not any(f"{one} {next_}".encode() in data for one, next_ in pairwise(words))


def test_a_new_process_with_the_passphrase_opens_it(folder: Path) -> None:
    made = sealed(folder).create("alice")
    assert sealed(folder).key("alice").private.secret == made.private.secret


def test_wrong_passphrase_is_refused_and_may_be_corrected(folder: Path) -> None:
    sealed(folder).create("alice")
    answers = iter(["wrong", "pass"])
    keyring = Keyring(folder, Backend.FILE, lambda: next(answers))
    with pytest.raises(KeyringError, match="'alice': wrong passphrase, or the key file was changed"):
        keyring.key("alice")
    assert keyring.key("alice").name == "alice"


def test_one_keyring_has_one_passphrase(folder: Path) -> None:
    """A slip of the finger must not seal the next key under words that nobody knows."""
    sealed(folder).create("alice")
    with pytest.raises(KeyringError, match="wrong passphrase"):
        sealed(folder, "pasd").create("bob")
    assert sealed(folder).names() == ["alice"]


def test_the_first_passphrase_is_asked_for_differently(folder: Path) -> None:
    asked: list[str] = []

    def ask(what: str) -> Any:
        return lambda: asked.append(what) or "pass"

    keyring = Keyring(folder, Backend.FILE, ask("known"), ask("new"))
    keyring.create("alice")
    keyring.create("bob")
    Keyring(folder, Backend.FILE, ask("known"), ask("new")).create("carol")
    assert asked == ["new", "known"], "once in each process, and as a new one only the first time"


@pytest.mark.parametrize("passphrase", [None, lambda: ""])
def test_no_passphrase_no_key(folder: Path, passphrase: Any) -> None:
    with pytest.raises(KeyringError, match="passphrase"):
        Keyring(folder, Backend.FILE, passphrase).create("alice")
    assert not folder.exists()


@pytest.mark.parametrize(
    "change", [{"address": "00" * 20}, {"name": "bob"}, {"public_key": "02" * 33}, {"more": 1}]
)
def test_a_sealed_file_that_was_changed_is_refused(folder: Path, change: dict[str, Any]) -> None:
    sealed(folder).create("alice")
    write(folder, "alice", **change)
    with pytest.raises(KeyringError):
        sealed(folder).key("alice")


@pytest.mark.parametrize("keyring", [sealed, plain])
def test_a_file_under_another_name_is_refused(folder: Path, keyring: Any) -> None:
    keyring(folder).create("alice")
    shutil.copy(folder / "alice.json", folder / "bob.json")
    with pytest.raises(KeyringError, match="was changed"):
        keyring(folder).key("bob")


def test_a_plain_file_in_place_of_a_sealed_one_is_refused(folder: Path) -> None:
    """Who can write there could otherwise make us sign with a key of theirs."""
    sealed(folder).create("alice")
    other = folder.parent / "other"
    plain(other).create("alice")
    shutil.copy(other / "alice.json", folder / "alice.json")
    with pytest.raises(KeyringError, match="not sealed"):
        sealed(folder).key("alice")


def test_a_plain_file_whose_address_was_changed_is_refused(folder: Path) -> None:
    plain(folder).create("alice")
    write(folder, "alice", address="00" * 20)
    with pytest.raises(KeyringError, match="was changed"):
        plain(folder).key("alice")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"{}",
        b'{"name":"alice"}',
        b'{"name":"alice","address":"00"}',
        b'{"name":"alice","address":"zz"}',
        b"x" * 70_000,
    ],
)
def test_damaged_files_are_named_and_may_be_deleted(folder: Path, data: bytes) -> None:
    keyring = plain(folder)
    keyring.create("alice")
    (folder / "alice.json").write_bytes(data)
    for ask in (keyring.key, keyring.address):
        with pytest.raises(KeyringError, match=r"alice\.json"):
            ask("alice")
    keyring.create("bob")
    keyring.delete("alice")
    assert keyring.names() == ["bob"]


@pytest.mark.parametrize(
    "secret", ["", "{}", "[]", "5", '{"private_key":"zz"}', '{"private_key":"00"}', '{"private_key":5}']
)
def test_files_without_a_private_key(folder: Path, secret: str) -> None:
    plain(folder).create("alice")
    write(folder, "alice", plain=secret)
    with pytest.raises(KeyringError, match="no private key"):
        plain(folder).key("alice")


@pytest.mark.parametrize("name", ["", "../alice", "a/b", ".hidden", "-x", "a b", "x" * 65, "a\n", "ключ"])
def test_names_that_could_lead_elsewhere(folder: Path, name: str) -> None:
    keyring = plain(folder)
    with pytest.raises(KeyringError):
        keyring.create(name)
    for act in (keyring.key, keyring.address, keyring.delete):
        with pytest.raises(KeyringError, match="no key named"):
            act(name)
    assert not folder.exists() and not list(folder.parent.iterdir())


def test_unknown_names_list_the_known_ones(folder: Path) -> None:
    keyring = plain(folder)
    keyring.create("alice")
    with pytest.raises(KeyringError, match=r"no key named 'bob' .*keys there: alice"):
        keyring.key("bob")


def test_a_key_is_never_replaced(folder: Path) -> None:
    keyring = plain(folder)
    made = keyring.create("alice")
    keyring.create("bob")
    for act in (lambda: keyring.create("alice"), lambda: keyring.rename("bob", "alice")):
        with pytest.raises(KeyringError, match="exists already"):
            act()
    assert keyring.key("alice").private.secret == made.private.secret
    assert keyring.names() == ["alice", "bob"]


def test_bad_words_are_refused_without_repeating_them(folder: Path) -> None:
    with pytest.raises(KeyringError, match="checksum") as refused:
        plain(folder).restore("alice", "zoo " * 12)
    assert "zoo" not in str(refused.value)


def test_nothing_shows_a_secret(folder: Path) -> None:
    key = plain(folder).create("alice")
    assert repr(key) == "Key('alice')" and str(key) == "Key('alice')"


def test_threads_that_make_one_name_get_one_key(folder: Path) -> None:
    def make(number: int) -> str | None:
        try:
            return plain(folder).create("alice").address.hex()
        except KeyringError:
            return None

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        made = [address for address in pool.map(make, range(16)) if address]
    assert made == [plain(folder).key("alice").address.hex()]
    assert [path.name for path in folder.iterdir()] == ["alice.json"]


def test_processes_that_make_one_name_get_one_key(folder: Path) -> None:
    code = (
        "import sys, pathlib\n"
        "from supercloud.sdk.keyring import Backend, Keyring, KeyringError\n"
        "try: print(Keyring(pathlib.Path(sys.argv[1]), Backend.TEST).create('alice').address.hex())\n"
        "except KeyringError as error: assert 'exists already' in str(error)\n"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", code, str(folder)], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = [process.communicate()[0].strip() for process in running]
    assert all(process.returncode == 0 for process in running)
    assert [address for address in said if address] == [plain(folder).key("alice").address.hex()]


def test_a_crash_while_writing_leaves_no_key(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> None:
        raise OSError("power loss")

    monkeypatch.setattr(os, "fsync", crash)
    with pytest.raises(OSError, match="power loss"):
        plain(folder).create("alice")
    assert list(folder.iterdir()) == []
