"""Secrets at rest: what opens them, what does not, and what a file from elsewhere may ask of us."""

from __future__ import annotations

import base64
import copy
from typing import Any

import pytest
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from supercloud.sdk.keyring import seal as sealing
from supercloud.sdk.keyring.seal import WrongPassphrase, seal, unseal

HEADER = {"name": "alice", "address": "00" * 20}
SECRET = b"the secret"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return seal(HEADER, SECRET, "correct horse")


def changed(document: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    made = copy.deepcopy(document)
    *parents, last = path.split(".")
    here = made
    for name in parents:
        here = here[name]
    if value is None:
        del here[last]
    else:
        here[last] = value
    return made


def test_scrypt_is_the_one_of_rfc_7914() -> None:
    """The second vector of section 12, through the same library and parameters' order."""
    made = Scrypt(salt=b"NaCl", length=64, n=1024, r=8, p=16).derive(b"password")
    assert made.hex().startswith("fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162")


def test_the_right_passphrase_opens(document: dict[str, Any]) -> None:
    assert unseal(document, "correct horse") == SECRET
    assert document["kdf"]["n"] * document["kdf"]["r"] * 128 == 32 * 2**20


@pytest.mark.parametrize("passphrase", ["", "correct hors", "correct horse ", "Correct horse"])
def test_others_do_not(document: dict[str, Any], passphrase: str) -> None:
    with pytest.raises(WrongPassphrase):
        unseal(document, passphrase)


def test_nothing_of_the_secret_stands_in_the_document(document: dict[str, Any]) -> None:
    for form in (SECRET.decode(), SECRET.hex(), base64.b64encode(SECRET).decode()):
        assert form not in str(document)


def test_two_seals_of_one_secret_differ(document: dict[str, Any]) -> None:
    other = seal(HEADER, SECRET, "correct horse")
    assert other["kdf"]["salt"] != document["kdf"]["salt"]
    assert other["nonce"] != document["nonce"] and other["sealed"] != document["sealed"]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("name", "mallory"),
        ("address", "11" * 20),
        ("sealed", base64.b64encode(b"x" * 40).decode()),
        ("nonce", base64.b64encode(bytes(12)).decode()),
        ("kdf.salt", base64.b64encode(bytes(16)).decode()),
        ("kdf.n", 2**14),
        ("kdf.p", 2),
        ("address", None),
        ("extra", "field"),
    ],
)
def test_a_changed_file_does_not_open(document: dict[str, Any], path: str, value: Any) -> None:
    with pytest.raises(WrongPassphrase):
        unseal(changed(document, path, value), "correct horse")


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("kdf.n", 2**40, "unreasonable work"),
        ("kdf.n", 2**22, "unreasonable work"),
        ("kdf.r", 2**20, "unreasonable work"),
        ("kdf.p", 1000, "unreasonable work"),
        ("kdf.n", 1, "out of form"),
        ("kdf.n", -8, "out of form"),
        ("kdf.n", "32768", "out of form"),
        ("kdf.n", True, "out of form"),
        ("kdf.n", 1000, "power of 2"),
        ("kdf", [], "out of form"),
        ("kdf", "scrypt", "out of form"),
        ("kdf.salt", 5, "out of form"),
        ("nonce", "!", "base64|[Pp]adding"),
        ("nonce", "AAAA", "[Nn]once"),
        ("sealed", 5, "out of form"),
        ("sealed", None, "lacks 'sealed'"),
        ("kdf.salt", None, "lacks 'salt'"),
        ("version", 2, "unknown version"),
        ("kdf.name", "argon2", "unknown version"),
        ("cipher", "rot13", "unknown version"),
    ],
)
def test_files_of_another_form(document: dict[str, Any], path: str, value: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        unseal(changed(document, path, value), "correct horse")


def test_unreasonable_work_is_refused_before_any_is_done(
    document: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def derive(*_: object) -> bytes:
        raise AssertionError("worked")

    monkeypatch.setattr(sealing, "_derive", derive)
    with pytest.raises(ValueError, match="unreasonable"):
        unseal(changed(document, "kdf.n", 2**30), "correct horse")
