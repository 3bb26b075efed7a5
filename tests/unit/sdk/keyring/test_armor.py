"""Keys between programs: the armour's form, RFC 4880's checksum, what is refused."""

from __future__ import annotations

import base64

import pytest

from supercloud.sdk.keyring import armor
from supercloud.sdk.keyring.armor import export_armor, import_armor
from supercloud.sdk.keyring.seal import WrongPassphrase

SECRET = bytes(range(32))


@pytest.fixture(scope="module")
def text() -> str:
    return export_armor(SECRET, "pass")


def body(text: str) -> list[str]:
    lines = text.splitlines()
    return lines[lines.index("") + 1 : -2]


def test_form(text: str) -> None:
    lines = text.splitlines()
    assert lines[0] == "-----BEGIN TENDERMINT PRIVATE KEY-----"
    assert lines[1] == "kdf: argon2" and lines[3:5] == ["type: secp256k1", ""]
    assert len(bytes.fromhex(lines[2].removeprefix("salt: "))) == 16
    assert lines[-1] == "-----END TENDERMINT PRIVATE KEY-----" and text.endswith("-----\n")
    assert all(len(line) <= 64 for line in body(text))
    # Amino's five bytes, the key, the tag of the cipher.
    assert len(base64.b64decode("".join(body(text)))) == 5 + 32 + 16


def test_checksum_of_rfc_4880() -> None:
    assert armor._crc24(b"") == 0xB704CE
    # The catalogue's check value of CRC-24/OPENPGP.
    assert armor._crc24(b"123456789") == 0x21CF02


def test_there_and_back(text: str) -> None:
    assert import_armor(text, "pass") == SECRET
    assert import_armor("\n\n  " + text.replace("\n", "\r\n") + "\n", "pass") == SECRET
    without_checksum = "\n".join(line for line in text.splitlines() if not line.startswith("="))
    assert import_armor(without_checksum, "pass") == SECRET, "the checksum is optional there"


def test_no_secret_in_the_text(text: str) -> None:
    assert SECRET.hex() not in text.lower()
    assert base64.b64encode(SECRET).decode()[:20] not in text
    assert export_armor(SECRET, "pass") != text


def test_wrong_passphrase(text: str) -> None:
    with pytest.raises(WrongPassphrase):
        import_armor(text, "Pass")


def test_a_changed_salt_does_not_open(text: str) -> None:
    salt = text.splitlines()[2]
    with pytest.raises(WrongPassphrase):
        import_armor(text.replace(salt, "salt: " + "00" * 16), "pass")


def replace_line(text: str, start: str, new: str) -> str:
    return "\n".join(new if line.startswith(start) else line for line in text.splitlines())


@pytest.mark.parametrize(
    ("start", "new", "words"),
    [
        ("kdf:", "kdf: bcrypt", "kdf 'bcrypt'; only argon2"),
        ("kdf:", "other: 1", "kdf 'none'"),
        ("type:", "type: ed25519", "holds a ed25519 key"),
        ("salt:", "salt: xyz", "no hex"),
        ("salt:", "salt: 00", "salt of 16 bytes"),
        ("salt:", "other: 1", "salt of 16 bytes"),
        ("-----BEGIN", "-----BEGIN PGP MESSAGE-----", "expected a block that begins"),
        ("-----END", "", "expected a block that begins"),
        ("=", "=AAAA", "checksum does not match"),
        ("=", "=!!!", "not base64"),
    ],
)
def test_other_forms_are_named(text: str, start: str, new: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        import_armor(replace_line(text, start, new), "pass")


@pytest.mark.parametrize(
    "given", ["", "x", "\n" * 50, "-----BEGIN TENDERMINT PRIVATE KEY-----", "x" * 20_000]
)
def test_texts_that_are_none(given: str) -> None:
    with pytest.raises(ValueError):
        import_armor(given, "pass")


def test_damage_is_told_from_a_wrong_passphrase(text: str) -> None:
    line = body(text)[0]
    damaged = text.replace(line, ("A" if line[0] != "A" else "B") + line[1:])
    with pytest.raises(ValueError, match="damaged"):
        import_armor(damaged, "pass")


def test_what_is_sealed_must_be_a_key() -> None:
    short = export_armor(SECRET[:31], "pass")
    with pytest.raises(ValueError, match="does not hold a secp256k1 private key"):
        import_armor(short, "pass")
