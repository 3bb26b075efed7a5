"""Account keys against published vectors: SEC 1, RFC 6979 with SHA-256, the network's compact signatures."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supercloud.crypto import secp256k1
from supercloud.crypto.secp256k1 import PrivateKey, PublicKey
from supercloud.types.address import encode

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
ONE = PrivateKey((1).to_bytes(32, "big"))
GENERATOR = bytes.fromhex("0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798")


@pytest.mark.parametrize(
    ("secret", "message", "signature"),
    [
        (
            1,
            b"Satoshi Nakamoto",
            "934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d8"
            "2442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5",
        ),
        (
            1,
            b"All those moments will be lost in time, like tears in rain. Time to die...",
            "8600dbd41e348fe5c9465ab92d23e3db8b98b873beecd930736488696438cb6b"
            "547fe64427496db33bf66019dacbf0039c04199abb0122918601db38a72cfc21",
        ),
        (
            ORDER - 1,
            b"Satoshi Nakamoto",
            "fd567d121db66e382991534ada77a6bd3106f0a1098c231e47993447cd6af2d0"
            "6b39cd0eb1bc8603e159ef5c20a5c8ad685a45b06ce9bebed3f153d10d93bed5",
        ),
    ],
)
def test_signatures_are_deterministic(secret: int, message: bytes, signature: str) -> None:
    key = PrivateKey(secret.to_bytes(32, "big"))
    assert key.sign(message).hex() == signature
    assert key.public_key.verify(message, bytes.fromhex(signature))


def test_public_key_and_address() -> None:
    assert bytes(ONE.public_key) == GENERATOR
    # BIP-173: the key hash of the generator point.
    assert ONE.address.hex() == "751e76e8199196d454941c45d1b3a323f1433bd6"
    assert encode("cosmos", ONE.address) == "cosmos1w508d6qejxtdg4y5r3zarvary0c5xw7k6ah60c"


@given(st.integers(1, ORDER - 1), st.binary(max_size=200), st.binary(min_size=1, max_size=8))
def test_what_is_signed_verifies_and_nothing_else_does(secret: int, message: bytes, more: bytes) -> None:
    key = PrivateKey(secret.to_bytes(32, "big"))
    signature = key.sign(message)
    assert len(signature) == 64
    assert int.from_bytes(signature[32:], "big") <= ORDER // 2
    assert key.public_key.verify(message, signature)
    assert not key.public_key.verify(message + more, signature)
    assert not secp256k1.verify(GENERATOR if secret != 1 else b"\3" + GENERATOR[1:], message, signature)


def test_the_other_half_of_a_signature_is_refused() -> None:
    """(r, n - s) is a valid ECDSA signature too; accepting it would give a transaction two hashes."""
    signature = ONE.sign(b"m")
    high = (ORDER - int.from_bytes(signature[32:], "big")).to_bytes(32, "big")
    assert not ONE.public_key.verify(b"m", signature[:32] + high)


@pytest.mark.parametrize(
    "signature",
    [b"", b"\0" * 64, b"\xff" * 64, b"\1" * 63, b"\1" * 65, ORDER.to_bytes(32, "big") + b"\1" * 32],
)
def test_malformed_signatures(signature: bytes) -> None:
    assert not secp256k1.verify(GENERATOR, b"m", signature)


@pytest.mark.parametrize(
    "data", [b"", b"\2" + b"\0" * 32, b"\4" + GENERATOR[1:], GENERATOR + b"\0", b"\2" + b"\xff" * 32]
)
def test_bytes_that_are_no_point(data: bytes) -> None:
    with pytest.raises(ValueError, match="not a compressed secp256k1 public key"):
        PublicKey(data)
    assert not secp256k1.verify(data, b"m", ONE.sign(b"m"))


def test_an_uncompressed_key_is_refused() -> None:
    y = "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8"
    with pytest.raises(ValueError):
        PublicKey(b"\4" + GENERATOR[1:] + bytes.fromhex(y))


@pytest.mark.parametrize("secret", [b"", b"\1" * 31, b"\1" * 33, b"\0" * 32, ORDER.to_bytes(32, "big")])
def test_secrets_that_are_none(secret: bytes) -> None:
    with pytest.raises(ValueError):
        PrivateKey(secret)


def test_keys_compare_by_their_bytes() -> None:
    same = PublicKey(GENERATOR)
    assert same == ONE.public_key and hash(same) == hash(ONE.public_key) and same != GENERATOR
    assert len({same, ONE.public_key, PrivateKey.generate().public_key}) == 2


def test_the_secret_is_never_shown() -> None:
    key = PrivateKey(hashlib.sha256(b"shy").digest())
    for text in (repr(key), str(key), f"{key}", repr([key])):
        assert key.secret.hex() not in text and str(key.secret) not in text
    assert not hasattr(key, "__dict__")


def test_the_cache_of_parsed_keys_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secp256k1, "PARSED_KEYS_MAX", 3)
    monkeypatch.setattr(secp256k1, "_parsed", {})
    for secret in range(1, 10):
        key = PrivateKey(secret.to_bytes(32, "big"))
        assert key.public_key.verify(b"m", key.sign(b"m"))
        assert len(secp256k1._parsed) <= 3
