"""Validator keys: Ed25519 (RFC 8032). The consensus address is the first 20 bytes of SHA-256 of the public key."""

from __future__ import annotations

import hashlib

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey


def address(public_key: bytes) -> bytes:
    """Consensus address of a 32-byte public key."""
    return hashlib.sha256(public_key).digest()[:20]


def verify(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` (64 bytes) signs `message`."""
    try:
        VerifyKey(public_key).verify(message, signature)
    except (BadSignatureError, ValueError):
        return False
    return True


class PrivateKey:
    """A secret key made from a 32-byte seed. Its text form never shows the secret."""

    __slots__ = ("_key", "public_key")

    def __init__(self, seed: bytes) -> None:
        self._key = SigningKey(seed)
        self.public_key = bytes(self._key.verify_key)

    @classmethod
    def generate(cls) -> PrivateKey:
        """A new random key."""
        return cls(bytes(SigningKey.generate()))

    @property
    def seed(self) -> bytes:
        """The 32 secret bytes."""
        return bytes(self._key)

    @property
    def secret(self) -> bytes:
        """Seed and public key, the 64-byte form of key files."""
        return self.seed + self.public_key

    @property
    def address(self) -> bytes:
        """20 bytes."""
        return address(self.public_key)

    def sign(self, message: bytes) -> bytes:
        """64-byte signature."""
        return bytes(self._key.sign(message).signature)

    def __repr__(self) -> str:
        return f"PrivateKey(of {self.public_key.hex()})"
