"""Words to keys, against BIP-32's and BIP-39's vectors and addresses that wallets show for well-known words."""

from __future__ import annotations

import base64

import pytest

from supercloud.crypto import hd
from supercloud.types.address import encode

ABOUT = "abandon " * 11 + "about"
FAUCET = (
    "economy stock theory fatal elder harbor betray wasp final emotion task crumble "
    "siren bottom lizard educate guess current outdoor pair theory focus wife stone"
)


@pytest.mark.parametrize(
    ("mnemonic", "address"),
    [
        (ABOUT, "cosmos19rl4cm2hmr8afy4kldpxz3fka4jguq0auqdal4"),
        (FAUCET, "cosmos1pkptre7fdkl6gfrzlesjjvhxhlc3r4gmmk8rs6"),
        (
            "enlist hip relief stomach skate base shallow young switch frequent cry park",
            "cosmos14qemq0vw6y3gc3u3e0aty2e764u4gs5le3hada",
        ),
    ],
)
def test_addresses_of_well_known_words(mnemonic: str, address: str) -> None:
    assert encode("cosmos", hd.derive(mnemonic).address) == address


def test_public_key_of_well_known_words() -> None:
    key = bytes(hd.derive(FAUCET).public_key)
    assert base64.b64encode(key) == b"A08EGB7ro1ORuFhjOnZcSgwYlpe0DSFjVNUIkNNQxwKQ"


def test_bip32_vector_1() -> None:
    """m -> m/0' -> m/0'/1 of the seed 000102...0f."""
    key = bytes.fromhex("e8f32e723decf4051aefac8e2c93c9c5b214313817cdb01a1494b917c8436b35")
    chain_code = bytes.fromhex("873dff81c02f525623fd1fe5167eac3a55a049de3d314bb42ee227ffed37d508")
    key, chain_code = hd._child(key, chain_code, 0 | hd.HARDENED)
    assert key.hex() == "edb2e14f9ee77d26dd93b4ecede8d16ed408ce149b6cd80b0715a2d911a0afea"
    assert chain_code.hex() == "47fdacbd0f1097043b78c63c20c34ef4ed9a111d980047ad16282c7ae6236141"
    key, chain_code = hd._child(key, chain_code, 1)
    assert key.hex() == "3c6cb8d0f6a264c91ea8b5030fadaa8e538b020f0a387421a12de9319dc93368"
    assert chain_code.hex() == "2a7857631386ba23dacac34180dd1983734e444fdbf774041578e9b6adb37c19"


def test_every_part_of_the_path_matters() -> None:
    keys = [
        hd.derive(ABOUT),
        hd.derive(ABOUT, account=1),
        hd.derive(ABOUT, index=1),
        hd.derive(ABOUT, coin_type=60),
        hd.derive(ABOUT, passphrase="TREZOR"),
    ]
    assert len({key.secret for key in keys}) == len(keys)


@pytest.mark.parametrize(
    "words",
    [
        "legal winner thank year wave sausage worth useful legal winner thank yellow",
        "zoo " * 11 + "wrong",
        "zoo " * 23 + "vote",
    ],
)
def test_words_of_the_bip39_vectors_are_accepted(words: str) -> None:
    assert hd.check_mnemonic("  " + words.upper().replace(" ", "\n\t") + " ") == words.strip()


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("", "it has 0 words"),
        ("abandon " * 11, "it has 11 words"),
        ("abandon " * 12, "checksum does not match"),
        ("abandon " * 11 + "secretword", "word 12 is not in the BIP-39 list"),
        ("aband0n " + "abandon " * 10 + "abuut", "word 1, 12 is not in the BIP-39 list"),
        ("abandon " * 100, "too long"),
    ],
)
def test_what_is_wrong_is_said_without_repeating_the_words(words: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as refused:
        hd.derive(words)
    assert not set(words.split()) & set(str(refused.value).split())


@pytest.mark.parametrize("name", ["account", "index", "coin_type"])
@pytest.mark.parametrize("number", [-1, 2**31])
def test_numbers_of_a_path_are_bounded(name: str, number: int) -> None:
    with pytest.raises(ValueError, match="numbers below"):
        hd.derive(ABOUT, **{name: number})


def test_new_words() -> None:
    one, other = hd.generate_mnemonic(), hd.generate_mnemonic()
    assert len(one.split()) == 24 and one != other
    assert hd.check_mnemonic(one) == one
