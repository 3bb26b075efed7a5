"""Sealing a secret under a passphrase: scrypt (RFC 7914) makes the key, ChaCha20-Poly1305 (RFC 8439) seals.

The header (name, address, parameters) is authenticated with the secret: a file whose header was changed does not open.
"""

from __future__ import annotations

import base64
import os
from typing import Any, Final

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

# 32 MiB and about 0.1 s a try: the interactive parameters of RFC 7914 with the memory doubled.
SCRYPT_N: Final = 2**15
SCRYPT_R: Final = 8
SCRYPT_P: Final = 1
# A file from elsewhere may not make us allocate gigabytes or compute for minutes.
SCRYPT_BYTES_MAX: Final = 256 * 2**20
SCRYPT_P_MAX: Final = 4
SALT_BYTES: Final = 16
NONCE_BYTES: Final = 12
KEY_BYTES: Final = 32


class WrongPassphrase(Exception):
    """The passphrase is wrong, or the file was changed."""


def seal(header: dict[str, str], secret: bytes, passphrase: str) -> dict[str, Any]:
    """Return the JSON document that `unseal` opens with the same passphrase."""
    salt, nonce = os.urandom(SALT_BYTES), os.urandom(NONCE_BYTES)
    kdf = {"name": "scrypt", "n": SCRYPT_N, "r": SCRYPT_R, "p": SCRYPT_P, "salt": _text(salt)}
    document: dict[str, Any] = {
        "version": 1,
        **header,
        "kdf": kdf,
        "cipher": "chacha20-poly1305",
        "nonce": _text(nonce),
    }
    sealed = ChaCha20Poly1305(_derive(kdf, passphrase)).encrypt(nonce, secret, _associated(document))
    return {**document, "sealed": _text(sealed)}


def unseal(document: dict[str, Any], passphrase: str) -> bytes:
    """Return the secret. Raises WrongPassphrase, and ValueError for a document of another form."""
    try:
        kdf, nonce, sealed = document["kdf"], _bytes(document["nonce"]), _bytes(document["sealed"])
        if document["version"] != 1 or kdf["name"] != "scrypt" or document["cipher"] != "chacha20-poly1305":
            raise ValueError("key file of an unknown version")
        _check_work(kdf)
        key = _derive(kdf, passphrase)
    except KeyError as error:
        raise ValueError(f"key file lacks {error}") from error
    except (TypeError, AttributeError) as error:
        raise ValueError(f"key file is out of form: {error}") from error
    header = {name: value for name, value in document.items() if name != "sealed"}
    try:
        return ChaCha20Poly1305(key).decrypt(nonce, sealed, _associated(header))
    except InvalidTag as error:
        raise WrongPassphrase("wrong passphrase, or the key file was changed") from error


def _check_work(kdf: dict[str, Any]) -> None:
    n, r, p = kdf["n"], kdf["r"], kdf["p"]
    if any(type(number) is not int or number < 1 for number in (n, r, p)) or n < 2:
        raise ValueError("key file is out of form: scrypt takes whole numbers")
    if 128 * n * r > SCRYPT_BYTES_MAX or p > SCRYPT_P_MAX:
        raise ValueError("key file asks for unreasonable work")


def _derive(kdf: dict[str, Any], passphrase: str) -> bytes:
    scrypt = Scrypt(salt=_bytes(kdf["salt"]), length=KEY_BYTES, n=kdf["n"], r=kdf["r"], p=kdf["p"])
    return scrypt.derive(passphrase.encode())


def _associated(document: dict[str, Any]) -> bytes:
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
