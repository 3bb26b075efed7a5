"""Account keys: ECDSA on secp256k1 (SEC 1, RFC 6979), 64-byte r||s signatures with low s, over SHA-256.

The library's own verify speaks DER; the network's signatures are compact, so libsecp256k1 is called directly.
"""

from __future__ import annotations

import hashlib
from typing import Any, Final

import coincurve
from coincurve._libsecp256k1 import ffi, lib
from coincurve.context import GLOBAL_CONTEXT

PUBLIC_KEY_BYTES: Final = 33
SIGNATURE_BYTES: Final = 64
PARSED_KEYS_MAX: Final = 1 << 16
_CONTEXT: Final = GLOBAL_CONTEXT.ctx
_parsed: dict[bytes, Any] = {}


def _parse(data: bytes) -> Any:
    found = _parsed.get(data)
    if found is None:
        found = ffi.new("secp256k1_pubkey *")
        if len(data) != PUBLIC_KEY_BYTES or not lib.secp256k1_ec_pubkey_parse(
            _CONTEXT, found, data, len(data)
        ):
            raise ValueError("not a compressed secp256k1 public key")
        if len(_parsed) >= PARSED_KEYS_MAX:
            _parsed.clear()
        _parsed[data] = found
    return found


def verify(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` is one of `message` by `public_key` (33 bytes); high-s signatures are not."""
    if len(signature) != SIGNATURE_BYTES:
        return False
    try:
        key = _parse(public_key)
    except ValueError:
        return False
    parsed = ffi.new("secp256k1_ecdsa_signature *")
    if not lib.secp256k1_ecdsa_signature_parse_compact(_CONTEXT, parsed, signature):
        return False
    return bool(lib.secp256k1_ecdsa_verify(_CONTEXT, parsed, hashlib.sha256(message).digest(), key))


def address(public_key: bytes) -> bytes:
    """Account address of a compressed public key: RIPEMD-160 of its SHA-256."""
    return hashlib.new("ripemd160", hashlib.sha256(public_key).digest(), usedforsecurity=False).digest()


class PublicKey:
    """A compressed public key. Raises ValueError when the bytes are no point."""

    __slots__ = ("data",)

    def __init__(self, data: bytes) -> None:
        _parse(data)
        self.data = data

    def __bytes__(self) -> bytes:
        return self.data

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PublicKey) and other.data == self.data

    def __hash__(self) -> int:
        return int.from_bytes(self.data[1:9], "big")

    @property
    def address(self) -> bytes:
        """20 bytes."""
        return address(self.data)

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Whether `signature` (64 bytes) signs `message`."""
        return verify(self.data, message, signature)


class PrivateKey:
    """A secret key; `sign` is deterministic. Its text form never shows the secret."""

    __slots__ = ("_key", "public_key")

    def __init__(self, secret: bytes) -> None:
        if len(secret) != 32:
            raise ValueError("a secp256k1 private key has 32 bytes")
        self._key = coincurve.PrivateKey(secret)
        self.public_key = PublicKey(self._key.public_key.format(compressed=True))

    @classmethod
    def generate(cls) -> PrivateKey:
        """A new random key."""
        return cls(coincurve.PrivateKey().secret)

    @property
    def secret(self) -> bytes:
        """The 32 secret bytes."""
        return bytes(self._key.secret)

    @property
    def address(self) -> bytes:
        """Address of the account it signs for."""
        return self.public_key.address

    def sign(self, message: bytes) -> bytes:
        """64-byte r||s over SHA-256 of `message`, low s."""
        return bytes(self._key.sign_recoverable(message)[:SIGNATURE_BYTES])

    def __repr__(self) -> str:
        return f"PrivateKey(of {self.public_key.data.hex()})"
