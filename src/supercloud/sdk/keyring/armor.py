"""Moving a key between programs: OpenPGP-style armour (RFC 4880 section 6) around a sealed key.

The form is the Cosmos SDK's own (`TENDERMINT PRIVATE KEY`, Argon2id, ChaCha20-Poly1305, amino-encoded key), so that
its tools read what we export and we read what they export.
"""

from __future__ import annotations

import base64
import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from supercloud.sdk.keyring.seal import WrongPassphrase

BLOCK: Final = "TENDERMINT PRIVATE KEY"
AMINO_SECP256K1: Final = bytes.fromhex("e1b0f79b20")
ARGON2_MEMORY_KIB: Final = 64 * 1024
ARGON2_LANES: Final = 4
SALT_BYTES: Final = 16
# The salt is fresh for every export, so the key is used once and a constant nonce is sound.
NONCE: Final = bytes(12)
ARMOR_CHARS_MAX: Final = 16 * 1024


def export_armor(private_key: bytes, passphrase: str) -> str:
    """Armoured text of a 32-byte secp256k1 private key."""
    salt = os.urandom(SALT_BYTES)
    sealed = ChaCha20Poly1305(_derive(salt, passphrase)).encrypt(NONCE, AMINO_SECP256K1 + private_key, None)
    body = base64.b64encode(sealed).decode()
    lines = [body[at : at + 64] for at in range(0, len(body), 64)]
    checksum = base64.b64encode(_crc24(sealed).to_bytes(3, "big")).decode()
    return "\n".join(
        [
            f"-----BEGIN {BLOCK}-----",
            "kdf: argon2",
            f"salt: {salt.hex().upper()}",
            "type: secp256k1",
            "",
            *lines,
            f"={checksum}",
            f"-----END {BLOCK}-----",
            "",
        ]
    )


def import_armor(text: str, passphrase: str) -> bytes:
    """The 32-byte private key. Raises ValueError for another form, WrongPassphrase."""
    headers, sealed = _parse(text)
    if headers.get("kdf") != "argon2":
        raise ValueError(
            f"armour uses kdf {headers.get('kdf', 'none')!r}; only argon2 (Cosmos SDK 0.50 and later) is read"
        )
    if headers.get("type", "secp256k1") != "secp256k1":
        raise ValueError(f"armour holds a {headers['type']} key; only secp256k1 keys sign transactions")
    try:
        salt = bytes.fromhex(headers.get("salt", ""))
    except ValueError as error:
        raise ValueError("armour's salt is no hex") from error
    if len(salt) != SALT_BYTES:
        raise ValueError(f"armour needs a salt of {SALT_BYTES} bytes")
    try:
        plain = ChaCha20Poly1305(_derive(salt, passphrase)).decrypt(NONCE, sealed, None)
    except InvalidTag as error:
        raise WrongPassphrase("wrong passphrase, or the armour was changed") from error
    if not plain.startswith(AMINO_SECP256K1) or len(plain) != len(AMINO_SECP256K1) + 32:
        raise ValueError("armour does not hold a secp256k1 private key")
    return plain[len(AMINO_SECP256K1) :]


def _parse(text: str) -> tuple[dict[str, str], bytes]:
    if len(text) > ARMOR_CHARS_MAX:
        raise ValueError("armour is too long")
    lines = [line.strip() for line in text.strip().splitlines()]
    if len(lines) < 4 or lines[0] != f"-----BEGIN {BLOCK}-----" or lines[-1] != f"-----END {BLOCK}-----":
        raise ValueError(f"expected a block that begins with -----BEGIN {BLOCK}-----")
    headers: dict[str, str] = {}
    at = 1
    while at < len(lines) and ":" in lines[at]:
        name, _, value = lines[at].partition(":")
        headers[name.strip()] = value.strip()
        at += 1
    body = [line for line in lines[at:-1] if line and not line.startswith("=")]
    try:
        sealed = base64.b64decode("".join(body), validate=True)
        sums = [base64.b64decode(line[1:], validate=True) for line in lines[at:-1] if line.startswith("=")]
    except ValueError as error:
        raise ValueError("armour is damaged: it is not base64") from error
    if any(int.from_bytes(given, "big") != _crc24(sealed) for given in sums):
        raise ValueError("armour is damaged: its checksum does not match")
    return headers, sealed


def _derive(salt: bytes, passphrase: str) -> bytes:
    kdf = Argon2id(salt=salt, length=32, iterations=1, lanes=ARGON2_LANES, memory_cost=ARGON2_MEMORY_KIB)
    return kdf.derive(passphrase.encode())


def _crc24(data: bytes) -> int:
    """Checksum of RFC 4880 section 6.1."""
    crc = 0xB704CE
    for byte in data:
        crc ^= byte << 16
        for _ in range(8):
            crc <<= 1
            if crc & 0x1000000:
                crc ^= 0x1864CFB
    return crc & 0xFFFFFF
