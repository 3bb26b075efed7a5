"""Validator keys against RFC 8032 section 7.1."""

from __future__ import annotations

import hashlib

import pytest

from supercloud.crypto import ed25519
from supercloud.crypto.ed25519 import PrivateKey

VECTORS = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
        "d25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
        "4a7c15e9716ed28dc027beceea1ec40a",
    ),
]


@pytest.mark.parametrize(("seed", "public_key", "message", "signature"), VECTORS)
def test_published_vectors(seed: str, public_key: str, message: str, signature: str) -> None:
    key = PrivateKey(bytes.fromhex(seed))
    assert key.public_key.hex() == public_key
    assert key.sign(bytes.fromhex(message)).hex() == signature
    assert ed25519.verify(key.public_key, bytes.fromhex(message), bytes.fromhex(signature))
    assert key.secret.hex() == seed + public_key
    assert key.address == hashlib.sha256(bytes.fromhex(public_key)).digest()[:20]


def test_refusals() -> None:
    key = PrivateKey(b"\1" * 32)
    signature = key.sign(b"m")
    assert not ed25519.verify(key.public_key, b"n", signature)
    assert not ed25519.verify(PrivateKey(b"\2" * 32).public_key, b"m", signature)
    for wrong in (b"", signature[:63], signature + b"\0", bytes(64)):
        assert not ed25519.verify(key.public_key, b"m", wrong)
    for wrong in (b"", b"\1" * 31, b"\1" * 33):
        assert not ed25519.verify(wrong, b"m", signature)


def test_a_signature_has_one_form() -> None:
    """s + order verifies under a careless check; RFC 8032 wants s below the order."""
    order = 2**252 + 27742317777372353535851937790883648493
    signature = PrivateKey(b"\1" * 32).sign(b"m")
    other = int.from_bytes(signature[32:], "little") + order
    assert not ed25519.verify(
        PrivateKey(b"\1" * 32).public_key, b"m", signature[:32] + other.to_bytes(32, "little")
    )


@pytest.mark.parametrize("seed", [b"", b"\1" * 31, b"\1" * 64])
def test_seeds_that_are_none(seed: bytes) -> None:
    with pytest.raises(ValueError):
        PrivateKey(seed)


def test_new_keys_differ_and_show_no_secret() -> None:
    one, other = PrivateKey.generate(), PrivateKey.generate()
    assert one.seed != other.seed
    assert one.seed.hex() not in repr(one) and one.public_key.hex() in repr(one)
